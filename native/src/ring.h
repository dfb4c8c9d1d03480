/* What ring.c and its two backends (uring.c, threads.c) share. Private to this library. */
#ifndef PP_RING_H
#define PP_RING_H

#include <stdint.h>

#include "plugpull.h"

struct pp_device {
  int fd; /* a duplicate that the ring owns */
  uint64_t size_bytes;
};

/* One descriptor in flight. A backend gives the kernel its index in `slots`, and gets it back with the completion. */
struct pp_slot {
  uint32_t op;
  uint32_t device;
  uint32_t tag;
  uint32_t next; /* threads: chain of a queue */
  uint64_t offset_bytes;
  uint64_t length_bytes;
  uint64_t arena_offset;
  uint64_t submitted_ns;
  int64_t raw_result; /* threads: the pool thread writes it, the reaper reads it */
};

/* Where one step collects completions; backends add them with pp_complete. */
struct pp_reap {
  struct pp_completion *out;
  uint32_t max;
  uint32_t count;
};

struct pp_ring;

struct pp_backend {
  uint32_t kind;
  /* 0 or a negative errno; on error it has freed all that it allocated. */
  int (*open)(struct pp_ring *ring);
  void (*queue)(struct pp_ring *ring, uint32_t slot);
  /* Submits what was queued and reaps; 0 or a negative errno. deadline_ns 0: no limit. */
  int (*wait)(struct pp_ring *ring, struct pp_reap *reap, uint32_t min_complete, uint64_t deadline_ns);
  /* The caller has waited: nothing is in flight. */
  void (*close)(struct pp_ring *ring);
};

struct pp_ring {
  const struct pp_backend *backend;
  void *state; /* of the backend */
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
/* Writes the completion of `slot` and frees the slot. The caller has checked that the reap is not full. */
void pp_complete(struct pp_ring *ring, struct pp_reap *reap, uint32_t slot, int64_t raw_result, uint64_t now_ns);
/*
 * A discard goes out as "punch a hole" (the range is unmapped and reads as zeros; io_uring can do it). Where the device
 * has no such command, the BLKDISCARD ioctl follows, synchronously: 0 or a negative errno.
 */
#define PP_DISCARD_MODE (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)
int pp_discard(const struct pp_device *device, uint64_t offset_bytes, uint64_t length_bytes);

#endif
