/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The error object of libraries and tools. It is made where the failure happens, with a class
 * (which is the exit code), a stable code, errno and a sentence; callers add what they were doing
 * and to what (zerr_context), and main prints it once. The first error set wins.
 * Library functions take `struct zerr **err` last, return 0, or -1 with *err set; err may be NULL.
 */
#ifndef XENTOOLS_ERROR_H
#define XENTOOLS_ERROR_H

#include <stdbool.h>
#include <stdio.h>

#include <xentools/cleanup.h>
#include <xentools/macros.h>

enum zerr_class {
	ZERR_OK = 0,
	ZERR_FAILED = 1,
	ZERR_USAGE = 2,
	ZERR_NOT_FOUND = 3,
	ZERR_BAD_CONFIG = 4,
	ZERR_UNSUPPORTED = 5,
	ZERR_NO_RESOURCES = 6,
	ZERR_STATE = 7,
	ZERR_TIMEOUT = 8,
	ZERR_NO_HYPERVISOR = 9,
	ZERR_GUEST_CRASHED = 10,
	ZERR_WATCHDOG = 11,
	ZERR_INTERRUPTED = 130,
};

/* Fields are for reading; they change through the functions below only. */
struct zerr {
	enum zerr_class cls;
	char code[8];		/* "E601", or "" */
	int errnum;		/* positive errno, or 0 */
	char *step;		/* "start", or NULL */
	char *object;		/* "web1", or NULL */
	char *message;		/* without errno's text */
	char *hint;		/* or NULL */
	char *file;		/* for errors inside a file, else NULL */
	unsigned int line;	/* 1-based, 0 = unknown */
	unsigned int column;	/* 1-based, 0 = unknown */
	char *path;		/* element path inside the file, or NULL */
	char *log;		/* the file that says more, or NULL */
};

/* Record an error unless one is set already; always -1. errnum may be 0. */
int zerr_set(struct zerr **err, enum zerr_class cls, const char *code, int errnum,
	     const char *fmt, ...) PRINTF_LIKE(5, 6);

/* The program itself has no memory: class ZERR_NO_RESOURCES; always -1. */
int zerr_no_memory(struct zerr **err);

/* Add the line that tells what to do; always -1. */
int zerr_hint(struct zerr **err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Say which step on which object failed, outermost call first; always -1. */
int zerr_context(struct zerr **err, const char *step, const char *object);

/* Say where in which file the mistake stands; always -1. */
int zerr_at(struct zerr **err, const char *file, unsigned int line, unsigned int column,
	    const char *path);

/* Name the log that has the whole story; always -1. */
int zerr_log(struct zerr **err, const char *path);

void zerr_free(struct zerr *err);

/* Hand on what a call set, which is taken over; the first error stays. Always -1. */
int zerr_pass(struct zerr **err, struct zerr *why);

/* Print as "PROGRAM: error: STEP OBJECT: MESSAGE [CODE]" and hint, or as one JSON object. */
void zerr_print(FILE *f, const struct zerr *err, bool json);

/* The same with another word than "error" ("warning", "note"). */
void zerr_print_as(FILE *f, const struct zerr *err, bool json, const char *word);

enum zerr_class zerr_class_of(const struct zerr *err);

/* The class's name as in the exit code table ("no-resources"). */
const char *zerr_class_name(enum zerr_class cls);

static inline void cleanup_zerrp(struct zerr **err)
{
	zerr_free(*err);
}

#define _cleanup_zerr_ _cleanup_(cleanup_zerrp)

#endif
