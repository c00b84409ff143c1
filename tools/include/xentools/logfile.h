/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log of what others print: filtered text, bounded size, a few older files beside it. */
#ifndef XENTOOLS_LOGFILE_H
#define XENTOOLS_LOGFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <xentools/error.h>

#define LOG_CHUNK 2048	/* written at once: a console ring's worth */

/*
 * Where the filter stands inside a terminal control sequence, or a character of UTF-8: after 0xc2,
 * or with so many bytes to come.
 */
enum log_filter_state {
	FILTER_TEXT, FILTER_ESC, FILTER_CSI, FILTER_STRING, FILTER_STRING_ESC,
	FILTER_C2, FILTER_MORE1, FILTER_MORE2, FILTER_MORE3,
};

/*
 * What is about to be done with the file, in memory that outlives the process: a successor takes
 * back what was written of bytes that the guest was not yet told are taken.
 */
struct log_note {
	uint64_t owner;			/* of the console; 0: the rest means nothing */
	uint64_t size;			/* of the file before the write */
	uint32_t position;		/* of the bytes in the guest's stream */
	uint8_t before, after;		/* filter states */
};

struct logfile {
	struct log_note *note;		/* or NULL */
	char *path;
	int fd;				/* -1: not open (disk full, directory missing) */
	off_t size;
	off_t max_size;			/* bytes of one file */
	unsigned int keep;		/* older files NAME.log.1 ... */
	enum log_filter_state filter;
};

/* n of them, in run_dir's file of that name: memory that the next process has too. NULL: *err. */
struct log_note *log_notes_map(const char *run_dir, const char *name, size_t n, struct zerr **err);

size_t log_filter(enum log_filter_state *state, const char *in, size_t len, char *out);
int logfile_open(struct logfile *log, const char *path, off_t max_size, unsigned int keep);
void logfile_resume(struct logfile *log, struct log_note *note, uint64_t owner, uint32_t position);
void logfile_write(struct logfile *log, const char *buf, size_t len, uint32_t position);
void logfile_close(struct logfile *log);

#endif
