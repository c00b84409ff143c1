/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up power: a daemon opens what it needs as root, then becomes a user of its own without
 * capabilities, limited in memory and in system calls. Not started as root (tests), a daemon has
 * nothing to give up but core files and new privileges, and stays as it is.
 */
#ifndef XENTOOLS_CONFINE_H
#define XENTOOLS_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <xentools/error.h>

/* Text of oom_score_adj for what guests cannot do without; units and zl-services have it, too. */
#define OOM_SPARED "-900"

struct confine_user {
	uid_t uid;		/* (uid_t)-1: not root, nothing changes */
	gid_t gid;
};

/* The user of that name, or nobody (with a warning) on a machine that has none. */
void confine_user_find(const char *name, struct confine_user *ret);

/*
 * Give that user a file in a directory which is his already. -EINVAL: it is no regular file;
 * -EMLINK: it has another name, and may be anybody's whom a captured daemon was after. 0 or -errno.
 */
int confine_give_file(int dir_fd, const char *name, const struct confine_user *user) MUST_CHECK;

/*
 * Become that user for good, with at most `memory` bytes, the system calls of the base list and
 * the n more. Other calls fail with EPERM.
 */
int confine(const struct confine_user *user, size_t memory, const int *calls, size_t n,
	    struct zerr **err) MUST_CHECK;

/*
 * For a daemon that must stay root: no core files, no new privileges, none of those that its work
 * and its programs' do not need, at most `memory` bytes of data. That limit is its own, a soft
 * one: hotplug.c lifts it for what it starts.
 */
int confine_root(size_t memory, struct zerr **err) MUST_CHECK;

/* The last part of confine() alone: 0 or -errno. PR_SET_NO_NEW_PRIVS must be set. */
int confine_calls(const int *calls, size_t n) MUST_CHECK;

#endif
