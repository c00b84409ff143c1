/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One program for the xenstore-* commands. Each command is a row in main.c's table and a function
 * here; options, exit codes and output are those of Xen's programs, which scripts rely on.
 */
#ifndef XENSTORE_XENSTORE_H
#define XENSTORE_XENSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <xentools/error.h>
#include <xentools/strbuf.h>
#include <xentools/xs.h>

struct client {
	struct xs *xs;
	const char *name;	/* "xenstore-ls", for messages */
	bool prefix;		/* -p: name before value (read, list), permissions (ls) */
	bool full_path;		/* -f */
	bool raw;		/* -R */
	bool tidy;		/* -t */
	bool recursive;		/* -r */
	bool upwards;		/* -u */
	unsigned long count;	/* -n, 0: for ever */
	unsigned int width;	/* of the output of ls */
};

/* Inside a transaction unless the command watches or lists. 0 or 1, the exit code. */
typedef int (*client_fn)(struct client *c, uint32_t tx, char **args, int n);

int client_ls(struct client *c, uint32_t tx, char **args, int n);
int client_read(struct client *c, uint32_t tx, char **args, int n);
int client_write(struct client *c, uint32_t tx, char **args, int n);
int client_rm(struct client *c, uint32_t tx, char **args, int n);
int client_list(struct client *c, uint32_t tx, char **args, int n);
int client_exists(struct client *c, uint32_t tx, char **args, int n);
int client_chmod(struct client *c, uint32_t tx, char **args, int n);
int client_watch(struct client *c, uint32_t tx, char **args, int n);

/* "NAME: text" on stderr, freeing err, whose reason is added; returns 1. */
struct zerr;
int client_fail(const struct client *c, struct zerr *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* escape.c: values as text, "\n" and "\x07" for what cannot be printed, and back. */
void escape_value(struct strbuf *out, const char *value, size_t len);
void unescape_value(struct strbuf *out, const char *text);

/* "n0,r1" of a node; 1 found, 0 not, -1 error. */
int client_perms_text(struct client *c, const char *path, struct strbuf *out, struct zerr **err);

/* Called for a node and everything below it, parents first; a result other than 0 ends the walk. */
typedef int (*walk_fn)(struct client *c, uint32_t tx, const char *path, unsigned int depth,
		       void *arg);
int client_walk(struct client *c, uint32_t tx, const char *top, walk_fn fn, void *arg);

#endif
