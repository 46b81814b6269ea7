//===- ExecutorTest.cpp - threads that the caller provides ----------------===//

#include "FakeModel.h"

#include "gtest/gtest.h"

#include <atomic>
#include <thread>

namespace {

using Body = void (*)(void *argument, uint32_t worker);

/// Counts calls, and calls the workers one after the other, the last first.
void backwards(void *context, uint32_t workers, Body body, void *argument) {
  ++*static_cast<int *>(context);
  while (workers-- > 0)
    body(argument, workers);
}

/// Counts calls, and gives every worker a thread.
void threadEach(void *context, uint32_t workers, Body body, void *argument) {
  ++*static_cast<std::atomic<int> *>(context);
  std::vector<std::thread> threads;
  for (uint32_t worker = 0; worker < workers; ++worker)
    threads.emplace_back([=] { body(argument, worker); });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Executor, MayRunWorkersOneAfterTheOther) {
  int calls = 0;
  vitc_executor executor = {VITC_EXECUTOR_V1, 3, &calls, backwards};
  FakeInstance instance(0, &executor);
  vitc_instance_info info;
  fakeModel().instance_info(instance.handle, &info);
  EXPECT_EQ(info.threads, 3u);
  FakeRun run(5);
  EXPECT_EQ(run.run(instance.handle), VITC_OK);
  EXPECT_TRUE(run.correct());
  EXPECT_EQ(calls, 3 * FAKE_STEPS);
}

TEST(Executor, MayBeSharedByInstances) {
  std::atomic<int> calls{0};
  vitc_executor executor = {VITC_EXECUTOR_V1, 4, &calls, threadEach};
  auto use = [&](uint32_t threads) {
    FakeInstance instance(threads, &executor);
    for (int i = 0; i < 20; ++i) {
      FakeRun run(3, i);
      EXPECT_EQ(run.run(instance.handle), VITC_OK);
      EXPECT_TRUE(run.correct());
    }
  };
  std::thread other(use, 2);
  use(4);
  other.join();
  EXPECT_EQ(calls, 2 * 20 * 2 * FAKE_STEPS);
}

TEST(Executor, IsCheckedAtCreate) {
  int calls = 0;
  vitc_executor executor = {2, 3, &calls, backwards};
  vitc_instance_options options = {0, 0, &executor};
  vitc_status status;
  EXPECT_EQ(fakeModel().create(&options, &status), nullptr);
  EXPECT_STREQ(status.message, "the executor has version 2, expected 1");
  executor = {VITC_EXECUTOR_V1, 0, &calls, backwards};
  EXPECT_EQ(fakeModel().create(&options, &status), nullptr);
  EXPECT_STREQ(status.message, "the executor has no workers or no function 'parallel'");
  executor = {VITC_EXECUTOR_V1, 2, &calls, nullptr};
  EXPECT_EQ(fakeModel().create(&options, &status), nullptr);
  EXPECT_EQ(status.code, VITC_INVALID_ARGUMENT);
  executor = {VITC_EXECUTOR_V1, 2, &calls, backwards};
  options.threads = 3;
  EXPECT_EQ(fakeModel().create(&options, &status), nullptr);
  EXPECT_STREQ(status.message, "3 threads were asked for, the executor has 2");
}

} // namespace
