/* Stamp, scan, compare, CRC32C: against published vectors, the table variant and the fields of the header. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "crc32c.h"
#include "plugpull.h"

#define SECTORS 8u
#define BYTES (SECTORS * PP_SECTOR_BYTES)

/* RFC 3720, B.4 */
static void crc_matches_the_published_vectors(void) {
  uint8_t data[32] = {0};
  CHECK_EQUAL(pp_crc32c(data, 0, 32, 0), 0x8a9136aau);
  memset(data, 0xff, 32);
  CHECK_EQUAL(pp_crc32c(data, 0, 32, 0), 0x62a8ab43u);
  for (int i = 0; i < 32; i++) data[i] = (uint8_t)i;
  CHECK_EQUAL(pp_crc32c(data, 0, 32, 0), 0x46dd794eu);
  CHECK_EQUAL(pp_crc32c((const uint8_t *)"123456789", 0, 9, 0), 0xe3069283u);
}

static void crc_chains_and_the_table_agrees(void) {
  uint8_t data[1000];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 31 + (i >> 3));
  for (size_t n = 0; n <= 100; n++) {
    uint32_t in_one_call = pp_crc32c(data, n, 900, 0);
    CHECK_EQUAL(pp_crc32c(data, n + 33, 867, pp_crc32c(data, n, 33, 0)), in_one_call);
    CHECK_EQUAL(~pp_crc32c_raw_table(data + n, 900, 0xffffffffu), in_one_call);
  }
  CHECK_EQUAL(pp_crc32c(NULL, 0, 0, 7), 7);
}

static void four_crcs_equal_one_at_a_time(void) {
  static uint8_t data[4 * 520 + 3];
  uint32_t crc[4];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 37 + (i >> 4));
  for (size_t n = 0; n <= 520; n += 13) {
    pp_crc32c_four(data + 3, 520, n, crc);
    for (size_t i = 0; i < 4; i++) CHECK_EQUAL(crc[i], pp_crc32c_of(data + 3 + i * 520, n, 0));
  }
}

static void blocks_are_summarized(void) {
  static uint8_t data[2 * BYTES + 3 * PP_SECTOR_BYTES + 1];
  double held[3];
  /* The last block has three sectors. */
  uint64_t bytes = sizeof data - 1;
  CHECK_EQUAL(pp_stamp(data, 1, bytes, 9, 42, 7, 100), 0);
  CHECK_EQUAL(pp_scan_blocks(data, 1, bytes, 9, 100, held), 3);
  for (int i = 0; i < 3; i++) CHECK_EQUAL(held[i], 42);
  data[bytes] ^= 1;
  CHECK_EQUAL(pp_scan_blocks(data, 1, bytes, 9, 100, held), 3);
  CHECK_EQUAL(held[1], 42);
  CHECK_EQUAL(held[2], PP_BLOCK_MIXED);
  CHECK_EQUAL(pp_scan_blocks(data, 1, bytes, 8, 100, held), 3);
  CHECK_EQUAL(held[0], PP_BLOCK_FOREIGN);
  CHECK_EQUAL(pp_scan_blocks(data, 1, bytes, 9, 101, held), 3);
  CHECK_EQUAL(held[0], PP_BLOCK_MIXED);
  CHECK_EQUAL(pp_scan_blocks(data, 1, 100, 9, 101, held), -EINVAL);
}

static void a_stamp_is_scanned_back(void) {
  static uint8_t sectors[BYTES + 1];
  double seen[SECTORS * PP_OBSERVATION_DOUBLES];
  uint64_t run = (1ull << 53) - 1;
  /* At an odd address: the function promises nothing about alignment. */
  CHECK_EQUAL(pp_stamp(sectors, 1, BYTES, run, 42, 7, 1ull << 40), 0);
  CHECK_EQUAL(pp_scan(sectors, 1, BYTES, seen), SECTORS);
  for (uint32_t i = 0; i < SECTORS; i++) {
    const double *o = &seen[i * PP_OBSERVATION_DOUBLES];
    CHECK_EQUAL(o[0], PP_KIND_VALID);
    CHECK_EQUAL(o[1], run);
    CHECK_EQUAL(o[2], 42);
    CHECK_EQUAL(o[3], (1ull << 40) + i);
    CHECK_EQUAL(o[4], 7);
    CHECK_EQUAL(o[5], i);
  }
  struct pp_sector_header header;
  memcpy(&header, sectors + 1, sizeof header);
  CHECK_EQUAL(header.magic, PP_SECTOR_MAGIC);
  CHECK_EQUAL(header.sector_count, SECTORS);
}

/* The scan must detect any single flipped bit. */
static void every_flipped_bit_is_detected(void) {
  uint8_t sector[PP_SECTOR_BYTES];
  double seen[PP_OBSERVATION_DOUBLES];
  CHECK_EQUAL(pp_stamp(sector, 0, sizeof sector, 1, 2, 3, 4), 0);
  for (uint32_t bit = 0; bit < PP_SECTOR_BYTES * 8; bit++) {
    sector[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    CHECK_EQUAL(pp_scan(sector, 0, sizeof sector, seen), 1);
    CHECK_EQUAL(seen[0], bit < 32 ? PP_KIND_FOREIGN : PP_KIND_CORRUPT);
    sector[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
  CHECK_EQUAL(pp_scan(sector, 0, sizeof sector, seen), 1);
  CHECK_EQUAL(seen[0], PP_KIND_VALID);
}

static void zeros_are_not_foreign_data(void) {
  uint8_t sectors[2 * PP_SECTOR_BYTES] = {0};
  double seen[2 * PP_OBSERVATION_DOUBLES];
  sectors[2 * PP_SECTOR_BYTES - 1] = 1;
  CHECK_EQUAL(pp_scan(sectors, 0, sizeof sectors, seen), 2);
  CHECK_EQUAL(seen[0], PP_KIND_ZERO);
  CHECK_EQUAL(seen[PP_OBSERVATION_DOUBLES], PP_KIND_FOREIGN);
}

static void compare_finds_the_first_difference(void) {
  static uint8_t data[2 * 10000];
  CHECK_EQUAL(pp_compare(data, 0, 10000, 10000), -1);
  CHECK_EQUAL(pp_compare(data, 0, 10000, 0), -1);
  for (int at = 9999; at >= 0; at -= 77) {
    data[10000 + at] = 1;
    CHECK_EQUAL(pp_compare(data, 0, 10000, 10000), at);
  }
}

static void a_sealed_block_carries_its_crc(void) {
  uint8_t blocks[3 * PP_SECTOR_BYTES];
  for (size_t i = 0; i < sizeof blocks; i++) blocks[i] = (uint8_t)(i * 7);
  CHECK_EQUAL(pp_seal_blocks(blocks, PP_SECTOR_BYTES, 2 * PP_SECTOR_BYTES), 0);
  for (uint64_t at = 0; at < sizeof blocks; at += PP_SECTOR_BYTES) {
    uint32_t crc;
    memcpy(&crc, blocks + at + 4, sizeof crc);
    uint32_t unsealed = 4u * 7u | (5u * 7u) << 8 | (6u * 7u) << 16 | (7u * 7u) << 24;
    CHECK_EQUAL(crc, at == 0 ? unsealed : pp_crc32c(blocks, at + 8, PP_SECTOR_BYTES - 8, 0));
  }
}

static void bad_arguments_are_refused(void) {
  uint8_t sector[PP_SECTOR_BYTES];
  double seen[PP_OBSERVATION_DOUBLES];
  CHECK_EQUAL(pp_stamp(NULL, 0, 512, 1, 1, 1, 1), -EINVAL);
  CHECK_EQUAL(pp_stamp(sector, 0, 511, 1, 1, 1, 1), -EINVAL);
  CHECK_EQUAL(pp_scan(sector, 0, 100, seen), -EINVAL);
  CHECK_EQUAL(pp_scan(sector, 0, 512, NULL), -EINVAL);
  CHECK_EQUAL(pp_compare(NULL, 0, 0, 1), -EINVAL);
  CHECK_EQUAL(pp_seal_blocks(NULL, 0, 512), -EINVAL);
  CHECK_EQUAL(pp_seal_blocks(sector, 0, 511), -EINVAL);
}

int main(void) {
  crc_matches_the_published_vectors();
  crc_chains_and_the_table_agrees();
  four_crcs_equal_one_at_a_time();
  blocks_are_summarized();
  a_stamp_is_scanned_back();
  every_flipped_bit_is_detected();
  zeros_are_not_foreign_data();
  compare_finds_the_first_difference();
  a_sealed_block_carries_its_crc();
  bad_arguments_are_refused();
  return 0;
}
