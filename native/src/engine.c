/* The engine's front: arena, slots, checks of descriptors, the rule about short transfers. The kernel's side is a backend. */
#define _GNU_SOURCE
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

uint64_t pp_now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

int pp_discard(const struct pp_device *device, uint64_t offset_bytes, uint64_t length_bytes) {
  uint64_t range[2] = {offset_bytes, length_bytes};
  return ioctl(device->fd, BLKDISCARD, range) < 0 ? -errno : 0;
}

static int64_t settle(const struct pp_engine *engine, const struct pp_slot *slot, int64_t raw) {
  if (raw < 0) return raw;
  if (slot->op == PP_OP_FLUSH) return 0;
  if (slot->op == PP_OP_DISCARD) return (int64_t)slot->length_bytes;
  if ((uint64_t)raw == slot->length_bytes) return raw;
  /* The kernel truncates at the device's end and nowhere else without a reason. */
  return slot->offset_bytes + (uint64_t)raw >= engine->devices[slot->device].size_bytes ? raw : -EIO;
}

void pp_complete(struct pp_engine *engine, struct pp_reap *reap, uint32_t index, int64_t raw_result, uint64_t now_ns) {
  const struct pp_slot *slot = &engine->slots[index];
  struct pp_completion *c = &reap->out[reap->count++];
  c->tag = slot->tag;
  c->reserved = 0;
  c->result = settle(engine, slot, raw_result);
  c->submitted_ns = slot->submitted_ns;
  c->completed_ns = now_ns;
  engine->in_flight--;
  engine->in_flight_of[slot->device]--;
  engine->free_slots[engine->depth - engine->in_flight - 1] = index;
}

static int take_devices(struct pp_engine *engine, const int32_t *fds, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    struct pp_identity identity;
    int error = pp_identify(fds[i], &identity);
    if (error < 0) return error;
    int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return -errno;
    engine->devices[i] = (struct pp_device){.fd = fd, .size_bytes = identity.size_bytes};
    engine->device_count++;
  }
  return 0;
}

static int open_backend(struct pp_engine *engine, uint32_t kind) {
  if (kind != PP_ENGINE_THREADS) {
    engine->backend = &pp_uring_backend;
    int error = engine->backend->open(engine);
    if (error == 0 || kind == PP_ENGINE_IO_URING) return error;
    /* Old kernel, seccomp, the io_uring_disabled sysctl: do without. Anything else is a failure to tell. */
    if (error != -ENOSYS && error != -EPERM && error != -EACCES) return error;
  }
  engine->backend = &pp_threads_backend;
  return engine->backend->open(engine);
}

static void release(struct pp_engine *engine) {
  for (uint32_t i = 0; i < engine->device_count; i++) close(engine->devices[i].fd);
  free(engine->slots);
  free(engine->free_slots);
  free(engine);
}

static int build(struct pp_engine *engine, uint32_t kind, const int32_t *fds, uint32_t device_count) {
  int error = take_devices(engine, fds, device_count);
  if (error < 0) return error;
  engine->slots = calloc(engine->depth, sizeof *engine->slots);
  engine->free_slots = calloc(engine->depth, sizeof *engine->free_slots);
  if (engine->slots == NULL || engine->free_slots == NULL) return -ENOMEM;
  for (uint32_t i = 0; i < engine->depth; i++) engine->free_slots[i] = engine->depth - 1 - i;
  void *arena = mmap(NULL, engine->arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (arena == MAP_FAILED) return -errno;
  /* A child must not make the pages copy-on-write under a transfer of the device. */
  madvise(arena, engine->arena_bytes, MADV_DONTFORK);
  engine->arena = arena;
  error = open_backend(engine, kind);
  if (error < 0) munmap(arena, engine->arena_bytes);
  return error;
}

static int create(struct pp_engine **out, uint32_t kind, uint32_t depth, const int32_t *fds, uint32_t device_count,
                  uint64_t arena_bytes) {
  if (kind > PP_ENGINE_THREADS || depth == 0 || depth > PP_DEPTH_MAX || arena_bytes == 0) return -EINVAL;
  if (fds == NULL || device_count == 0 || device_count > PP_DEVICES_MAX) return -EINVAL;
  struct pp_engine *engine = calloc(1, sizeof *engine);
  if (engine == NULL) return -ENOMEM;
  engine->depth = depth;
  engine->arena_bytes = arena_bytes;
  int error = build(engine, kind, fds, device_count);
  if (error < 0) release(engine);
  else *out = engine;
  return error;
}

struct pp_engine *pp_engine_create(uint32_t kind, uint32_t depth, const int32_t *fds, uint32_t device_count,
                                   uint64_t arena_bytes, int32_t *error) {
  struct pp_engine *engine = NULL;
  int result = create(&engine, kind, depth, fds, device_count, arena_bytes);
  if (error != NULL) *error = result;
  return engine;
}

int32_t pp_engine_kind(const struct pp_engine *engine) { return engine == NULL ? -EBADF : (int32_t)engine->backend->kind; }
int32_t pp_engine_features(const struct pp_engine *engine) { return engine == NULL ? -EBADF : (int32_t)engine->features; }
void *pp_engine_arena(const struct pp_engine *engine) { return engine == NULL ? NULL : engine->arena; }

int32_t pp_engine_in_flight(const struct pp_engine *engine, uint32_t device) {
  if (engine == NULL) return -EBADF;
  return device < engine->device_count ? (int32_t)engine->in_flight_of[device] : -EINVAL;
}

static int is_well_formed(const struct pp_engine *engine, const struct pp_descriptor *d) {
  if (d->device >= engine->device_count) return 0;
  switch (d->op) {
    case PP_OP_READ:
    case PP_OP_WRITE:
    case PP_OP_WRITE_DURABLE:
      return d->length_bytes > 0 && d->length_bytes <= PP_TRANSFER_BYTES_MAX && d->length_bytes <= engine->arena_bytes &&
             d->arena_offset <= engine->arena_bytes - d->length_bytes && d->offset_bytes <= INT64_MAX;
    case PP_OP_FLUSH:
      return 1;
    case PP_OP_DISCARD:
      return d->length_bytes > 0 && d->length_bytes <= INT64_MAX && d->offset_bytes <= INT64_MAX - d->length_bytes;
    default:
      return 0;
  }
}

static void accept(struct pp_engine *engine, const struct pp_descriptor *d, uint64_t now_ns) {
  uint32_t index = engine->free_slots[engine->depth - engine->in_flight - 1];
  engine->in_flight++;
  engine->in_flight_of[d->device]++;
  engine->slots[index] = (struct pp_slot){.op = d->op,
                                          .device = d->device,
                                          .tag = d->tag,
                                          .offset_bytes = d->offset_bytes,
                                          .length_bytes = d->length_bytes,
                                          .arena_offset = d->arena_offset,
                                          .submitted_ns = now_ns};
  engine->backend->queue(engine, index);
}

int32_t pp_engine_step(struct pp_engine *engine, const struct pp_descriptor *descriptors, uint32_t n,
                       struct pp_completion *completions, uint32_t max, uint32_t min_complete, int64_t timeout_ns) {
  if (engine == NULL) return -EBADF;
  if ((n > 0 && descriptors == NULL) || (max > 0 && completions == NULL)) return -EINVAL;
  if (n > engine->depth - engine->in_flight) return -ENOSPC;
  for (uint32_t i = 0; i < n; i++)
    if (!is_well_formed(engine, &descriptors[i])) return -EINVAL;
  uint64_t now_ns = pp_now_ns();
  for (uint32_t i = 0; i < n; i++) accept(engine, &descriptors[i], now_ns);

  struct pp_reap reap = {.out = completions, .max = max, .count = 0};
  if (min_complete > engine->in_flight) min_complete = engine->in_flight;
  if (min_complete > max) min_complete = max;
  uint64_t deadline_ns = timeout_ns < 0 ? 0 : now_ns + (uint64_t)timeout_ns;
  int error = engine->backend->wait(engine, &reap, min_complete, deadline_ns);
  /* What was reaped must be handed over even when the ring fails: the error comes again at the next step. */
  return error < 0 && reap.count == 0 ? error : (int32_t)reap.count;
}

int32_t pp_engine_close(struct pp_engine *engine) {
  if (engine == NULL) return -EBADF;
  int error = 0;
  while (engine->in_flight > 0 && error == 0) {
    struct pp_completion drained[64];
    struct pp_reap reap = {.out = drained, .max = 64, .count = 0};
    error = engine->backend->wait(engine, &reap, 1, 0);
  }
  engine->backend->close(engine);
  madvise(engine->arena, engine->arena_bytes, MADV_DONTNEED);
  release(engine);
  return error;
}

int32_t pp_arena_unmap(void *arena, uint64_t bytes) {
  if (arena == NULL) return -EINVAL;
  return munmap(arena, bytes) < 0 ? -errno : 0;
}
