/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running domain to another host: two programs speak through a pair of pipes, whatever carries
 * them. docs/migration.md has the messages, and what becomes of the guest when the line is cut.
 */
#ifndef XENTOOLS_MIGRATE_H
#define XENTOOLS_MIGRATE_H

#include <xentools/save.h>

struct migrate_opts {
	int in, out;				/* from the other side, and to it */
	int fd;					/* ends it when it is readable; -1: none */
	const char *host;			/* the other side, for messages */
	/* to send one: */
	const char *config_text;		/* there in the place of its own; NULL: that */
	bool paused;				/* it stays so there */
	bool dry_run;				/* only what both sides can check before */
	bool live;				/* its memory goes while it runs */
	uint64_t downtime_ms;			/* then it stops for about so long */
	/*
	 * A round of that begins, 0: it is about to stop. In the one before, the guest wrote to
	 * pages at so many bytes a second. May be NULL.
	 */
	void (*round)(void *arg, unsigned int round, uint64_t dirtied);
	uint64_t rate;				/* bytes a second at most; 0: as it goes */
	int timeout_ms;				/* of all; -1: none, but see W720 */
	int suspend_ms;				/* for the guest to suspend */
	save_progress_fn *progress;		/* may be NULL */
	void *arg;
};

struct migrate_result {
	uint64_t bytes;				/* sent */
	uint64_t early_bytes;			/* of these, while it ran */
	unsigned int rounds;			/* in which they were */
	uint64_t down_ns;			/* between suspended here and running there */
};

/*
 * Send a domain. Whatever fails before the other side has all of it and says so, the guest goes on
 * here. Classes: those of domain_save() and, there, domain_create(); ZERR_FAILED the line is cut or
 * the other side speaks something else; ZERR_TIMEOUT, ZERR_INTERRUPTED.
 */
int domain_migrate(struct domain_ctx *ctx, uint16_t domid, const struct migrate_opts *opts,
		   struct migrate_result *ret, struct zerr **err);
/*
 * Take one. It does not run before its sender has said that his is gone. *told: the sender knows
 * the error.
 */
int domain_migrate_receive(struct domain_ctx *ctx, const struct migrate_opts *opts, bool *told,
			   struct zerr **err);

#endif
