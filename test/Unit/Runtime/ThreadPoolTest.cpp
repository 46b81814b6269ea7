//===- ThreadPoolTest.cpp - the threads that instances share --------------===//

#include "FakeModel.h"

extern "C" {
#include "thread_pool.h"
}

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

namespace {

long threadsOfProcess() {
  auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

/// A joined thread may be listed for a moment longer.
bool threadsBecome(long wanted) {
  for (int i = 0; i < 1000; ++i) {
    if (threadsOfProcess() == wanted)
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

/// The names of this process' threads that are the pool's.
std::set<std::string> workers() {
  std::set<std::string> names;
  for (const auto &task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name.rfind("vitc-worker", 0) == 0)
      names.insert(name);
  }
  return names;
}

struct Counts {
  std::atomic<int64_t> items{0}, calls{0}, sum{0};
  std::atomic<uint32_t> highestWorker{0};
  vitc_work work() {
    return {[](void *argument, uint32_t worker, int64_t first, int64_t count) {
              auto &counts = *static_cast<Counts *>(argument);
              counts.items += count;
              counts.sum += count * first + count * (count - 1) / 2;
              ++counts.calls;
              uint32_t highest = counts.highestWorker;
              while (highest < worker && !counts.highestWorker.compare_exchange_weak(highest, worker)) {
              }
            },
            this};
  }
};

TEST(ThreadPool, LivesFromTheFirstInstanceToTheLast) {
  const long before = threadsOfProcess();
  {
    FakeInstance two(2);
    EXPECT_EQ(threadsOfProcess(), before + 1);
    {
      FakeInstance four(4);
      EXPECT_EQ(threadsOfProcess(), before + 3);
      FakeInstance one(1);
      EXPECT_EQ(threadsOfProcess(), before + 3);
    }
    FakeRun run(5);
    EXPECT_EQ(run.run(two.handle), VITC_OK);
    EXPECT_TRUE(run.correct());
  }
  EXPECT_TRUE(threadsBecome(before));
  FakeInstance again(3);
  EXPECT_EQ(threadsOfProcess(), before + 2);
}

TEST(ThreadPool, ThreadsHaveNames) {
  ASSERT_EQ(vitc_pool_acquire(4, nullptr), VITC_OK);
  // They give themselves their names, when they begin.
  for (int i = 0; i < 1000 && workers().size() < 3; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_THAT(workers(), testing::ElementsAre("vitc-worker-1", "vitc-worker-2", "vitc-worker-3"));
  vitc_pool_release();
}

TEST(ThreadPool, DoesEveryItemOnce) {
  ASSERT_EQ(vitc_pool_acquire(4, nullptr), VITC_OK);
  // More items than a ticket can count are taken in larger pieces.
  for (int64_t items : {int64_t(1), int64_t(2), int64_t(3), int64_t(1000), (int64_t(1) << 20) + 7}) {
    Counts counts;
    vitc_pool_run(4, items, counts.work());
    EXPECT_EQ(counts.items, items);
    EXPECT_EQ(counts.sum, items * (items - 1) / 2);
    EXPECT_LE(counts.calls, int64_t(1) << 20);
    EXPECT_LT(counts.highestWorker, 4u);
  }
  vitc_pool_release();
}

/// Adds the worker's bit to the mask, and takes long enough for all idle workers to come.
vitc_work noteWorker(std::atomic<uint32_t> &mask) {
  return {[](void *argument, uint32_t worker, int64_t, int64_t) {
            *static_cast<std::atomic<uint32_t> *>(argument) |= 1u << worker;
            std::this_thread::sleep_for(std::chrono::microseconds(500));
          },
          &mask};
}

TEST(ThreadPool, UsesNoMoreThreadsThanAJobMay) {
  ASSERT_EQ(vitc_pool_acquire(4, nullptr), VITC_OK);
  std::atomic<uint32_t> four{0}, two{0};
  vitc_pool_run(4, 40, noteWorker(four));
  vitc_pool_run(2, 40, noteWorker(two));
  EXPECT_EQ(four, 0xfu);
  EXPECT_EQ(two, 0x3u);
  vitc_pool_release();
}

TEST(ThreadPool, JobsOfTwoCallersDoNotMix) {
  ASSERT_EQ(vitc_pool_acquire(3, nullptr), VITC_OK);
  auto call = [](int64_t items, int &wrong) {
    for (int i = 0; i < 300; ++i) {
      std::atomic<int64_t> sum{0};
      vitc_pool_run(3, items,
                    {[](void *argument, uint32_t, int64_t first, int64_t count) {
                       std::this_thread::yield();
                       *static_cast<std::atomic<int64_t> *>(argument) += count * first + count * (count - 1) / 2;
                     },
                     &sum});
      wrong += sum != items * (items - 1) / 2;
    }
  };
  int wrong = 0, wrongOfOther = 0;
  std::thread other([&] { call(31, wrongOfOther); });
  call(20, wrong);
  other.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(wrongOfOther, 0);
  vitc_pool_release();
}

TEST(ThreadPool, WorkersReallyTakePart) {
  ASSERT_EQ(vitc_pool_acquire(2, nullptr), VITC_OK);
  // Each of two items waits for the other: both must be in progress at once.
  std::atomic<int> arrived{0};
  vitc_work meet = {[](void *argument, uint32_t, int64_t, int64_t) {
                      auto &arrived = *static_cast<std::atomic<int> *>(argument);
                      ++arrived;
                      while (arrived < 2)
                        std::this_thread::yield();
                    },
                    &arrived};
  vitc_pool_run(2, 2, meet);
  EXPECT_EQ(arrived, 2);
  vitc_pool_release();
}

TEST(ThreadPool, WakesSleepers) {
  ASSERT_EQ(vitc_pool_acquire(3, nullptr), VITC_OK);
  for (int i = 0; i < 20; ++i) {
    // Longer than idle workers spin.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<int> arrived{0};
    vitc_work meet = {[](void *argument, uint32_t, int64_t, int64_t) {
                        auto &arrived = *static_cast<std::atomic<int> *>(argument);
                        ++arrived;
                        while (arrived < 3)
                          std::this_thread::yield();
                      },
                      &arrived};
    vitc_pool_run(3, 3, meet);
    EXPECT_EQ(arrived, 3);
  }
  vitc_pool_release();
}

TEST(ThreadPool, CallerSleepsUntilTheLastItem) {
  ASSERT_EQ(vitc_pool_acquire(2, nullptr), VITC_OK);
  for (int i = 0; i < 10; ++i) {
    std::atomic<int> arrived{0};
    vitc_work slow = {[](void *argument, uint32_t worker, int64_t, int64_t) {
                        auto &arrived = *static_cast<std::atomic<int> *>(argument);
                        ++arrived;
                        while (arrived < 2)
                          std::this_thread::yield();
                        if (worker != 0)
                          std::this_thread::sleep_for(std::chrono::milliseconds(3));
                        ++arrived;
                      },
                      &arrived};
    vitc_pool_run(2, 2, slow);
    EXPECT_EQ(arrived, 4);
  }
  vitc_pool_release();
}

TEST(ThreadPool, IdleThreadsUseNoTime) {
  FakeInstance instance(4);
  FakeRun run(2);
  ASSERT_EQ(run.run(instance.handle), VITC_OK);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  // Three threads that spin would use hundreds of milliseconds.
  EXPECT_LT(double(std::clock() - before) / CLOCKS_PER_SEC, 0.1);
}

} // namespace
