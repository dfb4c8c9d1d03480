/*
 * CRC32C for the other sources of this library. The table variant has its own function, so that a test compares both.
 */
#ifndef PP_CRC32C_H
#define PP_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* As pp_crc32c, without the offset. */
uint32_t pp_crc32c_of(const uint8_t *p, size_t n, uint32_t seed);
/*
 * The CRC32C of four blocks of n bytes, `stride` bytes apart. Four independent sums keep the CPU busy: one alone waits
 * for the instruction's latency at every word.
 */
void pp_crc32c_four(const uint8_t *p, size_t stride, size_t n, uint32_t crc[4]);
/* No inversion before or after: `crc` is the content of the register. */
uint32_t pp_crc32c_raw_table(const uint8_t *p, size_t n, uint32_t crc);

#endif
