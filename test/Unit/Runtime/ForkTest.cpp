//===- ForkTest.cpp - instances and a forked process ----------------------===//

#include "FakeModel.h"
#include "Sanitizers.h"

#include "gtest/gtest.h"

#include <cstring>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// What goes wrong in the child, as its exit status; 0: nothing.
int inChild(vitc_instance *ofParent) {
  vitc_status status;
  FakeRun run(3);
  if (run.run(ofParent, &status) != VITC_FORKED || status.code != VITC_FORKED)
    return 1;
  if (!std::strstr(status.message, "from which this one was forked"))
    return 2;
  fakeModel().destroy(ofParent);
  vitc_instance_options options = {3, 0, nullptr};
  vitc_instance *own = fakeModel().create(&options, &status);
  if (!own)
    return 3;
  if (run.run(own, &status) != VITC_OK || !run.correct())
    return 4;
  auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  if (std::distance(begin(tasks), end(tasks)) != 3)
    return 5;
  fakeModel().destroy(own);
  return 0;
}

class Fork : public testing::TestWithParam<uint32_t> {};

TEST_P(Fork, IsReportedAndNewInstancesWork) {
  if (VITC_THREAD_SANITIZER)
    GTEST_SKIP() << "ThreadSanitizer does not support threads after a fork";
  FakeInstance instance(GetParam());
  FakeRun run(3);
  ASSERT_EQ(run.run(instance.handle), VITC_OK);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(20);
    _exit(inChild(instance.handle));
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(run.run(instance.handle), VITC_OK);
  EXPECT_TRUE(run.correct());
}

INSTANTIATE_TEST_SUITE_P(Threads, Fork, testing::Values(1, 3));

} // namespace
