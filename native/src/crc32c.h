/* CRC32C for the other sources of this library, and the table variant apart so that the tests can compare the two. */
#ifndef PP_CRC32C_H
#define PP_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* As pp_crc32c, without the offset. */
uint32_t pp_crc32c_of(const uint8_t *p, size_t n, uint32_t seed);
/* No inversion before or after: `crc` is the register's content. */
uint32_t pp_crc32c_raw_table(const uint8_t *p, size_t n, uint32_t crc);

#endif
