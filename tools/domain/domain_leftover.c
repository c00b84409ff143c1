/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left of domains that are gone: store nodes, back-ends and state files whose domain the
 * hypervisor does not know, and domains whose maker was killed. Ids are never taken again soon, so
 * a domain that is not there at two looks is gone; one that is being restarted has a note of it.
 * And the files of changes that did not end: a writer that is at work holds a lock.
 */
#include <sys/file.h>

#include <xentools/snapshot.h>

#include "tools/domain/domain_priv.h"

#define SECOND_LOOK_NS 300000000	/* between the end of a domain and that of its nodes */

/* A growing set of ids. */
struct ids {
	uint16_t *list;
	size_t n;
};

static int add_id(struct ids *ids, uint16_t id, struct zerr **err)
{
	uint16_t *more;

	for (size_t i = 0; i < ids->n; i++)
		if (ids->list[i] == id)
			return 0;
	more = realloc(ids->list, (ids->n + 1) * sizeof(*more));
	if (!more)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "no memory");
	ids->list = more;
	more[ids->n++] = id;
	return 0;
}

/* The ids that are names of a store directory's children. */
static int add_children(struct domain_ctx *ctx, const char *path, struct ids *ids,
			struct zerr **err)
{
	_cleanup_free_ char **names = NULL;
	uint32_t id;
	size_t n = 0;

	if (xs_directory(ctx->xs, XS_NO_TX, path, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (parse_domid(names[i], &id) == 0 && id != 0 &&
		    add_id(ids, (uint16_t)id, err) != 0)
			return -1;
	return 0;
}

static int add_store(struct domain_ctx *ctx, struct ids *ids, struct zerr **err)
{
	static const char backends[] = "/local/domain/0/backend";
	_cleanup_free_ char **kinds = NULL;
	char path[sizeof(backends) + 300];
	size_t n = 0;

	if (!ctx->xs)
		return 0;
	if (add_children(ctx, "/local/domain", ids, err) != 0 ||
	    add_children(ctx, "/libxl", ids, err) != 0 ||
	    xs_directory(ctx->xs, XS_NO_TX, backends, &kinds, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", backends, kinds[i]);
		if (add_children(ctx, path, ids, err) != 0)
			return -1;
	}
	return 0;
}

/* State files but those of domains that the monitor is about to start again. */
static int add_states(struct domain_ctx *ctx, struct ids *ids, struct zerr **err)
{
	_cleanup_free_ uint16_t *files = NULL;
	struct domain_state s;
	size_t n = 0;

	if (domain_state_scan(ctx, &files, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		bool pending = domain_state_load(ctx, files[i], &s, NULL) == 1;

		if (pending) {
			pending = s.restart_pending;
			domain_state_clear(&s);
		}
		if (!pending && add_id(ids, files[i], err) != 0)
			return -1;
	}
	return 0;
}

/* Drop the ids of domains that exist. */
static int keep_gone(struct domain_ctx *ctx, struct ids *ids, struct zerr **err)
{
	struct hyp_domain_info info;
	size_t kept = 0;

	for (size_t i = 0; i < ids->n; i++) {
		int rc = hyp_domain_info(ctx->hyp, ids->list[i], &info, err);

		if (rc < 0)
			return -1;
		if (rc == 0)
			ids->list[kept++] = ids->list[i];
	}
	ids->n = kept;
	return 0;
}

static int look(struct domain_ctx *ctx, struct ids *ids, struct zerr **err)
{
	if (add_store(ctx, ids, err) != 0 || add_states(ctx, ids, err) != 0)
		return -1;
	return keep_gone(ctx, ids, err);
}

/* Those that both looks found. */
static void keep_common(struct ids *a, const struct ids *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (a->list[i] == b->list[k]) {
				a->list[kept++] = a->list[i];
				break;
			}
	a->n = kept;
}

int domain_leftovers(struct domain_ctx *ctx, uint16_t **ret, size_t *n, struct zerr **err)
{
	const struct timespec pause = { .tv_nsec = SECOND_LOOK_NS };
	struct ids first = { 0 }, second = { 0 };
	int rc = look(ctx, &first, err);

	if (rc == 0 && first.n > 0) {
		nanosleep(&pause, NULL);
		rc = look(ctx, &second, err);
		keep_common(&first, &second);
	}
	free(second.list);
	if (rc != 0) {
		free(first.list);
		return -1;
	}
	*ret = first.list;
	*n = first.n;
	return 0;
}

int domain_leftovers_remove(struct domain_ctx *ctx, const uint16_t *ids, size_t n,
			    struct zerr **err)
{
	int rc = domain_recover(ctx, err);

	for (size_t i = 0; i < n; i++)
		if (domain_remove(ctx, ids[i], NULL, false, err) != 0)
			rc = -1;
	return rc;
}

/* ---- files ---- */

static bool is_half_written(int dir UNUSED, const char *file)
{
	return definition_half_made(file);
}

static bool leads_nowhere(int dir, const char *file)
{
	char target[8];

	return readlinkat(dir, file, target, sizeof(target)) > 0 &&
	       faccessat(dir, file, F_OK, 0) != 0;
}

/* A dump that is under way holds its file's lock. */
static bool is_part_of_core(int dir, const char *file)
{
	const char *end = strrchr(file, '.');
	_cleanup_close_ int fd = -1;

	if (!end || strcmp(end, ".part") != 0)
		return false;
	fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void tidy_folder(const char *base, const char *sub, bool (*is)(int dir, const char *file),
			bool remove, struct strbuf *ret)
{
	_cleanup_free_ char *path = text_printf("%s%s", base, sub);
	_cleanup_closedir_ DIR *dir = path ? opendir(path) : NULL;
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL) {
		if (!is(dirfd(dir), e->d_name))
			continue;
		strbuf_addf(ret, "%s/%s\n", path, e->d_name);
		if (remove)
			unlinkat(dirfd(dir), e->d_name, 0);
	}
}

int domain_half_made(const struct domain_ctx *ctx, bool remove, struct strbuf *ret,
		     struct zerr **err)
{
	const char *config = ctx->config_dir ? ctx->config_dir : DOMAIN_CONFIG_DIR;
	struct domain_ctx quiet = *ctx;
	_cleanup_close_ int lock = -1;
	struct definition *list;
	size_t n;

	quiet.warn = NULL;	/* others tell of damaged files */
	if (domain_lock(ctx, &lock, err) != 0 || definition_list(&quiet, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		snapshot_tidy(&quiet, &list[i], remove, ret);
	definition_list_free(list, n);
	tidy_folder(config, "/domains", is_half_written, remove, ret);
	tidy_folder(config, "/autostart", leads_nowhere, remove, ret);
	tidy_folder(ctx->dump_dir ? ctx->dump_dir : DOMAIN_DUMP_DIR, "", is_part_of_core, remove,
		    ret);
	tidy_folder(ctx->save_dir ? ctx->save_dir : DOMAIN_SAVE_DIR, "", is_part_of_core, remove,
		    ret);
	return ret->failed ? zerr_no_memory(err) : 0;
}
