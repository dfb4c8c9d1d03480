/*
 * io_uring backend over raw system calls: what liburing does for one thread that submits and reaps in batches. It
 * registers the files and one buffer (the arena). It sets SINGLE_ISSUER | DEFER_TASKRUN where the kernel has them
 * (6.1): completions then run inside io_uring_enter only, in this thread. Layout of the rings: io_uring_setup(2).
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

#include "ring.h"

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

struct uring {
  int fd;
  void *memory; /* both rings: IORING_FEAT_SINGLE_MMAP */
  size_t memory_bytes;
  struct io_uring_sqe *sqes;
  size_t sqes_bytes;
  uint32_t *sq_tail, *sq_array, sq_mask;
  uint32_t *cq_head, *cq_tail, cq_mask;
  struct io_uring_cqe *cqes;
  uint32_t pending; /* queued here, not yet accepted by the kernel */
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

static int map_rings(struct uring *uring, const struct io_uring_params *p) {
  size_t sq_bytes = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
  size_t cq_bytes = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
  uring->memory_bytes = sq_bytes > cq_bytes ? sq_bytes : cq_bytes;
  uring->sqes_bytes = p->sq_entries * sizeof(struct io_uring_sqe);
  int protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;
  uring->memory = mmap(NULL, uring->memory_bytes, protection, flags, uring->fd, IORING_OFF_SQ_RING);
  if (uring->memory == MAP_FAILED) return -errno;
  void *sqes = mmap(NULL, uring->sqes_bytes, protection, flags, uring->fd, IORING_OFF_SQES);
  if (sqes == MAP_FAILED) {
    int error = -errno;
    munmap(uring->memory, uring->memory_bytes);
    return error;
  }
  uint8_t *base = uring->memory;
  uring->sqes = sqes;
  uring->sq_tail = (uint32_t *)(void *)(base + p->sq_off.tail);
  uring->sq_array = (uint32_t *)(void *)(base + p->sq_off.array);
  uring->sq_mask = *(uint32_t *)(void *)(base + p->sq_off.ring_mask);
  uring->cq_head = (uint32_t *)(void *)(base + p->cq_off.head);
  uring->cq_tail = (uint32_t *)(void *)(base + p->cq_off.tail);
  uring->cq_mask = *(uint32_t *)(void *)(base + p->cq_off.ring_mask);
  uring->cqes = (struct io_uring_cqe *)(void *)(base + p->cq_off.cqes);
  return 0;
}

/* Both registrations only save time: where the kernel refuses them (locked-memory limit), plain operations work. */
static void register_resources(struct pp_ring *ring, struct uring *uring) {
  int fds[PP_DEVICES_MAX];
  for (uint32_t i = 0; i < ring->device_count; i++) fds[i] = ring->devices[i].fd;
  if (syscall(__NR_io_uring_register, uring->fd, IORING_REGISTER_FILES, fds, ring->device_count) == 0)
    ring->features |= PP_FEATURE_FIXED_FILES;
  struct iovec arena = {.iov_base = ring->arena, .iov_len = ring->arena_bytes};
  if (syscall(__NR_io_uring_register, uring->fd, IORING_REGISTER_BUFFERS, &arena, 1) == 0)
    ring->features |= PP_FEATURE_FIXED_BUFFER;
}

static int uring_open(struct pp_ring *ring) {
  struct io_uring_params params;
  struct uring *uring = calloc(1, sizeof *uring);
  if (uring == NULL) return -ENOMEM;
  int error = uring->fd = setup(ring->depth, &params);
  if (error < 0) {
    free(uring);
    return error;
  }
  error = (params.features & FEATURES_NEEDED) == FEATURES_NEEDED ? map_rings(uring, &params) : -ENOSYS;
  if (error < 0) {
    close(uring->fd);
    free(uring);
    return error;
  }
  if (params.flags & IORING_SETUP_DEFER_TASKRUN) ring->features |= PP_FEATURE_DEFER_TASKRUN;
  register_resources(ring, uring);
  ring->state = uring;
  return 0;
}

static void fill_transfer(const struct pp_ring *ring, const struct pp_slot *slot, struct io_uring_sqe *sqe) {
  int fixed = (ring->features & PP_FEATURE_FIXED_BUFFER) != 0;
  if (slot->op == PP_OP_READ) sqe->opcode = fixed ? IORING_OP_READ_FIXED : IORING_OP_READ;
  else sqe->opcode = fixed ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE;
  if (slot->op == PP_OP_WRITE_DURABLE) sqe->rw_flags = RWF_DSYNC;
  sqe->addr = (uint64_t)(uintptr_t)(ring->arena + slot->arena_offset);
  sqe->len = (uint32_t)slot->length_bytes;
  sqe->off = slot->offset_bytes;
}

static void uring_queue(struct pp_ring *ring, uint32_t index) {
  struct uring *uring = ring->state;
  const struct pp_slot *slot = &ring->slots[index];
  uint32_t tail = *uring->sq_tail;
  uint32_t at = tail & uring->sq_mask;
  struct io_uring_sqe *sqe = &uring->sqes[at];
  memset(sqe, 0, sizeof *sqe);
  if (ring->features & PP_FEATURE_FIXED_FILES) {
    sqe->fd = (int)slot->device;
    sqe->flags = IOSQE_FIXED_FILE;
  } else {
    sqe->fd = ring->devices[slot->device].fd;
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
    fill_transfer(ring, slot, sqe);
  }
  uring->sq_array[at] = at;
  __atomic_store_n(uring->sq_tail, tail + 1, __ATOMIC_RELEASE);
  uring->pending++;
}

static void reap_ready(struct pp_ring *ring, struct pp_reap *reap) {
  struct uring *uring = ring->state;
  uint32_t head = *uring->cq_head;
  uint32_t tail = __atomic_load_n(uring->cq_tail, __ATOMIC_ACQUIRE);
  if (head == tail) return;
  uint64_t now_ns = pp_now_ns();
  while (head != tail && reap->count < reap->max) {
    const struct io_uring_cqe *cqe = &uring->cqes[head & uring->cq_mask];
    uint32_t index = (uint32_t)cqe->user_data;
    const struct pp_slot *slot = &ring->slots[index];
    int64_t result = cqe->res;
    if (result == -EOPNOTSUPP && slot->op == PP_OP_DISCARD)
      result = pp_discard(&ring->devices[slot->device], slot->offset_bytes, slot->length_bytes);
    pp_complete(ring, reap, index, result, now_ns);
    head++;
  }
  __atomic_store_n(uring->cq_head, head, __ATOMIC_RELEASE);
}

/* One io_uring_enter. Returns 1: the deadline has passed; 0: the caller looks again; else a negative errno. */
static int enter(struct uring *uring, uint32_t wait_for, uint64_t deadline_ns) {
  uint64_t now_ns = deadline_ns == 0 ? 0 : pp_now_ns();
  uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
  struct __kernel_timespec ts = {.tv_sec = (int64_t)(left_ns / 1000000000ull), .tv_nsec = (int64_t)(left_ns % 1000000000ull)};
  struct io_uring_getevents_arg arg = {.ts = deadline_ns == 0 ? 0 : (uint64_t)(uintptr_t)&ts};
  long taken = syscall(__NR_io_uring_enter, uring->fd, uring->pending, wait_for,
                       IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg, sizeof arg);
  if (taken >= 0) {
    uring->pending -= (uint32_t)taken;
    return 0;
  }
  /* EAGAIN, EBUSY: the kernel has no free request until some are reaped. */
  if (errno == EINTR || errno == EAGAIN || errno == EBUSY) return 0;
  return errno == ETIME ? 1 : -errno;
}

static int uring_wait(struct pp_ring *ring, struct pp_reap *reap, uint32_t min_complete, uint64_t deadline_ns) {
  struct uring *uring = ring->state;
  for (;;) {
    reap_ready(ring, reap);
    uint32_t missing = reap->count < min_complete ? min_complete - reap->count : 0;
    /* DEFER_TASKRUN: completions appear inside enter only, so it runs once also when the caller does not wait. */
    int state = enter(uring, missing, deadline_ns);
    if (state < 0) return state;
    reap_ready(ring, reap);
    if (uring->pending == 0 && reap->count >= min_complete) return 0;
    if (deadline_ns != 0 && (state == 1 || pp_now_ns() >= deadline_ns) && uring->pending == 0) return 0;
  }
}

static void uring_close(struct pp_ring *ring) {
  struct uring *uring = ring->state;
  munmap(uring->sqes, uring->sqes_bytes);
  munmap(uring->memory, uring->memory_bytes);
  /* Unregistering waits until the kernel has released the files. After close alone it releases them later, and the next
   * O_EXCL open could fail with EBUSY. */
  if (ring->features & PP_FEATURE_FIXED_FILES) syscall(__NR_io_uring_register, uring->fd, IORING_UNREGISTER_FILES, NULL, 0);
  if (ring->features & PP_FEATURE_FIXED_BUFFER) syscall(__NR_io_uring_register, uring->fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
  close(uring->fd);
  free(uring);
}

const struct pp_backend pp_uring_backend = {
    .kind = PP_RING_IO_URING,
    .open = uring_open,
    .queue = uring_queue,
    .wait = uring_wait,
    .close = uring_close,
};
