//===- PictureQueue.h - pictures are prepared ahead -------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_PICTUREQUEUE_H
#define VITC_TOOLS_VITCRUN_PICTUREQUEUE_H

#include "PictureList.h"

#include "vitc/Pictures/PictureInput.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace vitc {

/// Threads that read, decode and preprocess pictures beside the one that runs the model, which takes them in the order
/// of the list. No more than `ahead` pictures are kept, so memory does not grow with their number.
class PictureQueue {
public:
  struct Picture {
    std::string path;
    HostExpected<PreparedPicture> input;
  };

  /// `list` and `input` must outlive the queue.
  PictureQueue(PictureList &list, const PictureInput &input, unsigned threadCount, size_t ahead);
  /// Waits for pictures that are being prepared, and drops those that nobody took.
  ~PictureQueue();
  PictureQueue(const PictureQueue &) = delete;
  PictureQueue &operator=(const PictureQueue &) = delete;

  /// Whether `next` would not wait.
  bool isNextReady();

  /// Waits for the next picture; nothing after the last one.
  std::optional<Picture> next();

private:
  struct Slot {
    std::string path;
    std::optional<HostExpected<PreparedPicture>> input; // nothing while it is being prepared
  };

  void work();
  /// The same with the mutex held.
  bool hasNext() const { return slots.empty() ? isListAtEnd : slots.front().input.has_value(); }
  /// Takes a place in the queue for the next picture of the list, or sets `error` to what the list says; nullptr at its
  /// end.
  Slot *takeSlot(std::optional<HostError> &error);

  PictureList &list;
  const PictureInput &input;
  const size_t ahead;
  /// Held while an entry of the list gets its place, so that the places are in the list's order.
  std::mutex listMutex;
  std::mutex mutex;
  std::condition_variable isRoom, isReady;
  /// Slots do not move while others are added and removed at the ends.
  std::deque<Slot> slots;
  bool isListAtEnd = false;
  std::atomic<bool> isStopped{false};
  std::vector<std::thread> threads;
};

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_PICTUREQUEUE_H
