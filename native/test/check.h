/* A minimal test harness: a failed CHECK prints place and condition, and ends the program with 1. */
#ifndef PP_CHECK_H
#define PP_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                               \
    }                                                                        \
  } while (0)

#define CHECK_EQUAL(actual, expected)                                                                     \
  do {                                                                                                    \
    long long actual_ = (long long)(actual), expected_ = (long long)(expected);                           \
    if (actual_ != expected_) {                                                                           \
      fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, actual_, expected_); \
      exit(1);                                                                                            \
    }                                                                                                     \
  } while (0)

#endif
