/*===- thread_pool.c - the threads that all instances of a model share -*- C -*-===
 *
 * Everything that a worker must see consistently to take a piece of work lies in one atomic word, the ticket: the next
 * piece, the number of pieces, and how many workers may take part. Taking a piece is one compare-and-swap of the whole
 * word; when it succeeds, the job that the other fields describe is alive until that piece is reported as done. So
 * nobody waits for workers that come late, and these can do no harm. Debuggers and profilers see the threads as
 * "vitc-worker-1", "vitc-worker-2", ...
 *===----------------------------------------------------------------------===*/

#define _GNU_SOURCE
#include "thread_pool.h"

#include "cpu.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  PIECE_BITS = 20,    /* width of `next` and `pieces` in a ticket */
  SPIN_ROUND = 64,    /* polls between two looks at the clock */
  SPIN_NS = 50 * 1000 /* then a waiting thread sleeps: longer than the gap between two steps */
};

#define MAX_PIECES ((INT64_C(1) << PIECE_BITS) - 1)

static struct {
  pthread_mutex_t lock; /* guards users, workers and threads */
  uint32_t users;
  uint32_t workers;
  pthread_t threads[VITC_MAX_THREADS];
  _Atomic int64_t owner; /* the process whose threads these are; negative while that one takes over */

  /* The job. Written while no piece of it can be taken. */
  vitc_work work;
  int64_t items;
  int64_t items_per_piece;
  _Alignas(64) _Atomic uint32_t busy; /* whether a thread is in vitc_pool_run */

  _Alignas(64) _Atomic uint64_t ticket;
  _Alignas(64) _Atomic uint32_t done; /* pieces */
  _Atomic uint32_t caller_sleeps;
  _Alignas(64) _Atomic uint32_t epoch; /* what idle workers sleep on: changes with every job */
  _Atomic uint32_t sleepers;
  _Atomic uint32_t stop;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t make_ticket(uint32_t threads, uint64_t pieces) {
  return (uint64_t)threads << (2 * PIECE_BITS) | pieces << PIECE_BITS;
}
static uint64_t ticket_next(uint64_t ticket) { return ticket & (uint64_t)MAX_PIECES; }
static uint64_t ticket_pieces(uint64_t ticket) { return ticket >> PIECE_BITS & (uint64_t)MAX_PIECES; }
static uint64_t ticket_threads(uint64_t ticket) { return ticket >> (2 * PIECE_BITS); }

static int can_take(uint64_t ticket, uint32_t worker) {
  return ticket_next(ticket) < ticket_pieces(ticket) && worker < ticket_threads(ticket);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, uint32_t threads) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

/* Bounds how long a thread spins. */
typedef struct spinner {
  uint32_t polls;
  int64_t end_ns;
} spinner;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Passes a moment; returns 0 when it is time to sleep. */
static int spin(spinner *spinner) {
  vitc_cpu_relax();
  if (++spinner->polls % SPIN_ROUND != 0)
    return 1;
  /* With more threads than CPUs, the one that is waited for may need this one's. */
  sched_yield();
  int64_t now = now_ns();
  if (spinner->end_ns == 0)
    spinner->end_ns = now + SPIN_NS;
  return now < spinner->end_ns;
}

/* Takes and does pieces until none is left for this worker. */
static void work_off(uint32_t worker) {
  uint64_t ticket = atomic_load_explicit(&pool.ticket, memory_order_acquire);
  while (can_take(ticket, worker)) {
    if (!atomic_compare_exchange_weak_explicit(&pool.ticket, &ticket, ticket + 1, memory_order_acq_rel,
                                               memory_order_acquire))
      continue;
    uint32_t pieces = (uint32_t)ticket_pieces(ticket);
    int64_t first = (int64_t)ticket_next(ticket) * pool.items_per_piece;
    int64_t left = pool.items - first;
    pool.work.run(pool.work.argument, worker, first, left < pool.items_per_piece ? left : pool.items_per_piece);
    if (atomic_fetch_add(&pool.done, 1) + 1 == pieces && atomic_load(&pool.caller_sleeps))
      futex_wake(&pool.done, 1);
    ticket = atomic_load_explicit(&pool.ticket, memory_order_acquire);
  }
}

/* Returns when there is work for this worker (1) or the pool ends (0). */
static int wait_for_work(uint32_t worker) {
  spinner idle = {0, 0};
  for (;;) {
    if (atomic_load_explicit(&pool.stop, memory_order_acquire))
      return 0;
    if (can_take(atomic_load_explicit(&pool.ticket, memory_order_acquire), worker))
      return 1;
    if (spin(&idle))
      continue;
    /* Whoever changes the state does so before it looks for sleepers, so one of the two notices the other. */
    atomic_fetch_add(&pool.sleepers, 1);
    uint32_t epoch = atomic_load(&pool.epoch);
    if (!atomic_load(&pool.stop) && !can_take(atomic_load(&pool.ticket), worker))
      futex_wait(&pool.epoch, epoch);
    atomic_fetch_sub(&pool.sleepers, 1);
    idle = (spinner){0, 0};
  }
}

static void wake_workers(void) {
  atomic_fetch_add(&pool.epoch, 1);
  if (atomic_load(&pool.sleepers))
    futex_wake(&pool.epoch, VITC_MAX_THREADS);
}

static void *worker_main(void *argument) {
  uint32_t worker = (uint32_t)(uintptr_t)argument;
  char name[16]; /* as long as the system's may be */
  snprintf(name, sizeof name, worker < 1000 ? "vitc-worker-%u" : "vitc-worker%u", (unsigned)worker);
  pthread_setname_np(pthread_self(), name);
  vitc_cpu_enter_fp();
  while (wait_for_work(worker))
    work_off(worker);
  return NULL;
}

/* After a fork the threads do not exist, and the lock may be held by one that does not either: start anew. */
static void take_over_after_fork(void) {
  int64_t self = getpid();
  int64_t owner = atomic_load(&pool.owner);
  while (owner != self) {
    if (owner == -self) {
      sched_yield();
      owner = atomic_load(&pool.owner);
    } else if (atomic_compare_exchange_strong(&pool.owner, &owner, -self)) {
      pthread_mutex_init(&pool.lock, NULL);
      pool.users = 0;
      pool.workers = 0;
      atomic_store(&pool.busy, 0);
      atomic_store(&pool.ticket, 0);
      atomic_store(&pool.sleepers, 0);
      atomic_store(&pool.caller_sleeps, 0);
      atomic_store(&pool.stop, 0);
      atomic_store(&pool.owner, self);
      return;
    }
  }
}

/* Joins all workers; the lock is held. */
static void join_workers(void) {
  atomic_store(&pool.stop, 1);
  wake_workers();
  for (uint32_t i = 0; i < pool.workers; ++i)
    pthread_join(pool.threads[i], NULL);
  pool.workers = 0;
  atomic_store(&pool.stop, 0);
}

int32_t vitc_pool_acquire(uint32_t threads, vitc_status *status) {
  take_over_after_fork();
  pthread_mutex_lock(&pool.lock);
  /* The program's signal handlers must not run on threads that it does not know. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = 0;
  while (error == 0 && pool.workers + 1 < threads) {
    void *worker = (void *)(uintptr_t)(pool.workers + 1);
    error = pthread_create(&pool.threads[pool.workers], NULL, worker_main, worker);
    pool.workers += error == 0;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  uint32_t existing = pool.workers + 1;
  if (error == 0)
    ++pool.users;
  else if (pool.users == 0)
    join_workers();
  pthread_mutex_unlock(&pool.lock);
  if (error)
    return vitc_status_set(status, VITC_NO_THREADS, "the system allows %u of %u threads (error %d)", (unsigned)existing,
                           (unsigned)threads, error);
  return vitc_status_ok(status);
}

void vitc_pool_release(void) {
  pthread_mutex_lock(&pool.lock);
  if (--pool.users == 0)
    join_workers();
  pthread_mutex_unlock(&pool.lock);
}

/* Returns when all pieces of the job have been reported. */
static void wait_until_done(uint32_t pieces) {
  spinner waiting = {0, 0};
  for (;;) {
    if (atomic_load_explicit(&pool.done, memory_order_acquire) == pieces)
      return;
    if (spin(&waiting))
      continue;
    atomic_store(&pool.caller_sleeps, 1);
    uint32_t done = atomic_load(&pool.done);
    if (done != pieces)
      futex_wait(&pool.done, done);
    atomic_store(&pool.caller_sleeps, 0);
    waiting = (spinner){0, 0};
  }
}

void vitc_pool_run(uint32_t threads, int64_t items, vitc_work work) {
  if (threads == 1 || items <= 1 || atomic_exchange_explicit(&pool.busy, 1, memory_order_acquire)) {
    work.run(work.argument, 0, 0, items);
    return;
  }
  int64_t items_per_piece = (items + MAX_PIECES - 1) / MAX_PIECES;
  int64_t pieces = (items + items_per_piece - 1) / items_per_piece;
  pool.work = work;
  pool.items = items;
  pool.items_per_piece = items_per_piece;
  atomic_store_explicit(&pool.done, 0, memory_order_relaxed);
  atomic_store(&pool.ticket, make_ticket(threads, (uint64_t)pieces));
  wake_workers();
  work_off(0);
  wait_until_done((uint32_t)pieces);
  atomic_store_explicit(&pool.busy, 0, memory_order_release);
}
