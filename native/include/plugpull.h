/*
 * libplugpull: what plugpull needs from the kernel and from a fast CPU loop, behind one small C ABI.
 *
 * Promises: functions return 0 or a count, or a negative errno (never the global errno). A NULL handle gives -EBADF.
 * No function prints, exits, or keeps a pointer of the caller after the call. Not thread-safe: one thread creates, uses
 * and closes a ring. src/blockdev/ffi/signatures.ts describes the same ABI in TypeScript; a test compares the two
 * through pp_layout().
 *
 * The host must be little-endian, as the sectors on the disk are.
 */
#ifndef PLUGPULL_H
#define PLUGPULL_H

#include <stddef.h>
#include <stdint.h>

#define PP_API __attribute__((visibility("default")))

/* Raised whenever a struct, a constant or a signature below changes its meaning. */
#define PP_ABI_VERSION 4u

/* ---- devices ------------------------------------------------------------------------------------------------- */

/* Flags of pp_open. Always O_CLOEXEC. */
#define PP_OPEN_WRITE 1u     /* O_RDWR, else O_RDONLY */
#define PP_OPEN_EXCLUSIVE 2u /* O_EXCL: on a block device, EBUSY while another opener holds it exclusively */
#define PP_OPEN_DIRECT 4u    /* O_DIRECT */

struct pp_identity {
  uint64_t size_bytes;
  uint64_t disk_sequence;        /* 0: this kernel has no such number */
  uint32_t logical_block_bytes;  /* 1 when not a block device */
  uint32_t physical_block_bytes; /* 1 when not a block device */
  uint32_t major;
  uint32_t minor;
  uint32_t read_only;
  uint32_t is_block_device;
};

/* A file descriptor, or a negative errno. */
PP_API int32_t pp_open(const char *path, uint32_t flags);
PP_API int32_t pp_close(int32_t fd);
/*
 * Takes an exclusive lock (flock) on an open file, without waiting: 0, or -EWOULDBLOCK. The lock lasts until the last
 * descriptor of this open file is closed. That includes duplicates that a ring holds, and references of the kernel.
 */
PP_API int32_t pp_lock(int32_t fd);
/* Reads the open descriptor, never a path: its answer holds for the device that will be written. */
PP_API int32_t pp_identify(int32_t fd, struct pp_identity *out);

/* ---- I/O ring ------------------------------------------------------------------------------------------------ */

#define PP_OP_READ 1u
#define PP_OP_WRITE 2u
#define PP_OP_WRITE_DURABLE 3u /* RWF_DSYNC: durable when it completes */
#define PP_OP_FLUSH 4u         /* fdatasync of the block device: covers writes that completed before it was submitted */
#define PP_OP_DISCARD 5u       /* the device defines what the range reads as afterwards */

#define PP_RING_AUTO 0u /* io_uring, or threads where the kernel refuses it */
#define PP_RING_IO_URING 1u
#define PP_RING_THREADS 2u

#define PP_DEPTH_MAX 4096u  /* more than a disk can use; bounds the memory of the ring */
#define PP_DEVICES_MAX 16u  /* a ring needs three: P, S, journal */
#define PP_TRANSFER_BYTES_MAX 0x40000000u /* 1 GiB: an io_uring result is an int32 */

struct pp_descriptor {
  uint32_t op;
  uint32_t device; /* index into the devices given to pp_ring_create */
  uint32_t tag;    /* returned with the completion */
  uint32_t reserved;
  uint64_t offset_bytes;
  uint64_t length_bytes;
  uint64_t arena_offset;
};

struct pp_completion {
  uint32_t tag;
  uint32_t reserved;
  int64_t result;        /* bytes, or a negative errno; flush: 0 */
  uint64_t submitted_ns; /* CLOCK_MONOTONIC before the system call that submits */
  uint64_t completed_ns; /* CLOCK_MONOTONIC when it was reaped */
};

/* What the kernel granted; bits of pp_ring_features. */
#define PP_FEATURE_FIXED_FILES 1u
#define PP_FEATURE_FIXED_BUFFER 2u
#define PP_FEATURE_DEFER_TASKRUN 4u

struct pp_ring;

/*
 * NULL and a negative errno in *error, or the ring and 0. The ring duplicates the descriptors: the devices stay open
 * (and exclusive) until the ring is closed, also when the caller closes `fds`.
 */
PP_API struct pp_ring *pp_ring_create(uint32_t kind, uint32_t depth, const int32_t *fds, uint32_t device_count,
                                          uint64_t arena_bytes, int32_t *error);
PP_API int32_t pp_ring_kind(const struct pp_ring *ring);
PP_API int32_t pp_ring_features(const struct pp_ring *ring);
/* Page-aligned. Mapped until pp_arena_unmap, also after pp_ring_close: a view that the caller kept must not crash. */
PP_API void *pp_ring_arena(const struct pp_ring *ring);
/*
 * Submits n descriptors, all or none (malformed: -EINVAL; more than depth in flight: -ENOSPC). Then takes up to max
 * completions. Waits until min_complete of them have arrived or timeout_ns (negative: no limit) has passed, and never
 * for more than is in flight. A short transfer that does not reach the end of the device is -EIO.
 */
PP_API int32_t pp_ring_step(struct pp_ring *ring, const struct pp_descriptor *descriptors, uint32_t n,
                              struct pp_completion *completions, uint32_t max, uint32_t min_complete,
                              int64_t timeout_ns);
/* Descriptors of one device that were submitted and whose completion was not taken. */
PP_API int32_t pp_ring_in_flight(const struct pp_ring *ring, uint32_t device);
/*
 * Waits for all in flight and frees the ring and the pages of the arena. The address range of the arena stays mapped.
 */
PP_API int32_t pp_ring_close(struct pp_ring *ring);
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

/* All of them take a base and offsets: the caller makes no view per call. Lengths: multiples of 512. */
PP_API int32_t pp_stamp(uint8_t *base, uint64_t offset, uint64_t length_bytes, uint64_t run_id, uint64_t update_id,
                        uint64_t transaction_id, uint64_t first_lba);
/* Returns the number of sectors scanned. */
PP_API int64_t pp_scan(const uint8_t *base, uint64_t offset, uint64_t length_bytes, double *out);
/*
 * For each block of PP_BLOCK_SECTORS sectors (the last may be shorter) one double: the update that all of its sectors
 * hold, valid, of this run and in their places; or one of the two below. Returns the number of blocks.
 */
#define PP_BLOCK_SECTORS 8u
/* No sector holds a stamp of this run: each is zero, has no magic, or a valid stamp of another run. */
#define PP_BLOCK_FOREIGN (-2)
/* Anything else: several updates, a corrupt or a misplaced sector. */
#define PP_BLOCK_MIXED (-1)
PP_API int64_t pp_scan_blocks(const uint8_t *base, uint64_t offset, uint64_t length_bytes, uint64_t run_id,
                              uint64_t first_lba, double *out);
/* Offset of the first differing byte, or -1. Any length. */
PP_API int64_t pp_compare(const uint8_t *base, uint64_t offset_a, uint64_t offset_b, uint64_t length_bytes);
/* CRC32C (RFC 3720). crc32c(b, crc32c(a, 0)) is crc32c(ab, 0). */
PP_API uint32_t pp_crc32c(const uint8_t *base, uint64_t offset, uint64_t length_bytes, uint32_t seed);
/* Journal blocks of 512 bytes: writes the CRC32C of bytes 8 ... 511 of each to its bytes 4 ... 7. */
PP_API int32_t pp_seal_blocks(uint8_t *base, uint64_t offset, uint64_t length_bytes);
/* 1: the CPU instruction is used; 0: tables. */
PP_API int32_t pp_crc32c_hardware(void);

/* ---- the ABI itself ------------------------------------------------------------------------------------------ */

PP_API uint32_t pp_abi_version(void);
/* Lines of "name value": sizeof pp_x, offsetof pp_x.field, every constant above. Static storage. */
PP_API const char *pp_layout(void);

#endif
