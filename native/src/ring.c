/* The I/O ring without its backend: arena, slots, checks of descriptors, the rule for short transfers. */
#define _GNU_SOURCE
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* On most machines. Where huge pages have another size, the kernel aligns less well, and all else works. */
#define HUGE_PAGE_BYTES (2ull << 20)

uint64_t pp_now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

int pp_discard(const struct pp_device *device, uint64_t offset_bytes, uint64_t length_bytes) {
  uint64_t range[2] = {offset_bytes, length_bytes};
  return ioctl(device->fd, BLKDISCARD, range) < 0 ? -errno : 0;
}

static int64_t final_result(const struct pp_ring *ring, const struct pp_slot *slot, int64_t raw) {
  if (raw < 0) return raw;
  if (slot->op == PP_OP_FLUSH) return 0;
  if (slot->op == PP_OP_DISCARD) return (int64_t)slot->length_bytes;
  if ((uint64_t)raw == slot->length_bytes) return raw;
  /* A short transfer is normal at the end of the device only. */
  return slot->offset_bytes + (uint64_t)raw >= ring->devices[slot->device].size_bytes ? raw : -EIO;
}

void pp_complete(struct pp_ring *ring, struct pp_reap *reap, uint32_t index, int64_t raw_result, uint64_t now_ns) {
  const struct pp_slot *slot = &ring->slots[index];
  struct pp_completion *c = &reap->out[reap->count++];
  c->tag = slot->tag;
  c->reserved = 0;
  c->result = final_result(ring, slot, raw_result);
  c->submitted_ns = slot->submitted_ns;
  c->completed_ns = now_ns;
  ring->in_flight--;
  ring->in_flight_of[slot->device]--;
  ring->free_slots[ring->depth - ring->in_flight - 1] = index;
}

static int take_devices(struct pp_ring *ring, const int32_t *fds, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    struct pp_identity identity;
    int error = pp_identify(fds[i], &identity);
    if (error < 0) return error;
    int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return -errno;
    ring->devices[i] = (struct pp_device){.fd = fd, .size_bytes = identity.size_bytes};
    ring->device_count++;
  }
  return 0;
}

static int open_backend(struct pp_ring *ring, uint32_t kind) {
  if (kind != PP_RING_THREADS) {
    ring->backend = &pp_uring_backend;
    int error = ring->backend->open(ring);
    if (error == 0 || kind == PP_RING_IO_URING) return error;
    /* Old kernel, seccomp, the io_uring_disabled sysctl: use threads. The caller must see any other error. */
    if (error != -ENOSYS && error != -EPERM && error != -EACCES) return error;
  }
  ring->backend = &pp_threads_backend;
  return ring->backend->open(ring);
}

static void release(struct pp_ring *ring) {
  for (uint32_t i = 0; i < ring->device_count; i++) close(ring->devices[i].fd);
  free(ring->slots);
  free(ring->free_slots);
  free(ring);
}

/*
 * Huge pages where the kernel has them: a device takes only so many separate pieces of memory in one request. Of 4 KiB
 * pages the kernel would have to split a transfer of 1 MiB, and io_uring would hand it to a worker thread.
 */
static void *map_arena(uint64_t bytes) {
  uint64_t spare = bytes < HUGE_PAGE_BYTES ? 0 : HUGE_PAGE_BYTES;
  uint8_t *start = mmap(NULL, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  if (spare == 0) return start;
  uint64_t before = -(uint64_t)(uintptr_t)start & (HUGE_PAGE_BYTES - 1);
  /* The rest is unmapped: pp_arena_unmap gets the arena only. */
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), end = (before + bytes + page - 1) & ~(page - 1);
  if (before > 0) munmap(start, before);
  if (end < bytes + spare) munmap(start + end, bytes + spare - end);
  madvise(start + before, bytes, MADV_HUGEPAGE);
  return start + before;
}

static int build(struct pp_ring *ring, uint32_t kind, const int32_t *fds, uint32_t device_count) {
  int error = take_devices(ring, fds, device_count);
  if (error < 0) return error;
  ring->slots = calloc(ring->depth, sizeof *ring->slots);
  ring->free_slots = calloc(ring->depth, sizeof *ring->free_slots);
  if (ring->slots == NULL || ring->free_slots == NULL) return -ENOMEM;
  for (uint32_t i = 0; i < ring->depth; i++) ring->free_slots[i] = ring->depth - 1 - i;
  void *arena = map_arena(ring->arena_bytes);
  if (arena == NULL) return -errno;
  /* Without this, fork makes the pages copy-on-write while a device transfers to them. */
  madvise(arena, ring->arena_bytes, MADV_DONTFORK);
  ring->arena = arena;
  error = open_backend(ring, kind);
  if (error < 0) munmap(arena, ring->arena_bytes);
  return error;
}

static int create(struct pp_ring **out, uint32_t kind, uint32_t depth, const int32_t *fds, uint32_t device_count,
                  uint64_t arena_bytes) {
  if (kind > PP_RING_THREADS || depth == 0 || depth > PP_DEPTH_MAX || arena_bytes == 0) return -EINVAL;
  if (fds == NULL || device_count == 0 || device_count > PP_DEVICES_MAX) return -EINVAL;
  struct pp_ring *ring = calloc(1, sizeof *ring);
  if (ring == NULL) return -ENOMEM;
  ring->depth = depth;
  ring->arena_bytes = arena_bytes;
  int error = build(ring, kind, fds, device_count);
  if (error < 0) release(ring);
  else *out = ring;
  return error;
}

struct pp_ring *pp_ring_create(uint32_t kind, uint32_t depth, const int32_t *fds, uint32_t device_count,
                                   uint64_t arena_bytes, int32_t *error) {
  struct pp_ring *ring = NULL;
  int result = create(&ring, kind, depth, fds, device_count, arena_bytes);
  if (error != NULL) *error = result;
  return ring;
}

int32_t pp_ring_kind(const struct pp_ring *ring) { return ring == NULL ? -EBADF : (int32_t)ring->backend->kind; }
int32_t pp_ring_features(const struct pp_ring *ring) { return ring == NULL ? -EBADF : (int32_t)ring->features; }
void *pp_ring_arena(const struct pp_ring *ring) { return ring == NULL ? NULL : ring->arena; }

int32_t pp_ring_in_flight(const struct pp_ring *ring, uint32_t device) {
  if (ring == NULL) return -EBADF;
  return device < ring->device_count ? (int32_t)ring->in_flight_of[device] : -EINVAL;
}

static int is_well_formed(const struct pp_ring *ring, const struct pp_descriptor *d) {
  if (d->device >= ring->device_count) return 0;
  switch (d->op) {
    case PP_OP_READ:
    case PP_OP_WRITE:
    case PP_OP_WRITE_DURABLE:
      return d->length_bytes > 0 && d->length_bytes <= PP_TRANSFER_BYTES_MAX && d->length_bytes <= ring->arena_bytes &&
             d->arena_offset <= ring->arena_bytes - d->length_bytes && d->offset_bytes <= INT64_MAX;
    case PP_OP_FLUSH:
      return 1;
    case PP_OP_DISCARD:
      return d->length_bytes > 0 && d->length_bytes <= INT64_MAX && d->offset_bytes <= INT64_MAX - d->length_bytes;
    default:
      return 0;
  }
}

static void accept(struct pp_ring *ring, const struct pp_descriptor *d, uint64_t now_ns) {
  uint32_t index = ring->free_slots[ring->depth - ring->in_flight - 1];
  ring->in_flight++;
  ring->in_flight_of[d->device]++;
  ring->slots[index] = (struct pp_slot){.op = d->op,
                                          .device = d->device,
                                          .tag = d->tag,
                                          .offset_bytes = d->offset_bytes,
                                          .length_bytes = d->length_bytes,
                                          .arena_offset = d->arena_offset,
                                          .submitted_ns = now_ns};
  ring->backend->queue(ring, index);
}

int32_t pp_ring_step(struct pp_ring *ring, const struct pp_descriptor *descriptors, uint32_t n,
                       struct pp_completion *completions, uint32_t max, uint32_t min_complete, int64_t timeout_ns) {
  if (ring == NULL) return -EBADF;
  if ((n > 0 && descriptors == NULL) || (max > 0 && completions == NULL)) return -EINVAL;
  if (n > ring->depth - ring->in_flight) return -ENOSPC;
  for (uint32_t i = 0; i < n; i++)
    if (!is_well_formed(ring, &descriptors[i])) return -EINVAL;
  uint64_t now_ns = pp_now_ns();
  for (uint32_t i = 0; i < n; i++) accept(ring, &descriptors[i], now_ns);

  struct pp_reap reap = {.out = completions, .max = max, .count = 0};
  if (min_complete > ring->in_flight) min_complete = ring->in_flight;
  if (min_complete > max) min_complete = max;
  uint64_t deadline_ns = timeout_ns < 0 ? 0 : now_ns + (uint64_t)timeout_ns;
  int error = ring->backend->wait(ring, &reap, min_complete, deadline_ns);
  /* The caller must get what was reaped, also when the backend fails: the next step returns the error again. */
  return error < 0 && reap.count == 0 ? error : (int32_t)reap.count;
}

int32_t pp_ring_close(struct pp_ring *ring) {
  if (ring == NULL) return -EBADF;
  int error = 0;
  while (ring->in_flight > 0 && error == 0) {
    struct pp_completion drained[64];
    struct pp_reap reap = {.out = drained, .max = 64, .count = 0};
    error = ring->backend->wait(ring, &reap, 1, 0);
  }
  ring->backend->close(ring);
  madvise(ring->arena, ring->arena_bytes, MADV_DONTNEED);
  release(ring);
  return error;
}

int32_t pp_arena_unmap(void *arena, uint64_t bytes) {
  if (arena == NULL) return -EINVAL;
  return munmap(arena, bytes) < 0 ? -errno : 0;
}
