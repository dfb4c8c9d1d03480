/* The ABI as text: TypeScript compares it with its own table. */
#include <stdio.h>

#include <pthread.h>

#include "plugpull.h"

#define TEXT_BYTES_MAX 4096 /* about 70 lines of under 50 characters */

static char text[TEXT_BYTES_MAX];
static size_t used;
static pthread_once_t written = PTHREAD_ONCE_INIT;

static void line(const char *name, size_t value) {
  int n = snprintf(text + used, sizeof text - used, "%s %zu\n", name, value);
  if (n > 0 && (size_t)n < sizeof text - used) used += (size_t)n;
}

#define SIZE(type) line("sizeof " #type, sizeof(struct type))
#define FIELD(type, field) line("offsetof " #type "." #field, offsetof(struct type, field))
#define CONSTANT(name) line(#name, name)

static void write_structs(void) {
  SIZE(pp_identity);
  FIELD(pp_identity, size_bytes);
  FIELD(pp_identity, disk_sequence);
  FIELD(pp_identity, logical_block_bytes);
  FIELD(pp_identity, physical_block_bytes);
  FIELD(pp_identity, major);
  FIELD(pp_identity, minor);
  FIELD(pp_identity, read_only);
  FIELD(pp_identity, is_block_device);
  SIZE(pp_descriptor);
  FIELD(pp_descriptor, op);
  FIELD(pp_descriptor, device);
  FIELD(pp_descriptor, tag);
  FIELD(pp_descriptor, reserved);
  FIELD(pp_descriptor, offset_bytes);
  FIELD(pp_descriptor, length_bytes);
  FIELD(pp_descriptor, arena_offset);
  SIZE(pp_completion);
  FIELD(pp_completion, tag);
  FIELD(pp_completion, reserved);
  FIELD(pp_completion, result);
  FIELD(pp_completion, submitted_ns);
  FIELD(pp_completion, completed_ns);
  SIZE(pp_sector_header);
  FIELD(pp_sector_header, magic);
  FIELD(pp_sector_header, crc32c);
  FIELD(pp_sector_header, run_id);
  FIELD(pp_sector_header, lba);
  FIELD(pp_sector_header, update_id);
  FIELD(pp_sector_header, transaction_id);
  FIELD(pp_sector_header, sector_index);
  FIELD(pp_sector_header, sector_count);
}

static void write_constants(void) {
  CONSTANT(PP_ABI_VERSION);
  CONSTANT(PP_OPEN_WRITE);
  CONSTANT(PP_OPEN_EXCLUSIVE);
  CONSTANT(PP_OPEN_DIRECT);
  CONSTANT(PP_OP_READ);
  CONSTANT(PP_OP_WRITE);
  CONSTANT(PP_OP_WRITE_DURABLE);
  CONSTANT(PP_OP_FLUSH);
  CONSTANT(PP_OP_DISCARD);
  CONSTANT(PP_RING_AUTO);
  CONSTANT(PP_RING_IO_URING);
  CONSTANT(PP_RING_THREADS);
  CONSTANT(PP_DEPTH_MAX);
  CONSTANT(PP_DEVICES_MAX);
  CONSTANT(PP_TRANSFER_BYTES_MAX);
  CONSTANT(PP_FEATURE_FIXED_FILES);
  CONSTANT(PP_FEATURE_FIXED_BUFFER);
  CONSTANT(PP_FEATURE_DEFER_TASKRUN);
  CONSTANT(PP_SECTOR_BYTES);
  CONSTANT(PP_SECTOR_MAGIC);
  CONSTANT(PP_KIND_VALID);
  CONSTANT(PP_KIND_ZERO);
  CONSTANT(PP_KIND_FOREIGN);
  CONSTANT(PP_KIND_CORRUPT);
  CONSTANT(PP_OBSERVATION_DOUBLES);
  CONSTANT(PP_BLOCK_SECTORS);
}

static void write_all(void) {
  write_structs();
  write_constants();
}

const char *pp_layout(void) {
  pthread_once(&written, write_all);
  return text;
}

uint32_t pp_abi_version(void) { return PP_ABI_VERSION; }
