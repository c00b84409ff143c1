/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of xenstore: a connection to the daemon's socket, or through the kernel to whoever serves
 * /dev/xen/xenbus. Paths are absolute, or relative to /local/domain/<own domid>.
 * Results: 0, or -1 with *err set (err may be NULL); look-ups return 1 for found and 0 for not
 * there. An error's errnum is the errno the daemon named. One handle serves one thread. When the
 * daemon goes away and comes back, the connection is made anew: see xs_set_reconnect().
 */
#ifndef XENTOOLS_XS_H
#define XENTOOLS_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xs;
struct zerr;

#define XS_RUN_DIR "/run/xenstored"
#define XS_KERNEL_DEVICE "/dev/xen/xenbus"

/* Value of `tx` for an operation outside of transactions. */
#define XS_NO_TX 0U

/*
 * Connect to RUN_DIR/socket; with run_dir NULL to the usual socket, else the kernel's device.
 * Class ZERR_NO_HYPERVISOR when nothing answers.
 */
int xs_open(struct xs **ret, const char *run_dir, struct zerr **err);
void xs_close(struct xs *xs);	/* NULL is fine; drops watches and open transactions */

/* How long to wait for a reply, in milliseconds (default 30 s, -1 for ever); ZERR_TIMEOUT then. */
void xs_set_timeout(struct xs *xs, int timeout_ms);

/*
 * How long to wait for a daemon that went away (default 10 s; 0: not at all, then every further
 * call fails until xs_close()). Watches are set again, which fires each once; a request is
 * repeated; a transaction ends in conflict, or has xs_transaction() call its function again.
 * xs_fd() may be another after each call.
 */
void xs_set_reconnect(struct xs *xs, int timeout_ms);

/* --- nodes --- */

/* 1: *ret is the malloc'd value with a NUL added, *ret_len (may be NULL) its length; 0: no node. */
int xs_read(struct xs *xs, uint32_t tx, const char *path, char **ret, size_t *ret_len,
	    struct zerr **err);
/*
 * Read many nodes with one round trip: values[i] is malloc'd, or NULL where there is no node or it
 * may not be read. After an error, too, the caller frees them.
 */
int xs_read_all(struct xs *xs, const char *const *paths, size_t n, char **values,
		struct zerr **err);
int xs_write(struct xs *xs, uint32_t tx, const char *path, const void *value, size_t len,
	     struct zerr **err);
int xs_write_str(struct xs *xs, uint32_t tx, const char *path, const char *value,
		 struct zerr **err);
int xs_printf(struct xs *xs, uint32_t tx, const char *path, struct zerr **err, const char *fmt,
	      ...) __attribute__((format(printf, 5, 6)));
int xs_mkdir(struct xs *xs, uint32_t tx, const char *path, struct zerr **err);
/* Remove the node and all below it; one that is not there counts as removed. */
int xs_rm(struct xs *xs, uint32_t tx, const char *path, struct zerr **err);
/* 1: names of the children, NULL-terminated, one free() for all; 0: no such node. */
int xs_directory(struct xs *xs, uint32_t tx, const char *path, char ***ret, size_t *ret_n,
		 struct zerr **err);

/* --- permissions: entry 0 is the owner and everybody else's access --- */

enum xs_access {
	XS_ACCESS_NONE = 0,
	XS_ACCESS_READ = 1,
	XS_ACCESS_WRITE = 2,
	XS_ACCESS_BOTH = 3,
};

struct xs_perm {
	uint32_t domid;
	enum xs_access access;
};

/* 1: *ret is malloc'd; 0: no such node. */
int xs_get_perms(struct xs *xs, uint32_t tx, const char *path, struct xs_perm **ret,
		 size_t *ret_n, struct zerr **err);
int xs_set_perms(struct xs *xs, uint32_t tx, const char *path, const struct xs_perm *perms,
		 size_t n, struct zerr **err);

/* --- transactions --- */

int xs_transaction_start(struct xs *xs, uint32_t *ret_tx, struct zerr **err);
/* commit true: 1 committed, 0 somebody else changed what was used (start again), -1 error. */
int xs_transaction_end(struct xs *xs, uint32_t tx, bool commit, struct zerr **err);

/*
 * Run fn inside a transaction and commit, again and again while others interfere (100 times, then
 * ZERR_FAILED). fn returns 0 to commit, or -1 with *err set to abort. What fn changes is sent with
 * the next look-up or at its end, and a refusal is told only then.
 */
typedef int (*xs_transaction_fn)(struct xs *xs, uint32_t tx, void *arg, struct zerr **err);
int xs_transaction(struct xs *xs, xs_transaction_fn fn, void *arg, struct zerr **err);

/* --- watches --- */

struct xs_event {
	char *path;	/* what changed; the watch's own path at first */
	char *token;	/* as given to xs_watch() */
};

/* One event comes at once, then one per change at or below path. */
int xs_watch(struct xs *xs, const char *path, const char *token, struct zerr **err);
int xs_unwatch(struct xs *xs, const char *path, const char *token, struct zerr **err);
/* For poll(2). Events may be queued already: drain with timeout 0 before sleeping on it. */
int xs_fd(const struct xs *xs);
/* 1: *ret is filled, release with xs_event_clear(); 0: none within timeout_ms (-1: for ever). */
int xs_next_event(struct xs *xs, int timeout_ms, struct xs_event *ret, struct zerr **err);
void xs_event_clear(struct xs_event *ev);

/* --- domains --- */

int xs_introduce(struct xs *xs, uint32_t domid, uint64_t gfn, uint32_t port, struct zerr **err);
int xs_resume(struct xs *xs, uint32_t domid, struct zerr **err);
int xs_is_introduced(struct xs *xs, uint32_t domid, struct zerr **err);	/* 1, 0 or -1 */
/* The same of many, with one round trip: ret[] is 1 or 0; -1 with nothing in it. */
#define XS_DOMIDS_MAX 64u
int xs_are_introduced(struct xs *xs, const uint32_t *domids, size_t n, bool ret[XS_DOMIDS_MAX],
		      struct zerr **err);

/* A command for the daemon itself ("help"); params are NUL-separated inside len bytes. */
int xs_control(struct xs *xs, const void *params, size_t len, char **ret, struct zerr **err);

#endif
