/*
 * The backend for hosts without io_uring: a pool of threads, each of which does one blocking call at a time. The ABI
 * and its rules are the same. It is slower: two context switches per transfer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"

#ifndef RWF_DSYNC
#define RWF_DSYNC 0x00000002
#endif

#define POOL_THREADS_MAX 32u           /* blocking calls at once; further I/Os wait in the pool, not in the kernel */
#define POOL_STACK_BYTES (128u * 1024) /* the frames of a pool thread take a few hundred bytes */
#define NO_SLOT UINT32_MAX

/* Slots chained by pp_slot.next. */
struct queue {
  uint32_t first, last, count;
};

struct pool {
  pthread_mutex_t lock;
  pthread_cond_t work, done;
  struct queue todo, finished;
  uint32_t thread_count;
  int stopping;
  pthread_t threads[POOL_THREADS_MAX];
};

static void append(struct pp_ring *ring, struct queue *q, uint32_t index) {
  ring->slots[index].next = NO_SLOT;
  if (q->count++ == 0) q->first = index;
  else ring->slots[q->last].next = index;
  q->last = index;
}

static uint32_t take(struct pp_ring *ring, struct queue *q) {
  uint32_t index = q->first;
  q->first = ring->slots[index].next;
  q->count--;
  return index;
}

static int64_t call(const struct pp_ring *ring, const struct pp_slot *slot) {
  const struct pp_device *device = &ring->devices[slot->device];
  struct iovec part = {.iov_base = ring->arena + slot->arena_offset, .iov_len = slot->length_bytes};
  off_t offset = (off_t)slot->offset_bytes;
  switch (slot->op) {
    case PP_OP_READ:
      return preadv(device->fd, &part, 1, offset);
    case PP_OP_WRITE:
      return pwritev(device->fd, &part, 1, offset);
    case PP_OP_WRITE_DURABLE:
      return pwritev2(device->fd, &part, 1, offset, RWF_DSYNC);
    case PP_OP_FLUSH:
      return fdatasync(device->fd);
    default:
      return fallocate(device->fd, PP_DISCARD_MODE, offset, (off_t)slot->length_bytes);
  }
}

static int64_t perform(const struct pp_ring *ring, const struct pp_slot *slot) {
  int64_t result;
  do result = call(ring, slot);
  while (result < 0 && errno == EINTR);
  if (result >= 0) return result;
  if (errno == EOPNOTSUPP && slot->op == PP_OP_DISCARD)
    return pp_discard(&ring->devices[slot->device], slot->offset_bytes, slot->length_bytes);
  return -errno;
}

static void *worker(void *argument) {
  struct pp_ring *ring = argument;
  struct pool *pool = ring->state;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (pool->todo.count == 0 && !pool->stopping) pthread_cond_wait(&pool->work, &pool->lock);
    if (pool->todo.count == 0) break;
    uint32_t index = take(ring, &pool->todo);
    pthread_mutex_unlock(&pool->lock);
    int64_t result = perform(ring, &ring->slots[index]);
    pthread_mutex_lock(&pool->lock);
    ring->slots[index].raw_result = result;
    append(ring, &pool->finished, index);
    pthread_cond_signal(&pool->done);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

static void pool_close(struct pp_ring *ring) {
  struct pool *pool = ring->state;
  pthread_mutex_lock(&pool->lock);
  pool->stopping = 1;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  for (uint32_t i = 0; i < pool->thread_count; i++) pthread_join(pool->threads[i], NULL);
  pthread_cond_destroy(&pool->work);
  pthread_cond_destroy(&pool->done);
  pthread_mutex_destroy(&pool->lock);
  free(pool);
}

/* Signals stay blocked in pool threads: these must not run a signal handler of Node. */
static int start_threads(struct pp_ring *ring, struct pool *pool, uint32_t wanted) {
  pthread_attr_t attributes;
  sigset_t all, before;
  int error = 0;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, POOL_STACK_BYTES);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool->thread_count < wanted && error == 0) {
    error = pthread_create(&pool->threads[pool->thread_count], &attributes, worker, ring);
    if (error == 0) pool->thread_count++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return pool->thread_count > 0 ? 0 : -error;
}

static int pool_open(struct pp_ring *ring) {
  struct pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL) return -ENOMEM;
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->work, NULL);
  pthread_cond_init(&pool->done, &monotonic);
  pthread_condattr_destroy(&monotonic);
  ring->state = pool;
  int error = start_threads(ring, pool, ring->depth < POOL_THREADS_MAX ? ring->depth : POOL_THREADS_MAX);
  if (error < 0) pool_close(ring);
  return error;
}

static void pool_queue(struct pp_ring *ring, uint32_t index) {
  struct pool *pool = ring->state;
  pthread_mutex_lock(&pool->lock);
  append(ring, &pool->todo, index);
  pthread_cond_signal(&pool->work);
  pthread_mutex_unlock(&pool->lock);
}

static int pool_wait(struct pp_ring *ring, struct pp_reap *reap, uint32_t min_complete, uint64_t deadline_ns) {
  struct pool *pool = ring->state;
  struct timespec deadline = {.tv_sec = (time_t)(deadline_ns / 1000000000ull), .tv_nsec = (long)(deadline_ns % 1000000000ull)};
  int waited = 0;
  pthread_mutex_lock(&pool->lock);
  while (pool->finished.count < min_complete && waited != ETIMEDOUT) {
    waited = deadline_ns == 0 ? pthread_cond_wait(&pool->done, &pool->lock)
                              : pthread_cond_timedwait(&pool->done, &pool->lock, &deadline);
  }
  uint64_t now_ns = pp_now_ns();
  while (pool->finished.count > 0 && reap->count < reap->max) {
    uint32_t index = take(ring, &pool->finished);
    pp_complete(ring, reap, index, ring->slots[index].raw_result, now_ns);
  }
  pthread_mutex_unlock(&pool->lock);
  return 0;
}

const struct pp_backend pp_threads_backend = {
    .kind = PP_RING_THREADS,
    .open = pool_open,
    .queue = pool_queue,
    .wait = pool_wait,
    .close = pool_close,
};
