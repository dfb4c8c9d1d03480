/* Opens and identifies block devices. The safety gate decides whether a device may be written, not this file. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "plugpull.h"

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t) /* Linux 5.15 */
#endif

int32_t pp_open(const char *path, uint32_t flags) {
  if (path == NULL) return -EINVAL;
  int mode = O_CLOEXEC | ((flags & PP_OPEN_WRITE) ? O_RDWR : O_RDONLY);
  if (flags & PP_OPEN_EXCLUSIVE) mode |= O_EXCL;
  if (flags & PP_OPEN_DIRECT) mode |= O_DIRECT;
  int fd;
  do fd = open(path, mode);
  while (fd < 0 && errno == EINTR);
  return fd < 0 ? -errno : fd;
}

int32_t pp_close(int32_t fd) {
  /* Linux has freed the descriptor also after EINTR: a second close could close a file that another thread opened. */
  return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

int32_t pp_lock(int32_t fd) {
  int result;
  do result = flock(fd, LOCK_EX | LOCK_NB);
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : 0;
}

static int identify_block_device(int fd, struct pp_identity *out) {
  int logical = 0;
  unsigned int physical = 0;
  int read_only = 0;
  if (ioctl(fd, BLKGETSIZE64, &out->size_bytes) < 0) return -errno;
  if (ioctl(fd, BLKSSZGET, &logical) < 0) return -errno;
  if (ioctl(fd, BLKPBSZGET, &physical) < 0) return -errno;
  if (ioctl(fd, BLKROGET, &read_only) < 0) return -errno;
  if (ioctl(fd, BLKGETDISKSEQ, &out->disk_sequence) < 0) out->disk_sequence = 0;
  out->logical_block_bytes = (uint32_t)logical;
  out->physical_block_bytes = physical;
  out->read_only = read_only != 0;
  return 0;
}

int32_t pp_identify(int32_t fd, struct pp_identity *out) {
  struct stat st;
  if (out == NULL) return -EINVAL;
  memset(out, 0, sizeof *out);
  if (fstat(fd, &st) < 0) return -errno;
  out->is_block_device = S_ISBLK(st.st_mode);
  if (out->is_block_device) {
    out->major = major(st.st_rdev);
    out->minor = minor(st.st_rdev);
    return identify_block_device(fd, out);
  }
  out->size_bytes = (uint64_t)st.st_size;
  out->logical_block_bytes = 1;
  out->physical_block_bytes = 1;
  return 0;
}
