/*
 * CRC32C (Castagnoli, RFC 3720 B.4), reflected, initial and final value all ones. Uses the CPU instruction where there
 * is one (SSE 4.2), else slicing by eight. Both give the same numbers; the C test compares them.
 */
#include <pthread.h>
#include <string.h>

#include "crc32c.h"
#include "plugpull.h"

#define POLYNOMIAL_REFLECTED 0x82F63B78u

static uint32_t table[8][256];
static int use_hardware;
static pthread_once_t ready = PTHREAD_ONCE_INIT;

static void fill_tables(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; bit++) c = (c >> 1) ^ (POLYNOMIAL_REFLECTED & (0u - (c & 1u)));
    table[0][i] = c;
  }
  for (uint32_t i = 0; i < 256; i++)
    for (int slice = 1; slice < 8; slice++)
      table[slice][i] = (table[slice - 1][i] >> 8) ^ table[0][table[slice - 1][i] & 0xFFu];
}

static void prepare(void) {
  fill_tables();
#if defined(__x86_64__)
  use_hardware = __builtin_cpu_supports("sse4.2") != 0;
#endif
}

uint32_t pp_crc32c_raw_table(const uint8_t *p, size_t n, uint32_t crc) {
  pthread_once(&ready, prepare);
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    word ^= crc;
    crc = table[7][word & 0xFF] ^ table[6][(word >> 8) & 0xFF] ^ table[5][(word >> 16) & 0xFF] ^
          table[4][(word >> 24) & 0xFF] ^ table[3][(word >> 32) & 0xFF] ^ table[2][(word >> 40) & 0xFF] ^
          table[1][(word >> 48) & 0xFF] ^ table[0][word >> 56];
  }
  for (; n > 0; n--, p++) crc = (crc >> 8) ^ table[0][(crc ^ *p) & 0xFFu];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t raw_sse42(const uint8_t *p, size_t n, uint32_t crc) {
  uint64_t wide = crc;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  crc = (uint32_t)wide;
  for (; n > 0; n--, p++) crc = __builtin_ia32_crc32qi(crc, *p);
  return crc;
}

static uint64_t word_at(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
  return word;
}

__attribute__((target("sse4.2"))) static void four_sse42(const uint8_t *p, size_t stride, size_t n, uint32_t crc[4]) {
  uint64_t a = ~0u, b = ~0u, c = ~0u, d = ~0u;
  const uint8_t *q = p + stride, *r = q + stride, *s = r + stride;
  size_t left = n;
  for (; left >= 8; left -= 8, p += 8, q += 8, r += 8, s += 8) {
    a = __builtin_ia32_crc32di(a, word_at(p));
    b = __builtin_ia32_crc32di(b, word_at(q));
    c = __builtin_ia32_crc32di(c, word_at(r));
    d = __builtin_ia32_crc32di(d, word_at(s));
  }
  crc[0] = ~raw_sse42(p, left, (uint32_t)a);
  crc[1] = ~raw_sse42(q, left, (uint32_t)b);
  crc[2] = ~raw_sse42(r, left, (uint32_t)c);
  crc[3] = ~raw_sse42(s, left, (uint32_t)d);
}
#endif

uint32_t pp_crc32c_of(const uint8_t *p, size_t n, uint32_t seed) {
  pthread_once(&ready, prepare);
#if defined(__x86_64__)
  if (use_hardware) return ~raw_sse42(p, n, ~seed);
#endif
  return ~pp_crc32c_raw_table(p, n, ~seed);
}

void pp_crc32c_four(const uint8_t *p, size_t stride, size_t n, uint32_t crc[4]) {
  pthread_once(&ready, prepare);
#if defined(__x86_64__)
  if (use_hardware) {
    four_sse42(p, stride, n, crc);
    return;
  }
#endif
  for (size_t i = 0; i < 4; i++) crc[i] = ~pp_crc32c_raw_table(p + i * stride, n, ~0u);
}

uint32_t pp_crc32c(const uint8_t *base, uint64_t offset, uint64_t length_bytes, uint32_t seed) {
  if (length_bytes == 0) return seed;
  return pp_crc32c_of(base + offset, length_bytes, seed);
}

int32_t pp_crc32c_hardware(void) {
  pthread_once(&ready, prepare);
  return use_hardware;
}
