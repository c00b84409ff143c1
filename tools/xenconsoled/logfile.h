/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's console log: filtered text, bounded size, a few older files beside it. */
#ifndef TOOLS_XENCONSOLED_LOGFILE_H
#define TOOLS_XENCONSOLED_LOGFILE_H

#include <stddef.h>
#include <sys/types.h>

/* Where the filter stands inside a terminal control sequence. */
enum log_filter_state { FILTER_TEXT, FILTER_ESC, FILTER_CSI, FILTER_STRING, FILTER_STRING_ESC };

struct logfile {
	char *path;
	int fd;				/* -1: not open (disk full, directory missing) */
	off_t size;
	off_t max_size;			/* bytes of one file */
	unsigned int keep;		/* older files NAME.log.1 ... */
	enum log_filter_state filter;
};

size_t log_filter(enum log_filter_state *state, const char *in, size_t len, char *out);
int logfile_open(struct logfile *log, const char *path, off_t max_size, unsigned int keep);
void logfile_write(struct logfile *log, const char *buf, size_t len);
void logfile_close(struct logfile *log);

#endif
