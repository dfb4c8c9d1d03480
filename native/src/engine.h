/* What the engine's front (engine.c) and its two backends (uring.c, threads.c) share. Private to this library. */
#ifndef PP_ENGINE_H
#define PP_ENGINE_H

#include <stdint.h>

#include "plugpull.h"

struct pp_device {
  int fd; /* the engine's own duplicate */
  uint64_t size_bytes;
};

/* One descriptor in flight. Its index in `slots` is what a backend hands to the kernel and back. */
struct pp_slot {
  uint32_t op;
  uint32_t device;
  uint32_t tag;
  uint32_t next; /* threads: chain of a queue */
  uint64_t offset_bytes;
  uint64_t length_bytes;
  uint64_t arena_offset;
  uint64_t submitted_ns;
  int64_t raw_result; /* threads: from the worker to the reaper */
};

/* Where a step collects; backends add through pp_complete. */
struct pp_reap {
  struct pp_completion *out;
  uint32_t max;
  uint32_t count;
};

struct pp_engine;

struct pp_backend {
  uint32_t kind;
  /* 0 or a negative errno; on error nothing is left behind. */
  int (*open)(struct pp_engine *engine);
  void (*queue)(struct pp_engine *engine, uint32_t slot);
  /* Submits what was queued and reaps; 0 or a negative errno. deadline_ns 0: for ever. */
  int (*wait)(struct pp_engine *engine, struct pp_reap *reap, uint32_t min_complete, uint64_t deadline_ns);
  /* Nothing is in flight any more. */
  void (*close)(struct pp_engine *engine);
};

struct pp_engine {
  const struct pp_backend *backend;
  void *state; /* the backend's */
  uint32_t features;
  uint32_t depth;
  uint32_t in_flight;
  uint32_t in_flight_of[PP_DEVICES_MAX];
  uint32_t device_count;
  struct pp_device devices[PP_DEVICES_MAX];
  uint8_t *arena;
  uint64_t arena_bytes;
  struct pp_slot *slots;
  uint32_t *free_slots; /* a stack of depth - in_flight indices */
};

extern const struct pp_backend pp_uring_backend;
extern const struct pp_backend pp_threads_backend;

uint64_t pp_now_ns(void);
/* Writes the completion of `slot` and frees it. The caller has checked that the reap isn't full. */
void pp_complete(struct pp_engine *engine, struct pp_reap *reap, uint32_t slot, int64_t raw_result, uint64_t now_ns);
/*
 * Discards are sent as "punch a hole" (unmap, reads as zeros; can be done in the ring); only where the device has no such
 * command does the plain BLKDISCARD ioctl follow, synchronously: 0 or a negative errno.
 */
#define PP_DISCARD_MODE (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)
int pp_discard(const struct pp_device *device, uint64_t offset_bytes, uint64_t length_bytes);

#endif
