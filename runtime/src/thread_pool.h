/*===- thread_pool.h - the threads that all instances of a model share -*- C -*-===
 *
 * Internal to the runtime. There is one pool in a model; it has as many threads as the instance with the most threads
 * wants (less the caller's own), from the first instance until the last.
 *===----------------------------------------------------------------------===*/

#ifndef VITC_RUNTIME_THREAD_POOL_H
#define VITC_RUNTIME_THREAD_POOL_H

#include "status.h"

enum { VITC_MAX_THREADS = 1024 };

/* Work that can be done in parts: `run` does items [first, first + count) as worker `worker`. Items may be done in any
 * order and at the same time; one worker does one thing at a time. */
typedef struct vitc_work {
  void (*run)(void *argument, uint32_t worker, int64_t first, int64_t count);
  void *argument;
} vitc_work;

/* Registers a user that wants `threads` threads (2 to VITC_MAX_THREADS, the calling one included), and creates those
 * that are missing. Errors: VITC_NO_THREADS. */
int32_t vitc_pool_acquire(uint32_t threads, vitc_status *status);

/* Ends what vitc_pool_acquire began; the last user's call joins the threads. */
void vitc_pool_release(void);

/* Does items [0, items) of `work` on up to `threads` threads (no more than were acquired), the calling one as worker 0,
 * and returns when all are done. While another thread's work occupies the pool, the calling thread does it alone. */
void vitc_pool_run(uint32_t threads, int64_t items, vitc_work work);

#endif /* VITC_RUNTIME_THREAD_POOL_H */
