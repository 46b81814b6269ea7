//===- PictureQueue.cpp - pictures are prepared ahead ---------------------===//

#include "PictureQueue.h"

#include <exception>
#include <new>

using namespace vitc;

PictureQueue::PictureQueue(PictureList &list, const PictureInput &input, unsigned threadCount, size_t ahead)
    : list(list), input(input), ahead(ahead) {
  try {
    for (unsigned i = 0; i < threadCount; ++i)
      threads.emplace_back([this] { work(); });
  } catch (const std::system_error &) {
    // As many as the system gives, at least one.
    if (threads.empty())
      throw;
  }
}

PictureQueue::~PictureQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex);
    isStopped = true;
  }
  isRoom.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

PictureQueue::Slot *PictureQueue::takeSlot(std::optional<HostError> &error) {
  const std::lock_guard<std::mutex> listLock(listMutex);
  {
    std::unique_lock<std::mutex> lock(mutex);
    isRoom.wait(lock, [&] { return isStopped || slots.size() < ahead; });
    if (isStopped || isListAtEnd)
      return nullptr;
  }
  // Without the queue's mutex: a list from a pipe may be slow, and what is ready is taken meanwhile.
  std::optional<PictureList::Entry> entry = list.next(isStopped);
  const std::lock_guard<std::mutex> lock(mutex);
  if (!entry) {
    isListAtEnd = true;
    isReady.notify_all();
    return nullptr;
  }
  error = std::move(entry->error);
  slots.push_back({std::move(entry->path), std::nullopt});
  return &slots.back();
}

void PictureQueue::work() {
  std::optional<HostError> error;
  while (Slot *slot = takeSlot(error)) {
    // A slot without a result is nobody else's.
    std::optional<HostExpected<PreparedPicture>> result;
    try {
      if (error)
        result = std::move(*error);
      else
        result = input.prepare(slot->path);
    } catch (const std::bad_alloc &) {
      result = HostError{slot->path, "", "not enough memory"};
    } catch (const std::exception &exception) {
      result = HostError{slot->path, "", exception.what()};
    }
    {
      const std::lock_guard<std::mutex> lock(mutex);
      slot->input = std::move(result);
    }
    isReady.notify_all();
  }
}

bool PictureQueue::isNextReady() {
  const std::lock_guard<std::mutex> lock(mutex);
  return hasNext();
}

std::optional<PictureQueue::Picture> PictureQueue::next() {
  std::unique_lock<std::mutex> lock(mutex);
  isReady.wait(lock, [&] { return hasNext(); });
  if (slots.empty())
    return std::nullopt;
  Picture picture = {std::move(slots.front().path), std::move(*slots.front().input)};
  slots.pop_front();
  lock.unlock();
  isRoom.notify_one();
  return picture;
}
