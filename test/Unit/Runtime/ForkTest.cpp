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

class ForkWithThreads : public testing::TestWithParam<uint32_t> {};

TEST_P(ForkWithThreads, IsReportedAndNewInstancesWork) {
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

TEST(Fork, DuringARun) {
  if (VITC_THREAD_SANITIZER)
    GTEST_SKIP() << "ThreadSanitizer does not support threads after a fork";
  FakeInstance instance(1);
  struct Context {
    vitc_instance *instance;
    pid_t child;
  } context = {instance.handle, -1};
  fakeModel().set_op_callback(
      instance.handle,
      [](void *pointer, const vitc_op_event *event) {
        auto &context = *static_cast<Context *>(pointer);
        if (event->step != 0 || (context.child = fork()) != 0)
          return;
        alarm(20);
        // To the child the instance is not busy, but not its own.
        FakeRun run(1);
        const bool good = run.run(context.instance) == VITC_FORKED &&
                          fakeModel().set_op_callback(context.instance, nullptr, nullptr) == VITC_FORKED &&
                          fakeModel().destroy(context.instance) == VITC_OK;
        _exit(good ? 0 : 1);
      },
      &context);
  FakeRun run(1);
  EXPECT_EQ(run.run(instance.handle), VITC_OK);
  EXPECT_TRUE(run.correct());
  int status = 0;
  ASSERT_EQ(waitpid(context.child, &status, 0), context.child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, ForkWithThreads, testing::Values(1, 3));

} // namespace
