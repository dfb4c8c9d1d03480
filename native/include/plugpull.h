/*
 * libplugpull: what plugpull needs from the kernel and from a fast CPU loop, behind one small C ABI.
 *
 * Promises: functions return 0 or a count, or a negative errno (never the global errno); NULL handles give -EBADF;
 * nothing here prints, exits or keeps a pointer of the caller beyond the call. Not thread-safe: one thread creates, uses
 * and closes an engine. The TypeScript twin of this file is src/blockdev/ffi/signatures.ts; a test compares the two through
 * pp_layout().
 *
 * Host order is assumed to be little-endian, as are the sectors on the disk.
 */
#ifndef PLUGPULL_H
#define PLUGPULL_H

#include <stddef.h>
#include <stdint.h>

#define PP_API __attribute__((visibility("default")))

/* Raised whenever a struct, a constant or a signature below changes its meaning. */
#define PP_ABI_VERSION 2u

/* ---- devices ------------------------------------------------------------------------------------------------- */

/* Flags of pp_open. Always O_CLOEXEC. */
#define PP_OPEN_WRITE 1u     /* O_RDWR, else O_RDONLY */
#define PP_OPEN_EXCLUSIVE 2u /* O_EXCL: on a block device, EBUSY when anyone else claims it */
#define PP_OPEN_DIRECT 4u    /* O_DIRECT */

struct pp_identity {
  uint64_t size_bytes;
  uint64_t disk_sequence;        /* 0: this kernel counts none */
  uint32_t logical_block_bytes;  /* 1 for what is not a block device */
  uint32_t physical_block_bytes; /* 1 for what is not a block device */
  uint32_t major;
  uint32_t minor;
  uint32_t read_only;
  uint32_t is_block_device;
};

/* A file descriptor, or a negative errno. */
PP_API int32_t pp_open(const char *path, uint32_t flags);
PP_API int32_t pp_close(int32_t fd);
/*
 * An exclusive lock (flock) on an open file, not waited for: 0, or -EWOULDBLOCK. It lasts until the last descriptor of
 * this open file is gone, those that an engine has duplicated and the kernel's own included.
 */
PP_API int32_t pp_lock(int32_t fd);
/* Asks the open descriptor, never a path: what it says is true of the thing that will be written. */
PP_API int32_t pp_identify(int32_t fd, struct pp_identity *out);

/* ---- I/O engine ---------------------------------------------------------------------------------------------- */

#define PP_OP_READ 1u
#define PP_OP_WRITE 2u
#define PP_OP_WRITE_DURABLE 3u /* RWF_DSYNC: durable when it completes */
#define PP_OP_FLUSH 4u         /* FDATASYNC of the block device: covers what completed before it was submitted */
#define PP_OP_DISCARD 5u       /* what the range reads as afterwards is the device's affair */

#define PP_ENGINE_AUTO 0u /* io_uring, or threads where the kernel refuses it */
#define PP_ENGINE_IO_URING 1u
#define PP_ENGINE_THREADS 2u

#define PP_DEPTH_MAX 4096u  /* far beyond what a disk can use; bounds the ring's memory */
#define PP_DEVICES_MAX 16u  /* an engine needs three: P, S, journal */
#define PP_TRANSFER_BYTES_MAX 0x40000000u /* 1 GiB: an io_uring result is an int32 */

struct pp_descriptor {
  uint32_t op;
  uint32_t device; /* index into the devices given to pp_engine_create */
  uint32_t tag;    /* handed back */
  uint32_t reserved;
  uint64_t offset_bytes;
  uint64_t length_bytes;
  uint64_t arena_offset;
};

struct pp_completion {
  uint32_t tag;
  uint32_t reserved;
  int64_t result;        /* bytes, or a negative errno; flush: 0 */
  uint64_t submitted_ns; /* CLOCK_MONOTONIC before the kernel saw it */
  uint64_t completed_ns; /* CLOCK_MONOTONIC after it was reaped */
};

/* What the kernel granted; bits of pp_engine_features. */
#define PP_FEATURE_FIXED_FILES 1u
#define PP_FEATURE_FIXED_BUFFER 2u
#define PP_FEATURE_DEFER_TASKRUN 4u

struct pp_engine;

/*
 * NULL and a negative errno in *error, or the engine and 0. The descriptors are duplicated: the devices stay open (and
 * claimed) until the engine is closed, whatever becomes of `fds`.
 */
PP_API struct pp_engine *pp_engine_create(uint32_t kind, uint32_t depth, const int32_t *fds, uint32_t device_count,
                                          uint64_t arena_bytes, int32_t *error);
PP_API int32_t pp_engine_kind(const struct pp_engine *engine);
PP_API int32_t pp_engine_features(const struct pp_engine *engine);
/* Page-aligned; lives until pp_arena_unmap, not only until the engine's close: a caller's view of it must not crash. */
PP_API void *pp_engine_arena(const struct pp_engine *engine);
/*
 * Submits n descriptors, all or (malformed: -EINVAL, more than depth in flight: -ENOSPC) none; then takes up to max
 * completions, waiting until min_complete of them are there or timeout_ns (negative: for ever) has passed. Never waits for
 * more than is in flight. A transfer that came short before the device's end is -EIO.
 */
PP_API int32_t pp_engine_step(struct pp_engine *engine, const struct pp_descriptor *descriptors, uint32_t n,
                              struct pp_completion *completions, uint32_t max, uint32_t min_complete,
                              int64_t timeout_ns);
/* Of a device: submitted, and not handed back yet. */
PP_API int32_t pp_engine_in_flight(const struct pp_engine *engine, uint32_t device);
/* Waits for all in flight, frees everything but the arena's address range, whose pages are given back. */
PP_API int32_t pp_engine_close(struct pp_engine *engine);
PP_API int32_t pp_arena_unmap(void *arena, uint64_t bytes);

/* ---- sectors ------------------------------------------------------------------------------------------------- */

#define PP_SECTOR_BYTES 512u
#define PP_SECTOR_MAGIC 0x31535050u /* "PPS1" */

/* The first 48 bytes of a stamped sector; 58 words of splitmix64 follow. */
struct pp_sector_header {
  uint32_t magic;
  uint32_t crc32c; /* of bytes 8..511 */
  uint64_t run_id;
  uint64_t lba; /* in 512-byte units */
  uint64_t update_id;
  uint64_t transaction_id;
  uint32_t sector_index; /* in the write */
  uint32_t sector_count; /* of the write */
};

#define PP_KIND_VALID 0u
#define PP_KIND_ZERO 1u
#define PP_KIND_FOREIGN 2u
#define PP_KIND_CORRUPT 3u

/* Doubles per observation: kind, run_id, update_id, lba, transaction_id, sector_index. */
#define PP_OBSERVATION_DOUBLES 6u

/* All of them take a base and offsets, so that a caller need not make a view per call. Lengths: multiples of 512. */
PP_API int32_t pp_stamp(uint8_t *base, uint64_t offset, uint64_t length_bytes, uint64_t run_id, uint64_t update_id,
                        uint64_t transaction_id, uint64_t first_lba);
/* The number of sectors seen. */
PP_API int64_t pp_scan(const uint8_t *base, uint64_t offset, uint64_t length_bytes, double *out);
/* Offset of the first differing byte, or -1. Any length. */
PP_API int64_t pp_compare(const uint8_t *base, uint64_t offset_a, uint64_t offset_b, uint64_t length_bytes);
/* CRC32C (RFC 3720). crc32c(b, crc32c(a, 0)) is crc32c(ab, 0). */
PP_API uint32_t pp_crc32c(const uint8_t *base, uint64_t offset, uint64_t length_bytes, uint32_t seed);
/* 1 when the CPU's instruction is used, 0 for tables. */
PP_API int32_t pp_crc32c_hardware(void);

/* ---- the contract itself ------------------------------------------------------------------------------------- */

PP_API uint32_t pp_abi_version(void);
/* Lines of "name value": sizeof pp_x, offsetof pp_x.field, every constant above. Static storage. */
PP_API const char *pp_layout(void);

#endif
