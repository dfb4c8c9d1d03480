/*
 * io_uring backend over raw system calls: what liburing would do for one thread that submits and reaps in batches.
 * Registered files and one registered buffer (the arena); SINGLE_ISSUER | DEFER_TASKRUN where the kernel (6.1) has them, so
 * that completions run only inside io_uring_enter, in this thread. Ring layout: io_uring_setup(2).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine.h"

#ifndef IORING_SETUP_SUBMIT_ALL
#define IORING_SETUP_SUBMIT_ALL (1U << 7)
#endif
#ifndef IORING_SETUP_COOP_TASKRUN
#define IORING_SETUP_COOP_TASKRUN (1U << 8)
#endif
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

#define FEATURES_NEEDED (IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG) /* all since 5.11 */

struct ring {
  int fd;
  void *memory; /* both rings: IORING_FEAT_SINGLE_MMAP */
  size_t memory_bytes;
  struct io_uring_sqe *sqes;
  size_t sqes_bytes;
  uint32_t *sq_tail, *sq_array, sq_mask;
  uint32_t *cq_head, *cq_tail, cq_mask;
  struct io_uring_cqe *cqes;
  uint32_t pending; /* queued and not taken by the kernel yet */
};

static int setup(uint32_t entries, struct io_uring_params *params) {
  static const uint32_t attempts[] = {
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL,
      IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL,
      0,
  };
  int fd = -1;
  for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
    memset(params, 0, sizeof *params);
    params->flags = attempts[i];
    fd = (int)syscall(__NR_io_uring_setup, entries, params);
    if (fd >= 0 || errno != EINVAL) break;
  }
  return fd < 0 ? -errno : fd;
}

static int map_rings(struct ring *ring, const struct io_uring_params *p) {
  size_t sq_bytes = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
  size_t cq_bytes = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
  ring->memory_bytes = sq_bytes > cq_bytes ? sq_bytes : cq_bytes;
  ring->sqes_bytes = p->sq_entries * sizeof(struct io_uring_sqe);
  int protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;
  ring->memory = mmap(NULL, ring->memory_bytes, protection, flags, ring->fd, IORING_OFF_SQ_RING);
  if (ring->memory == MAP_FAILED) return -errno;
  void *sqes = mmap(NULL, ring->sqes_bytes, protection, flags, ring->fd, IORING_OFF_SQES);
  if (sqes == MAP_FAILED) {
    int error = -errno;
    munmap(ring->memory, ring->memory_bytes);
    return error;
  }
  uint8_t *base = ring->memory;
  ring->sqes = sqes;
  ring->sq_tail = (uint32_t *)(void *)(base + p->sq_off.tail);
  ring->sq_array = (uint32_t *)(void *)(base + p->sq_off.array);
  ring->sq_mask = *(uint32_t *)(void *)(base + p->sq_off.ring_mask);
  ring->cq_head = (uint32_t *)(void *)(base + p->cq_off.head);
  ring->cq_tail = (uint32_t *)(void *)(base + p->cq_off.tail);
  ring->cq_mask = *(uint32_t *)(void *)(base + p->cq_off.ring_mask);
  ring->cqes = (struct io_uring_cqe *)(void *)(base + p->cq_off.cqes);
  return 0;
}

/* Both registrations only save time: where they are refused (locked-memory limit), plain operations do. */
static void register_resources(struct pp_engine *engine, struct ring *ring) {
  int fds[PP_DEVICES_MAX];
  for (uint32_t i = 0; i < engine->device_count; i++) fds[i] = engine->devices[i].fd;
  if (syscall(__NR_io_uring_register, ring->fd, IORING_REGISTER_FILES, fds, engine->device_count) == 0)
    engine->features |= PP_FEATURE_FIXED_FILES;
  struct iovec arena = {.iov_base = engine->arena, .iov_len = engine->arena_bytes};
  if (syscall(__NR_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS, &arena, 1) == 0)
    engine->features |= PP_FEATURE_FIXED_BUFFER;
}

static int ring_open(struct pp_engine *engine) {
  struct io_uring_params params;
  struct ring *ring = calloc(1, sizeof *ring);
  if (ring == NULL) return -ENOMEM;
  int error = ring->fd = setup(engine->depth, &params);
  if (error < 0) {
    free(ring);
    return error;
  }
  error = (params.features & FEATURES_NEEDED) == FEATURES_NEEDED ? map_rings(ring, &params) : -ENOSYS;
  if (error < 0) {
    close(ring->fd);
    free(ring);
    return error;
  }
  if (params.flags & IORING_SETUP_DEFER_TASKRUN) engine->features |= PP_FEATURE_DEFER_TASKRUN;
  register_resources(engine, ring);
  engine->state = ring;
  return 0;
}

static void fill_transfer(const struct pp_engine *engine, const struct pp_slot *slot, struct io_uring_sqe *sqe) {
  int fixed = (engine->features & PP_FEATURE_FIXED_BUFFER) != 0;
  if (slot->op == PP_OP_READ) sqe->opcode = fixed ? IORING_OP_READ_FIXED : IORING_OP_READ;
  else sqe->opcode = fixed ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE;
  if (slot->op == PP_OP_WRITE_DURABLE) sqe->rw_flags = RWF_DSYNC;
  sqe->addr = (uint64_t)(uintptr_t)(engine->arena + slot->arena_offset);
  sqe->len = (uint32_t)slot->length_bytes;
  sqe->off = slot->offset_bytes;
}

static void ring_queue(struct pp_engine *engine, uint32_t index) {
  struct ring *ring = engine->state;
  const struct pp_slot *slot = &engine->slots[index];
  uint32_t tail = *ring->sq_tail;
  uint32_t at = tail & ring->sq_mask;
  struct io_uring_sqe *sqe = &ring->sqes[at];
  memset(sqe, 0, sizeof *sqe);
  if (engine->features & PP_FEATURE_FIXED_FILES) {
    sqe->fd = (int)slot->device;
    sqe->flags = IOSQE_FIXED_FILE;
  } else {
    sqe->fd = engine->devices[slot->device].fd;
  }
  sqe->user_data = index;
  if (slot->op == PP_OP_FLUSH) {
    sqe->opcode = IORING_OP_FSYNC;
    sqe->fsync_flags = IORING_FSYNC_DATASYNC;
  } else if (slot->op == PP_OP_DISCARD) {
    sqe->opcode = IORING_OP_FALLOCATE;
    sqe->off = slot->offset_bytes;
    sqe->addr = slot->length_bytes;
    sqe->len = PP_DISCARD_MODE;
  } else {
    fill_transfer(engine, slot, sqe);
  }
  ring->sq_array[at] = at;
  __atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
  ring->pending++;
}

static void reap_ready(struct pp_engine *engine, struct pp_reap *reap) {
  struct ring *ring = engine->state;
  uint32_t head = *ring->cq_head;
  uint32_t tail = __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);
  if (head == tail) return;
  uint64_t now_ns = pp_now_ns();
  while (head != tail && reap->count < reap->max) {
    const struct io_uring_cqe *cqe = &ring->cqes[head & ring->cq_mask];
    uint32_t index = (uint32_t)cqe->user_data;
    const struct pp_slot *slot = &engine->slots[index];
    int64_t result = cqe->res;
    if (result == -EOPNOTSUPP && slot->op == PP_OP_DISCARD)
      result = pp_discard(&engine->devices[slot->device], slot->offset_bytes, slot->length_bytes);
    pp_complete(engine, reap, index, result, now_ns);
    head++;
  }
  __atomic_store_n(ring->cq_head, head, __ATOMIC_RELEASE);
}

/* One io_uring_enter. Returns 1 when the deadline has passed, 0 when it is worth looking again, else a negative errno. */
static int enter(struct ring *ring, uint32_t wait_for, uint64_t deadline_ns) {
  uint64_t now_ns = deadline_ns == 0 ? 0 : pp_now_ns();
  uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
  struct __kernel_timespec ts = {.tv_sec = (int64_t)(left_ns / 1000000000ull), .tv_nsec = (int64_t)(left_ns % 1000000000ull)};
  struct io_uring_getevents_arg arg = {.ts = deadline_ns == 0 ? 0 : (uint64_t)(uintptr_t)&ts};
  long taken = syscall(__NR_io_uring_enter, ring->fd, ring->pending, wait_for,
                       IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg, sizeof arg);
  if (taken >= 0) {
    ring->pending -= (uint32_t)taken;
    return 0;
  }
  /* EAGAIN, EBUSY: the kernel is short of requests until some are reaped. */
  if (errno == EINTR || errno == EAGAIN || errno == EBUSY) return 0;
  return errno == ETIME ? 1 : -errno;
}

static int ring_wait(struct pp_engine *engine, struct pp_reap *reap, uint32_t min_complete, uint64_t deadline_ns) {
  struct ring *ring = engine->state;
  for (;;) {
    reap_ready(engine, reap);
    uint32_t missing = reap->count < min_complete ? min_complete - reap->count : 0;
    /* DEFER_TASKRUN: completions appear only inside enter, so it is called once even when nobody waits. */
    int state = enter(ring, missing, deadline_ns);
    if (state < 0) return state;
    reap_ready(engine, reap);
    if (ring->pending == 0 && reap->count >= min_complete) return 0;
    if (deadline_ns != 0 && (state == 1 || pp_now_ns() >= deadline_ns) && ring->pending == 0) return 0;
  }
}

static void ring_close(struct pp_engine *engine) {
  struct ring *ring = engine->state;
  munmap(ring->sqes, ring->sqes_bytes);
  munmap(ring->memory, ring->memory_bytes);
  /* Unregistering waits for the kernel to let go of the files; a bare close does so later, and the next O_EXCL open
   * could meet EBUSY. */
  if (engine->features & PP_FEATURE_FIXED_FILES) syscall(__NR_io_uring_register, ring->fd, IORING_UNREGISTER_FILES, NULL, 0);
  if (engine->features & PP_FEATURE_FIXED_BUFFER) syscall(__NR_io_uring_register, ring->fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
  close(ring->fd);
  free(ring);
}

const struct pp_backend pp_uring_backend = {
    .kind = PP_ENGINE_IO_URING,
    .open = ring_open,
    .queue = ring_queue,
    .wait = ring_wait,
    .close = ring_close,
};
