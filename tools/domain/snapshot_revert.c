/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going back to a snapshot. All copies are made beside the disks before the first of them takes a
 * place; then a mark is left, and whoever finds it puts in place what is still beside: who was
 * killed, or lost power, leaves no domain that starts from disks of two moments.
 */
#include <limits.h>
#include <stdlib.h>

#include <xentools/definition.h>
#include <xentools/save.h>

#include "tools/domain/snapshot_priv.h"

/* What has its name already is not taken back. */
void snapshot_sync(const struct domain_ctx *ctx, const char *path)
{
	if (fd_sync_parent(path) < 0)
		domain_warn(ctx, "W715", "after a power cut %s may not be what it is now", path);
}

/* Links are followed: the file itself is replaced, where it is. */
char *snapshot_beside(const char *source)
{
	char real[PATH_MAX];

	return text_printf("%s.snapshot-revert", realpath(source, real) ? real : source);
}

/* The domain that runs: 1, 0 none, -1 error. Without a hypervisor nothing runs. */
int snapshot_running(struct domain_ctx *ctx, const struct definition *d, uint16_t *domid,
		     struct zerr **err)
{
	return ctx->hyp ? domain_find_uuid(ctx, d->cfg.uuid, domid, err) : 0;
}

void image_pairs_free(struct image_pair *pairs, size_t n)
{
	for (size_t i = 0; pairs && i < n; i++) {
		free(pairs[i].from);
		free(pairs[i].to);
	}
	free(pairs);
}

int image_pairs_copy(const struct image_pair *pairs, size_t n, const struct image_copying *how,
		     struct zerr **err)
{
	for (size_t i = 0; i < n; i++) {
		if (!pairs[i].from || image_copy(pairs[i].from, pairs[i].to, how, err) == 0)
			continue;
		while (i-- > 0)
			unlink(pairs[i].to);
		return -1;
	}
	return 0;
}

static struct image_pair *pairs_of(const struct snapshot *s, size_t *n)
{
	struct image_pair *pairs = calloc(s->disk_count + 1, sizeof(*pairs));

	*n = 0;
	for (size_t i = 0; pairs && i < s->disk_count; i++) {
		struct image_pair *p = &pairs[*n];

		if (s->disks[i].left_out)
			continue;
		p->from = snapshot_file(s, s->disks[i].target);
		p->to = snapshot_beside(s->disks[i].source);
		(*n)++;
		if (p->from && p->to)
			continue;
		image_pairs_free(pairs, *n);
		return NULL;
	}
	return pairs;
}

/* In the folder of a domain's snapshots: a link whose text is the name of the one that comes. */
static char *mark_of(const struct domain_ctx *ctx, const struct domain_config *cfg)
{
	return snapshot_path(ctx, cfg, SNAPSHOT_REVERTING, NULL);
}

/*
 * From each pair's to, which is DISK.snapshot-revert, to DISK, but those that are there already.
 * What cannot be is left for who tries again.
 */
static int put_in_place(const struct domain_ctx *ctx, const struct definition *d,
			const struct snapshot *s, const char *mark,
			const struct image_pair *pairs, size_t n, struct zerr **err)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *path = strndup(pairs[i].to, strlen(pairs[i].to) -
						    strlen(".snapshot-revert"));

		if (!path)
			return zerr_no_memory(err);
		if (rename(pairs[i].to, path) == 0)
			snapshot_sync(ctx, path);
		else if (errno != ENOENT || access(path, F_OK) != 0)
			return domain_file_error(err, "replace", path, errno);
	}
	snapshot_set_current(ctx, d, s->name);
	unlink(mark);
	snapshot_sync(ctx, mark);
	domain_log(ctx, &ZLOG_ABOUT(ZLOG_INFO, d->cfg.name, d->cfg.uuid, "snapshot"),
		   "reverted to snapshot %s", s->name);
	return 0;
}

/* All copies are there: from here on there is no way back. */
static int set_mark(const struct domain_ctx *ctx, const char *mark, const struct snapshot *s,
		    struct zerr **err)
{
	if (!mark)
		return zerr_no_memory(err);
	if (symlink(s->name, mark) != 0)
		return domain_file_error(err, "make", mark, errno);
	snapshot_sync(ctx, mark);
	return 0;
}

static __attribute__((noinline)) int finish(const struct domain_ctx *ctx, const char *mark,
					    const struct domain_config *cfg, struct zerr **err)
{
	const struct definition d = { .cfg = *cfg };
	_cleanup_snapshot_ struct snapshot s = { .name = NULL };
	struct image_pair *pairs;
	char name[PATH_MAX];
	ssize_t len = readlink(mark, name, sizeof(name) - 1);
	size_t n;
	int rc;

	name[MAX(len, 0)] = '\0';
	if (snapshot_find(ctx, &d, name, &s, err) != 0)
		return zerr_context(err, "going back to a snapshot had begun", name);
	pairs = pairs_of(&s, &n);
	rc = pairs ? put_in_place(ctx, &d, &s, mark, pairs, n, err) : zerr_no_memory(err);
	image_pairs_free(pairs, n);
	return rc;
}

/* On the way of each start. */
int snapshot_finish(const struct domain_ctx *ctx, const struct domain_config *cfg,
		    struct zerr **err)
{
	_cleanup_free_ char *mark = mark_of(ctx, cfg);
	char first;

	if (!mark)
		return zerr_no_memory(err);
	return readlink(mark, &first, 1) != 1 ? 0 : finish(ctx, mark, cfg, err);
}

int snapshot_finish_alone(const struct domain_ctx *ctx, const struct definition *d,
			  struct zerr **err)
{
	_cleanup_close_ int lock = -1;

	return domain_lock(ctx, &lock, err) != 0 ? -1 : snapshot_finish(ctx, &d->cfg, err);
}

/* Nobody starts it while the lock is held. */
static int replace(struct domain_ctx *ctx, const struct definition *d, const struct snapshot *s,
		   const struct image_pair *pairs, size_t n, bool force, struct zerr **err)
{
	_cleanup_free_ char *mark = mark_of(ctx, &d->cfg);
	_cleanup_close_ int lock = -1;
	uint16_t domid;
	int rc = snapshot_running(ctx, d, &domid, err);

	if (rc == 1 && force)
		rc = domain_destroy(ctx, domid, err);
	if (rc == 0)
		rc = domain_lock(ctx, &lock, err);
	if (rc == 0)
		rc = snapshot_running(ctx, d, &domid, err);
	if (rc == 1)
		rc = zerr_set(err, ZERR_STATE, "E704", 0, "it runs");
	if (rc == 0)
		rc = set_mark(ctx, mark, s, err);
	for (size_t i = 0; i < n && rc != 0; i++)
		unlink(pairs[i].to);
	if (rc != 0 || put_in_place(ctx, d, s, mark, pairs, n, err) == 0)
		return rc;
	return zerr_hint(err, "some of its disks may be as in the snapshot already: its next start, "
			 "or zl check --repair, does the rest");
}

static int check_revert(struct domain_ctx *ctx, const struct definition *d,
			const struct snapshot *s, bool force, struct zerr **err)
{
	uint16_t domid;
	int rc;

	if (memcmp(s->uuid, d->cfg.uuid, sizeof(s->uuid)) != 0)
		return zerr_set(err, ZERR_STATE, "E707", 0,
				"the snapshot is of another domain of that name");
	if (managed_save_exists(ctx, d->cfg.name)) {
		zerr_set(err, ZERR_STATE, "E729", 0, "it has a saved state, which is of its disks "
			 "as they are");
		return zerr_hint(err, "zl start lets it go on from there, start --fresh drops it");
	}
	rc = snapshot_running(ctx, d, &domid, err);
	if (rc == 1 && !force) {
		rc = zerr_set(err, ZERR_STATE, "E704", 0, "it runs");
		zerr_hint(err, "zl shutdown ends it; --force destroys it");
	}
	return rc < 0 ? -1 : 0;
}

int snapshot_revert(struct domain_ctx *ctx, const struct definition *d, const struct snapshot *s,
		    const struct snapshot_opts *opts, struct zerr **err)
{
	struct image_pair *pairs;
	size_t n;
	int rc;

	if (check_revert(ctx, d, s, opts->force, err) != 0)
		return -1;
	if (!opts->dry_run && snapshot_finish_alone(ctx, d, err) != 0)
		return -1;
	pairs = pairs_of(s, &n);
	if (!pairs)
		return zerr_no_memory(err);
	rc = image_check_room(pairs, n, err);
	if (rc == 0 && !opts->dry_run) {
		for (size_t i = 0; i < n; i++)
			unlink(pairs[i].to);	/* of one that was killed */
		rc = image_pairs_copy(pairs, n, &opts->copying, err);
		if (rc == 0)
			rc = replace(ctx, d, s, pairs, n, opts->force, err);
	}
	image_pairs_free(pairs, n);
	return rc;
}
