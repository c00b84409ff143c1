/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File descriptors and whole files: complete reads and writes, flags, atomic replacement.
 * Results are 0 or a negative errno; interrupted calls are restarted.
 */
#ifndef XENTOOLS_FD_UTIL_H
#define XENTOOLS_FD_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <xentools/macros.h>

int fd_write_all(int fd, const void *buf, size_t len) MUST_CHECK;

/* Read exactly len bytes; -ENODATA if the stream ends before. */
int fd_read_exact(int fd, void *buf, size_t len) MUST_CHECK;

int fd_set_nonblock(int fd, bool on);

/* Open a regular file to read it, -EINVAL when it is something else; never waits. */
int fd_open_regular(const char *path, struct stat *st) MUST_CHECK;

/*
 * Read a whole file of at most max bytes (-EFBIG); *ret_buf is malloc'd, NUL added. A pipe is read
 * until its writers have gone; -ENODATA when nobody wrote anything.
 */
int fd_read_file(const char *path, size_t max, char **ret_buf, size_t *ret_len) MUST_CHECK;
int fd_read_to_end(int fd, size_t max, char **ret_buf, size_t *ret_len) MUST_CHECK;

/*
 * The next client of a listener, without waiting. Out of descriptors (-EMFILE, -ENFILE) one that
 * waits would wake a loop for ever: fd_spare() is given up for a moment, and he is sent away.
 */
int fd_accept(int listener, int *spare) MUST_CHECK;
int fd_spare(void);

/*
 * Replace path by new contents: temporary in the same directory, fsync, rename, fsync. Where a
 * power cut takes the whole file system, it is not synced. Ctrl-C ends the program after it.
 */
int fd_write_file_atomic(const char *path, const void *buf, size_t len, mode_t mode) MUST_CHECK;

/* What was linked or unlinked at path will be so after a power cut, too. */
int fd_sync_parent(const char *path) MUST_CHECK;

/* Make a directory and its missing parents (existing ones are fine). */
int fd_mkdir_p(const char *path, mode_t mode);

#endif
