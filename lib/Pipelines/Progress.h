//===- Progress.h - what takes so long --------------------------*- C++ -*-===//

#ifndef VITC_LIB_PIPELINES_PROGRESS_H
#define VITC_LIB_PIPELINES_PROGRESS_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace vitc {

/// One line on a terminal that says what is being done and since when: it appears when the whole takes longer than
/// `delay`, and nothing of it stays. Elsewhere than on a terminal there is none.
class Progress {
public:
  /// Shows nothing as long as no task has begun.
  explicit Progress(int descriptor, std::chrono::milliseconds delay = std::chrono::seconds(1));
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;
  ~Progress();

  /// What is done from now on; a string that outlives this.
  void begin(const char *task);
  /// How much of the task is done.
  void advance(uint64_t done, uint64_t total);
  /// Prints other text to the same terminal, which the line makes room for.
  void print(llvm::raw_ostream &os, llvm::function_ref<void(llvm::raw_ostream &)> print);

private:
  void run();
  void show();
  void erase();

  const int descriptor;
  const std::chrono::milliseconds delay;
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  // Written by the one that works, who never waits for the terminal.
  std::atomic<const char *> task{nullptr};
  std::atomic<int> percent{-1};

  std::mutex mutex;
  std::condition_variable stop;
  bool isStopped = false;
  /// Characters on the terminal's line.
  size_t shown = 0;
  std::thread thread;
};

} // namespace vitc

#endif // VITC_LIB_PIPELINES_PROGRESS_H
