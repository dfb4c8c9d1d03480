/*
 * Self-describing sectors: stamp, scan (by sector, by block), compare. The layout is in plugpull.h. It must equal the
 * reference in src/workload/stamp.ts byte for byte. The body is splitmix64 (Steele, Lea, Flood 2014): a device can
 * neither compress nor deduplicate it, and the header alone is enough to make it again.
 */
#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "plugpull.h"

#define BODY_WORDS ((PP_SECTOR_BYTES - sizeof(struct pp_sector_header)) / 8)
#define CRC_FROM 8 /* the CRC covers the bytes after itself */
#define COMPARE_CHUNK_BYTES 4096u

static uint64_t next_word(uint64_t *state) {
  *state += 0x9E3779B97F4A7C15ull;
  uint64_t z = *state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

#define LANES 4u

/* The CRC of each of `count` sectors (1 to LANES). */
static void crcs_of(const uint8_t *sector, uint64_t count, uint32_t crc[LANES]) {
  if (count == LANES) {
    pp_crc32c_four(sector + CRC_FROM, PP_SECTOR_BYTES, PP_SECTOR_BYTES - CRC_FROM, crc);
    return;
  }
  for (uint64_t i = 0; i < count; i++)
    crc[i] = pp_crc32c_of(sector + i * PP_SECTOR_BYTES + CRC_FROM, PP_SECTOR_BYTES - CRC_FROM, 0);
}

/* Without the CRC. */
static void stamp_sector(uint8_t *sector, const struct pp_sector_header *header) {
  uint64_t state = header->run_id + header->update_id * 0x9E3779B97F4A7C15ull + header->lba * 0xBF58476D1CE4E5B9ull;
  uint64_t body[BODY_WORDS];
  for (size_t i = 0; i < BODY_WORDS; i++) body[i] = next_word(&state);
  memcpy(sector, header, sizeof *header);
  memcpy(sector + sizeof *header, body, sizeof body);
}

int32_t pp_stamp(uint8_t *base, uint64_t offset, uint64_t length_bytes, uint64_t run_id, uint64_t update_id,
                 uint64_t transaction_id, uint64_t first_lba) {
  if (base == NULL || length_bytes % PP_SECTOR_BYTES != 0) return -EINVAL;
  uint64_t count = length_bytes / PP_SECTOR_BYTES;
  if (count > UINT32_MAX) return -EINVAL;
  for (uint64_t i = 0; i < count; i += LANES) {
    uint8_t *sector = base + offset + i * PP_SECTOR_BYTES;
    uint64_t lanes = count - i < LANES ? count - i : LANES;
    for (uint64_t lane = 0; lane < lanes; lane++) {
      struct pp_sector_header header = {
          .magic = PP_SECTOR_MAGIC,
          .run_id = run_id,
          .lba = first_lba + i + lane,
          .update_id = update_id,
          .transaction_id = transaction_id,
          .sector_index = (uint32_t)(i + lane),
          .sector_count = (uint32_t)count,
      };
      stamp_sector(sector + lane * PP_SECTOR_BYTES, &header);
    }
    uint32_t crc[LANES];
    crcs_of(sector, lanes, crc);
    for (uint64_t lane = 0; lane < lanes; lane++)
      memcpy(sector + lane * PP_SECTOR_BYTES + offsetof(struct pp_sector_header, crc32c), &crc[lane], sizeof crc[lane]);
  }
  return 0;
}

int32_t pp_seal_blocks(uint8_t *base, uint64_t offset, uint64_t length_bytes) {
  if (base == NULL || length_bytes % PP_SECTOR_BYTES != 0) return -EINVAL;
  for (uint64_t at = 0; at < length_bytes; at += PP_SECTOR_BYTES) {
    uint8_t *block = base + offset + at;
    uint32_t crc = pp_crc32c_of(block + CRC_FROM, PP_SECTOR_BYTES - CRC_FROM, 0);
    memcpy(block + 4, &crc, sizeof crc);
  }
  return 0;
}

static int is_zero(const uint8_t *sector) {
  static const uint8_t zeros[PP_SECTOR_BYTES];
  return memcmp(sector, zeros, PP_SECTOR_BYTES) == 0;
}

static uint32_t kind_of(const uint8_t *sector, const struct pp_sector_header *header, uint32_t crc) {
  if (header->magic != PP_SECTOR_MAGIC) return is_zero(sector) ? PP_KIND_ZERO : PP_KIND_FOREIGN;
  return crc == header->crc32c ? PP_KIND_VALID : PP_KIND_CORRUPT;
}

static void observe(const uint8_t *sector, uint32_t crc, double *out) {
  struct pp_sector_header header;
  memcpy(&header, sector, sizeof header);
  uint32_t kind = kind_of(sector, &header, crc);
  int ours = kind == PP_KIND_VALID || kind == PP_KIND_CORRUPT;
  out[0] = kind;
  out[1] = ours ? (double)header.run_id : 0;
  out[2] = ours ? (double)header.update_id : 0;
  out[3] = ours ? (double)header.lba : 0;
  out[4] = ours ? (double)header.transaction_id : 0;
  out[5] = ours ? (double)header.sector_index : 0;
}

int64_t pp_scan(const uint8_t *base, uint64_t offset, uint64_t length_bytes, double *out) {
  if (base == NULL || out == NULL || length_bytes % PP_SECTOR_BYTES != 0) return -EINVAL;
  uint64_t count = length_bytes / PP_SECTOR_BYTES;
  for (uint64_t i = 0; i < count; i += LANES) {
    const uint8_t *sector = base + offset + i * PP_SECTOR_BYTES;
    uint64_t lanes = count - i < LANES ? count - i : LANES;
    uint32_t crc[LANES];
    crcs_of(sector, lanes, crc);
    for (uint64_t lane = 0; lane < lanes; lane++, out += PP_OBSERVATION_DOUBLES)
      observe(sector + lane * PP_SECTOR_BYTES, crc[lane], out);
  }
  return (int64_t)count;
}

/* The update that all sectors of a block hold, or one of PP_BLOCK_*. */
static double summarize(const uint8_t *block, uint64_t count, uint64_t run_id, uint64_t lba) {
  double held = PP_BLOCK_MIXED;
  for (uint64_t i = 0; i < count; i += LANES) {
    const uint8_t *sector = block + i * PP_SECTOR_BYTES;
    uint64_t lanes = count - i < LANES ? count - i : LANES;
    uint32_t crc[LANES];
    crcs_of(sector, lanes, crc);
    for (uint64_t lane = 0; lane < lanes; lane++) {
      struct pp_sector_header header;
      memcpy(&header, sector + lane * PP_SECTOR_BYTES, sizeof header);
      double id = PP_BLOCK_FOREIGN;
      if (header.magic == PP_SECTOR_MAGIC) {
        if (crc[lane] != header.crc32c) return PP_BLOCK_MIXED;
        if (header.run_id == run_id) {
          if (header.lba != lba + i + lane) return PP_BLOCK_MIXED;
          id = (double)header.update_id;
        }
      }
      if (i + lane > 0 && id != held) return PP_BLOCK_MIXED;
      held = id;
    }
  }
  return held;
}

int64_t pp_scan_blocks(const uint8_t *base, uint64_t offset, uint64_t length_bytes, uint64_t run_id, uint64_t first_lba,
                       double *out) {
  if (base == NULL || out == NULL || length_bytes % PP_SECTOR_BYTES != 0) return -EINVAL;
  uint64_t sectors = length_bytes / PP_SECTOR_BYTES;
  uint64_t blocks = 0;
  for (uint64_t at = 0; at < sectors; at += PP_BLOCK_SECTORS, blocks++) {
    uint64_t count = sectors - at < PP_BLOCK_SECTORS ? sectors - at : PP_BLOCK_SECTORS;
    out[blocks] = summarize(base + offset + at * PP_SECTOR_BYTES, count, run_id, first_lba + at);
  }
  return (int64_t)blocks;
}

int64_t pp_compare(const uint8_t *base, uint64_t offset_a, uint64_t offset_b, uint64_t length_bytes) {
  if (base == NULL) return -EINVAL;
  const uint8_t *a = base + offset_a, *b = base + offset_b;
  for (uint64_t at = 0; at < length_bytes; at += COMPARE_CHUNK_BYTES) {
    uint64_t left = length_bytes - at;
    uint64_t chunk = left < COMPARE_CHUNK_BYTES ? left : COMPARE_CHUNK_BYTES;
    if (memcmp(a + at, b + at, chunk) == 0) continue;
    while (a[at] == b[at]) at++;
    return (int64_t)at;
  }
  return -1;
}
