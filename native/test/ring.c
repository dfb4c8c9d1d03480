/* The I/O ring on ordinary files: both backends must behave alike. test/blockdev tests what needs a block device. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "plugpull.h"

#define BLOCK 4096u
#define DEPTH 8u
#define ARENA (DEPTH * BLOCK)
#define FILE_BYTES (64u * BLOCK)
#define NO_LIMIT (-1)

static int make_file(void) {
  char name[] = "/tmp/plugpull-ring-XXXXXX";
  int fd = mkostemp(name, O_CLOEXEC);
  CHECK(fd >= 0);
  CHECK_EQUAL(unlink(name), 0);
  CHECK_EQUAL(ftruncate(fd, FILE_BYTES), 0);
  return fd;
}

static struct pp_ring *make_ring(uint32_t kind, int fd) {
  int32_t error = 1, fds[1] = {fd};
  struct pp_ring *ring = pp_ring_create(kind, DEPTH, fds, 1, ARENA, &error);
  CHECK_EQUAL(error, 0);
  CHECK(ring != NULL);
  CHECK_EQUAL(pp_ring_kind(ring), kind);
  CHECK((uintptr_t)pp_ring_arena(ring) % BLOCK == 0);
  return ring;
}

static void close_ring(struct pp_ring *ring) {
  void *arena = pp_ring_arena(ring);
  CHECK_EQUAL(pp_ring_close(ring), 0);
  /* The address range outlives the ring: a view that the caller kept reads zeros, and does not crash. */
  CHECK_EQUAL(((volatile uint8_t *)arena)[0], 0);
  CHECK_EQUAL(pp_arena_unmap(arena, ARENA), 0);
}

static struct pp_descriptor io(uint32_t op, uint32_t tag, uint64_t offset, uint64_t length, uint64_t arena_offset) {
  return (struct pp_descriptor){
      .op = op, .tag = tag, .offset_bytes = offset, .length_bytes = length, .arena_offset = arena_offset};
}

static int64_t one(struct pp_ring *ring, struct pp_descriptor d) {
  struct pp_completion c = {0};
  CHECK_EQUAL(pp_ring_step(ring, &d, 1, &c, 1, 1, NO_LIMIT), 1);
  CHECK_EQUAL(c.tag, d.tag);
  CHECK(c.submitted_ns > 0 && c.completed_ns >= c.submitted_ns);
  return c.result;
}

static void writes_are_read_back(uint32_t kind) {
  int fd = make_file();
  struct pp_ring *ring = make_ring(kind, fd);
  uint8_t *arena = pp_ring_arena(ring);
  memset(arena, 0xa5, BLOCK);
  CHECK_EQUAL(one(ring, io(PP_OP_WRITE, 1, BLOCK, BLOCK, 0)), BLOCK);
  CHECK_EQUAL(one(ring, io(PP_OP_WRITE_DURABLE, 2, 2 * BLOCK, BLOCK, 0)), BLOCK);
  CHECK_EQUAL(one(ring, io(PP_OP_FLUSH, 3, 0, 0, 0)), 0);
  CHECK_EQUAL(one(ring, io(PP_OP_READ, 4, BLOCK, 2 * BLOCK, BLOCK)), 2 * BLOCK);
  CHECK_EQUAL(pp_compare(arena, 0, BLOCK, BLOCK), -1);
  CHECK_EQUAL(pp_compare(arena, 0, 2 * BLOCK, BLOCK), -1);
  CHECK_EQUAL(one(ring, io(PP_OP_DISCARD, 5, BLOCK, BLOCK, 0)), BLOCK);
  CHECK_EQUAL(one(ring, io(PP_OP_READ, 6, BLOCK, BLOCK, 0)), BLOCK);
  CHECK_EQUAL(arena[0], 0);
  CHECK_EQUAL(one(ring, io(PP_OP_READ, 7, 2 * BLOCK, BLOCK, 0)), BLOCK);
  CHECK_EQUAL(arena[0], 0xa5);
  close_ring(ring);
  close(fd);
}

/* The lowest free number: it grows when something stays open. */
static int next_descriptor(void) {
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0);
  close(fd);
  return fd;
}

static void nothing_stays_open(uint32_t kind) {
  int fd = make_file();
  int before = next_descriptor();
  for (int i = 0; i < 5; i++) close_ring(make_ring(kind, fd));
  CHECK_EQUAL(next_descriptor(), before);
  close(fd);
}

static void short_is_an_error_except_at_the_end(uint32_t kind) {
  int fd = make_file();
  struct pp_ring *ring = make_ring(kind, fd);
  CHECK_EQUAL(one(ring, io(PP_OP_READ, 1, FILE_BYTES - BLOCK, 2 * BLOCK, 0)), BLOCK);
  CHECK_EQUAL(one(ring, io(PP_OP_READ, 2, FILE_BYTES, BLOCK, 0)), 0);
  /* The ring does not see that the file shrinks: this is a device that stops in the middle of a transfer. */
  CHECK_EQUAL(ftruncate(fd, BLOCK), 0);
  CHECK_EQUAL(one(ring, io(PP_OP_READ, 3, 0, 2 * BLOCK, 0)), -EIO);
  close_ring(ring);
  close(fd);
}

static void a_malformed_batch_does_nothing(uint32_t kind) {
  int fd = make_file();
  struct pp_ring *ring = make_ring(kind, fd);
  struct pp_completion c[DEPTH];
  struct pp_descriptor good = io(PP_OP_READ, 1, 0, BLOCK, 0);
  struct pp_descriptor bad[] = {
      io(0, 0, 0, BLOCK, 0),
      io(99, 0, 0, BLOCK, 0),
      io(PP_OP_READ, 0, 0, 0, 0),
      io(PP_OP_READ, 0, 0, BLOCK, ARENA - BLOCK + 1),
      io(PP_OP_READ, 0, 0, BLOCK, UINT64_MAX),
      io(PP_OP_READ, 0, UINT64_MAX, BLOCK, 0),
      io(PP_OP_WRITE, 0, 0, UINT64_MAX, 0),
      io(PP_OP_DISCARD, 0, INT64_MAX, 1, 0),
      io(PP_OP_READ, 0, 0, BLOCK, 0),
  };
  size_t count = sizeof bad / sizeof bad[0];
  bad[count - 1].device = 1;
  for (size_t i = 0; i < count; i++) {
    struct pp_descriptor batch[2] = {good, bad[i]};
    CHECK_EQUAL(pp_ring_step(ring, batch, 2, c, DEPTH, 0, 0), -EINVAL);
    CHECK_EQUAL(pp_ring_step(ring, NULL, 0, c, DEPTH, DEPTH, NO_LIMIT), 0);
  }
  CHECK_EQUAL(pp_ring_step(ring, NULL, 1, c, DEPTH, 0, 0), -EINVAL);
  CHECK_EQUAL(pp_ring_step(ring, &good, 1, NULL, 1, 0, 0), -EINVAL);
  close_ring(ring);
  close(fd);
}

static void the_depth_is_kept_and_all_come_back_once(uint32_t kind) {
  int fd = make_file();
  struct pp_ring *ring = make_ring(kind, fd);
  struct pp_descriptor batch[DEPTH + 1];
  struct pp_completion c[DEPTH];
  for (uint32_t i = 0; i <= DEPTH; i++) batch[i] = io(PP_OP_READ, i, i * BLOCK, BLOCK, (i % DEPTH) * BLOCK);
  CHECK_EQUAL(pp_ring_step(ring, batch, DEPTH + 1, c, DEPTH, 0, 0), -ENOSPC);
  for (int round = 0; round < 200; round++) {
    uint32_t seen = 0, taken = 0;
    int32_t n = pp_ring_step(ring, batch, DEPTH, c, 3, 1, NO_LIMIT);
    for (;;) {
      CHECK(n >= 1 && n <= 3);
      for (int32_t i = 0; i < n; i++) seen |= 1u << c[i].tag;
      taken += (uint32_t)n;
      if (taken == DEPTH) break;
      n = pp_ring_step(ring, NULL, 0, c, 3, 1, NO_LIMIT);
    }
    CHECK_EQUAL(seen, (1u << DEPTH) - 1);
  }
  close_ring(ring);
  close(fd);
}

static void close_drains_and_the_ring_has_its_own_descriptor(uint32_t kind) {
  int fd = make_file(), watcher = dup(fd);
  struct pp_ring *ring = make_ring(kind, fd);
  struct pp_descriptor batch[DEPTH];
  struct pp_completion c[1];
  uint8_t read_back[BLOCK];
  close(fd);
  memset(pp_ring_arena(ring), 0x5a, ARENA);
  for (uint32_t i = 0; i < DEPTH; i++) batch[i] = io(PP_OP_WRITE_DURABLE, i, i * BLOCK, BLOCK, i * BLOCK);
  CHECK(pp_ring_step(ring, batch, DEPTH, c, 0, 0, 0) == 0);
  close_ring(ring);
  for (uint32_t i = 0; i < DEPTH; i++) {
    CHECK_EQUAL(pread(watcher, read_back, BLOCK, i * BLOCK), BLOCK);
    CHECK_EQUAL(read_back[BLOCK - 1], 0x5a);
  }
  close(watcher);
}

static void bad_arguments_are_refused(void) {
  int fd = make_file();
  int32_t error = 0, fds[1] = {fd}, closed[1] = {-1};
  struct pp_completion c[1];
  CHECK_EQUAL(pp_ring_kind(NULL), -EBADF);
  CHECK_EQUAL(pp_ring_features(NULL), -EBADF);
  CHECK_EQUAL(pp_ring_close(NULL), -EBADF);
  CHECK_EQUAL(pp_ring_step(NULL, NULL, 0, c, 1, 0, 0), -EBADF);
  CHECK(pp_ring_arena(NULL) == NULL);
  CHECK(pp_ring_create(PP_RING_AUTO, 0, fds, 1, ARENA, &error) == NULL);
  CHECK_EQUAL(error, -EINVAL);
  CHECK(pp_ring_create(PP_RING_AUTO, PP_DEPTH_MAX + 1, fds, 1, ARENA, &error) == NULL);
  CHECK(pp_ring_create(PP_RING_AUTO, 1, fds, 0, ARENA, &error) == NULL);
  CHECK(pp_ring_create(3, 1, fds, 1, ARENA, &error) == NULL);
  CHECK_EQUAL(error, -EINVAL);
  CHECK(pp_ring_create(PP_RING_THREADS, 1, closed, 1, ARENA, &error) == NULL);
  CHECK_EQUAL(error, -EBADF);
  CHECK(pp_ring_create(PP_RING_THREADS, 1, fds, 1, 1ull << 60, &error) == NULL);
  CHECK_EQUAL(error, -ENOMEM);
  close(fd);
}

static void a_device_is_identified(void) {
  struct pp_identity identity;
  int fd = make_file();
  CHECK_EQUAL(pp_open("/nonexistent/x", 0), -ENOENT);
  CHECK_EQUAL(pp_open(NULL, 0), -EINVAL);
  CHECK_EQUAL(pp_identify(fd, &identity), 0);
  CHECK_EQUAL(identity.is_block_device, 0);
  CHECK_EQUAL(identity.size_bytes, FILE_BYTES);
  CHECK_EQUAL(pp_identify(fd, NULL), -EINVAL);
  CHECK_EQUAL(pp_close(fd), 0);
  CHECK_EQUAL(pp_identify(fd, &identity), -EBADF);
}

int main(void) {
  int32_t error = 0, fds[1] = {make_file()};
  struct pp_ring *probe = pp_ring_create(PP_RING_AUTO, 1, fds, 1, BLOCK, &error);
  CHECK(probe != NULL);
  uint32_t best = (uint32_t)pp_ring_kind(probe);
  CHECK_EQUAL(pp_ring_close(probe), 0);
  close(fds[0]);
  /* Where io_uring is forbidden, the output says that only the threads were tested. */
  if (best != PP_RING_IO_URING) puts("io_uring is not available here: only the thread pool was tested");
  for (uint32_t kind = best; kind <= PP_RING_THREADS; kind++) {
    writes_are_read_back(kind);
    nothing_stays_open(kind);
    short_is_an_error_except_at_the_end(kind);
    a_malformed_batch_does_nothing(kind);
    the_depth_is_kept_and_all_come_back_once(kind);
    close_drains_and_the_ring_has_its_own_descriptor(kind);
  }
  bad_arguments_are_refused();
  a_device_is_identified();
  return 0;
}
