//===- Progress.cpp - what takes so long --------------------------------------===//

#include "Progress.h"

#include "llvm/Support/FormatVariadic.h"

#include <unistd.h>

using namespace vitc;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

static void writeAll(int descriptor, const std::string &text) {
  // Nothing that was to be done depends on it.
  ssize_t written = ::write(descriptor, text.data(), text.size());
  (void)written;
}

Progress::Progress(int descriptor, milliseconds delay) : descriptor(descriptor), delay(delay) {
  if (::isatty(descriptor))
    thread = std::thread([this] { run(); });
}

Progress::~Progress() {
  if (!thread.joinable())
    return;
  {
    std::lock_guard<std::mutex> lock(mutex);
    isStopped = true;
    erase();
  }
  stop.notify_one();
  thread.join();
}

void Progress::begin(const char *newTask) {
  percent = -1;
  task = newTask;
}

void Progress::advance(uint64_t done, uint64_t total) {
  percent = total == 0 ? 100 : int(double(done) / double(total) * 100);
}

void Progress::print(llvm::raw_ostream &os, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  std::lock_guard<std::mutex> lock(mutex);
  erase();
  print(os);
  os.flush();
}

void Progress::run() {
  constexpr milliseconds interval(200);
  std::unique_lock<std::mutex> lock(mutex);
  for (milliseconds next = delay; !stop.wait_for(lock, next, [this] { return isStopped; }); next = interval)
    show();
}

void Progress::show() {
  const char *what = task;
  if (!what)
    return;
  int done = percent;
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - start).count();
  std::string line = llvm::formatv("vitc: {0}{1} ({2} s)", what, done < 0 ? "" : " " + std::to_string(done) + " %",
                                   static_cast<long long>(seconds));
  size_t length = line.size();
  // Over the line before; what that had more is overwritten with spaces.
  if (length < shown)
    line.append(shown - length, ' ');
  writeAll(descriptor, "\r" + line);
  shown = std::max(length, shown);
}

void Progress::erase() {
  if (shown > 0)
    writeAll(descriptor, "\r" + std::string(shown, ' ') + "\r");
  shown = 0;
}
