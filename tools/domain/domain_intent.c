/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which domains are being made. Before a domain exists its maker puts a file with its UUID into
 * RUN_DIR/building and keeps it locked until the domain runs or is undone. A file that nobody
 * locks tells of a maker that was killed: whatever has that UUID is removed by the next who looks.
 * Files are made and recovered under the lock of domain_lock(); they are taken away without it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xentools/fd_util.h>

#include "tools/domain/domain_priv.h"

static char *intent_path(const struct domain_ctx *ctx, const char *uuid)
{
	char *path;

	return asprintf(&path, "%s/building%s%s", domain_run_dir(ctx), uuid ? "/" : "",
			uuid ? uuid : "") < 0 ? NULL : path;
}

/* Announce a domain before it is made; *ret_fd is for domain_intent_end(). */
int domain_intent_begin(const struct domain_ctx *ctx, const char *uuid, int *ret_fd,
			struct zerr **err)
{
	_cleanup_free_ char *dir = intent_path(ctx, NULL), *path = intent_path(ctx, uuid);
	_cleanup_close_ int fd = -1;

	if (!dir || !path)
		return zerr_no_memory(err);
	fd_mkdir_p(dir, 0755);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (fd >= 0 && errno == EWOULDBLOCK)
			return zerr_set(err, ZERR_STATE, "E707", 0,
					"a domain with this UUID is being created");
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot make %s", path);
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* The domain runs, or is undone. fd -1: never begun. */
void domain_intent_end(const struct domain_ctx *ctx, const char *uuid, int fd)
{
	_cleanup_free_ char *path = intent_path(ctx, uuid);

	if (fd < 0)
		return;
	/* In this order: who gets the lock finds a file that is no longer linked. */
	if (path)
		unlink(path);
	close(fd);
}

/* Was the maker of this file killed? */
static bool is_orphan(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
	       st.st_nlink > 0;
}

static int remove_orphan(struct domain_ctx *ctx, const char *path, const char *uuid_text,
			 struct zerr **err)
{
	_cleanup_free_ struct hyp_domain_info *infos = NULL;
	uint8_t uuid[16];
	size_t i, n;

	if (domain_uuid_parse(uuid_text, uuid) != 0) {
		unlink(path);
		return 0;
	}
	if (hyp_domain_list(ctx->hyp, &infos, &n, err) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (infos[i].domid == 0 || memcmp(infos[i].uuid, uuid, sizeof(uuid)) != 0)
			continue;
		if (domain_remove(ctx, infos[i].domid, uuid_text, false, err) != 0)
			return -1;
	}
	unlink(path);
	return 0;
}

static int recover_all(struct domain_ctx *ctx, const char *dir_path, DIR *dir, struct zerr **err)
{
	struct dirent *entry;
	char path[512];

	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name) >=
		    (int)sizeof(path))
			continue;
		if (is_orphan(path) && remove_orphan(ctx, path, entry->d_name, err) != 0)
			return -1;
	}
	return 0;
}

/* Remove half-made domains; the caller holds domain_lock(). */
int domain_recover_locked(struct domain_ctx *ctx, struct zerr **err)
{
	_cleanup_free_ char *path = intent_path(ctx, NULL);
	_cleanup_closedir_ DIR *dir = NULL;

	if (!path)
		return zerr_no_memory(err);
	dir = opendir(path);
	return dir ? recover_all(ctx, path, dir, err) : 0;
}

/* "." and ".." are always there. */
static bool nobody_builds(const struct domain_ctx *ctx)
{
	_cleanup_free_ char *path = intent_path(ctx, NULL);
	_cleanup_closedir_ DIR *dir = path ? opendir(path) : NULL;
	size_t entries = 0;

	while (dir && readdir(dir))
		entries++;
	return entries <= 2;
}

int domain_recover(struct domain_ctx *ctx, struct zerr **err)
{
	_cleanup_close_ int lock = -1;

	if (nobody_builds(ctx))
		return 0;
	if (domain_lock(ctx, &lock, err) != 0)
		return -1;
	return domain_recover_locked(ctx, err);
}
