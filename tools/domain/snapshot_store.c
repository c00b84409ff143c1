/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders of snapshots: where they are, what snapshot.xml says, which is the current one, and
 * their end. Names that begin with a dot are no snapshots: .current is a link to one, the others
 * are what is being made or removed.
 */
#include <xentools/config.h>
#include <xentools/str_table.h>

#include "tools/config/format.h"
#include "tools/config/xml_tree.h"
#include "tools/domain/snapshot_priv.h"

#define META "snapshot.xml"
#define META_MAX (1u << 20)

const char *const snapshot_state_words[SNAPSHOT_STATES] = { "shutoff", "disk-snapshot", "running" };

char *snapshot_path(const struct domain_ctx *ctx, const struct domain_config *cfg,
		    const char *prefix, const char *name)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s/", cfg->snapshot_dir ? cfg->snapshot_dir :
		    ctx->snapshot_dir ? ctx->snapshot_dir : DOMAIN_SNAPSHOT_DIR);
	domain_file_name(&sb, cfg->name);
	if (prefix)
		strbuf_addf(&sb, "/%s", prefix);
	if (name)
		domain_file_name(&sb, name);
	return strbuf_steal(&sb);
}

char *snapshot_file(const struct snapshot *s, const char *file)
{
	return text_printf("%s/%s", s->dir, file);
}

void snapshot_clear(struct snapshot *s)
{
	for (size_t i = 0; i < s->disk_count; i++)
		free(s->disks[i].source);
	free(s->disks);
	free(s->name);
	free(s->parent);
	free(s->description);
	free(s->dir);
	*s = (struct snapshot){ .name = NULL };
}

void snapshot_list_free(struct snapshot *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snapshot_clear(&list[i]);
	free(list);
}

/* ---- snapshot.xml ---- */

int snapshot_write(const struct snapshot *s, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_free_ char *path = snapshot_file(s, META);
	char uuid[DOMAIN_UUID_TEXT];
	int rc;

	domain_uuid_format(s->uuid, uuid);
	strbuf_addf(&sb, "<snapshot domain='%s' created='%llu' state='%s'%s>\n", uuid,
		    (unsigned long long)s->created_ns, snapshot_state_words[s->state],
		    s->quiesced ? " quiesced='yes'" : "");
	format_value(&sb, "  <name>", s->name, "</name>\n");
	format_value(&sb, "  <parent>", s->parent, "</parent>\n");
	format_value(&sb, "  <description>", s->description, "</description>\n");
	for (size_t i = 0; i < s->disk_count; i++) {
		const struct snapshot_disk *d = &s->disks[i];

		strbuf_addf(&sb, "  <disk target='%s' format='%s' size='%llu' copy='%s'", d->target,
			    disk_format_name(d->format), (unsigned long long)d->bytes,
			    d->left_out ? "no" : "yes");
		format_value(&sb, " source='", d->source, "'");
		strbuf_addstr(&sb, "/>\n");
	}
	strbuf_addstr(&sb, "</snapshot>\n");
	if (!path || sb.failed)
		return zerr_no_memory(err);
	rc = fd_write_file_atomic(path, sb.buf, sb.len, 0600);
	return rc < 0 ? domain_file_error(err, "write", path, -rc) : 0;
}

static int read_disk(const struct xml_node *n, struct snapshot_disk *d)
{
	const char *target = xml_attr_get(n, "target"), *format = xml_attr_get(n, "format");
	const char *size = xml_attr_get(n, "size"), *source = xml_attr_get(n, "source");
	const char *copy = xml_attr_get(n, "copy");
	unsigned int number;

	if (!target || !format || !size || !copy || disk_target_number(target, &number) != 0 ||
	    parse_u64(size, 0, UINT64_MAX, &d->bytes) != 0)
		return -EINVAL;
	snprintf(d->target, sizeof(d->target), "%s", target);
	for (d->format = DISK_RAW; strcmp(disk_format_name(d->format), format) != 0; d->format++)
		if (d->format == DISK_VPC)
			return -EINVAL;
	d->left_out = strcmp(copy, "yes") != 0;
	if (!source)
		return d->left_out ? 0 : -EINVAL;
	d->source = strdup(source);
	return d->source ? 0 : -ENOMEM;
}

static int read_text(const struct xml_node *root, const char *name, char **ret)
{
	const struct xml_node *n = xml_child(root, name);

	*ret = n ? strdup(n->text) : NULL;
	return n && !*ret ? -ENOMEM : 0;
}

static int read_root(const struct xml_node *root, struct snapshot *s)
{
	const char *uuid = xml_attr_get(root, "domain"), *state = xml_attr_get(root, "state");
	const char *created = xml_attr_get(root, "created");
	size_t n = 0;
	int rc;

	if (!uuid || !state || !created || domain_uuid_parse(uuid, s->uuid) != 0 ||
	    parse_u64(created, 0, UINT64_MAX, &s->created_ns) != 0)
		return -EINVAL;
	for (s->state = 0; strcmp(snapshot_state_words[s->state], state) != 0; s->state++)
		if (s->state + 1 == SNAPSHOT_STATES)
			return -EINVAL;
	s->quiesced = xml_attr_get(root, "quiesced") != NULL;
	if (read_text(root, "name", &s->name) != 0 || read_text(root, "parent", &s->parent) != 0 ||
	    read_text(root, "description", &s->description) != 0)
		return -ENOMEM;
	for (const struct xml_node *c = root->first; c; c = c->next)
		n += strcmp(c->name, "disk") == 0;
	s->disks = calloc(n + 1, sizeof(*s->disks));
	if (!s->disks)
		return -ENOMEM;
	for (const struct xml_node *c = root->first; c; c = c->next) {
		if (strcmp(c->name, "disk") != 0)
			continue;
		rc = read_disk(c, &s->disks[s->disk_count++]);
		if (rc != 0)
			return rc;
	}
	return s->name ? 0 : -EINVAL;
}

/* ret->dir, which it takes over, is set. 1 read, 0 there is none, -1 error. */
static int load(struct snapshot *ret, struct zerr **err)
{
	_cleanup_free_ char *path = snapshot_file(ret, META), *text = NULL;
	struct config_diags diags = { .count = 0 };
	struct xml_tree tree;
	size_t len;
	int rc = path ? fd_read_file(path, META_MAX, &text, &len) : -ENOMEM;

	if (rc == 0) {
		rc = xml_read(text, len, &tree, &diags);
		if (rc == 0)
			rc = read_root(tree.root, ret);
		xml_tree_free(&tree);
		config_diags_free(&diags);
	}
	if (rc == 0)
		return 1;
	if (rc == -EINVAL)
		zerr_set(err, ZERR_BAD_CONFIG, "E204", 0, "%s is damaged", path);
	else if (rc != -ENOENT)
		domain_file_error(err, "read", path ? path : META, -rc);
	snapshot_clear(ret);
	return rc == -ENOENT || rc == -ENOTDIR ? 0 : -1;
}

/* ---- which there are ---- */

static bool is_current(const struct domain_ctx *ctx, const struct definition *d, const char *file)
{
	_cleanup_free_ char *link = snapshot_path(ctx, &d->cfg, ".current", NULL);
	char target[3 * DOMAIN_NAME_MAX + 2];
	ssize_t n = link ? readlink(link, target, sizeof(target)) : -1;

	return n > 0 && (size_t)n == strlen(file) && memcmp(target, file, (size_t)n) == 0;
}

/* name NULL: there is none any more. */
int snapshot_set_current(const struct domain_ctx *ctx, const struct definition *d,
			 const char *name)
{
	_cleanup_free_ char *link = snapshot_path(ctx, &d->cfg, ".current", NULL);
	_cleanup_free_ char *new = snapshot_path(ctx, &d->cfg, ".current.new", NULL);
	_cleanup_strbuf_ struct strbuf target = STRBUF_INIT;

	if (!link || !new)
		return -ENOMEM;
	unlink(new);
	if (!name)
		return unlink(link) == 0 || errno == ENOENT ? 0 : -errno;
	domain_file_name(&target, name);
	if (symlink(strbuf_cstr(&target), new) != 0 || rename(new, link) != 0)
		return -errno;
	return fd_sync_parent(link);
}

static int by_time(const void *a, const void *b)
{
	const struct snapshot *x = a, *y = b;

	return x->created_ns != y->created_ns ? (x->created_ns < y->created_ns ? -1 : 1) :
		strcmp(x->name, y->name);
}

int snapshot_list(const struct domain_ctx *ctx, const struct definition *d,
		  struct snapshot **ret, size_t *n, struct zerr **err)
{
	_cleanup_free_ char *path = snapshot_path(ctx, &d->cfg, NULL, NULL);
	_cleanup_closedir_ DIR *dir = path ? opendir(path) : NULL;
	struct snapshot *list = NULL, *more;
	struct dirent *e;
	size_t count = 0;

	if (!path)
		return zerr_no_memory(err);
	if (!dir && errno != ENOENT && errno != ENOTDIR)
		return domain_file_error(err, "read", path, errno);
	while (dir && (e = readdir(dir)) != NULL) {
		_cleanup_zerr_ struct zerr *why = NULL;
		struct snapshot s = { .dir = NULL };
		int rc;

		if (e->d_name[0] == '.')
			continue;
		s.dir = text_printf("%s/%s", path, e->d_name);
		more = s.dir ? realloc(list, (count + 1) * sizeof(*list)) : NULL;
		if (!more) {
			free(s.dir);
			snapshot_list_free(list, count);
			return zerr_no_memory(err);
		}
		list = more;
		rc = load(&s, &why);
		if (rc < 0)
			domain_warn(ctx, "W903", "%s", why ? why->message : e->d_name);
		if (rc != 1)
			continue;
		s.current = is_current(ctx, d, e->d_name);
		list[count++] = s;
	}
	if (count > 0)
		qsort(list, count, sizeof(*list), by_time);
	*ret = list;
	*n = count;
	return 0;
}

int snapshot_find(const struct domain_ctx *ctx, const struct definition *d, const char *name,
		  struct snapshot *ret, struct zerr **err)
{
	struct snapshot s = { .dir = snapshot_path(ctx, &d->cfg, "", name) };
	int rc;

	if (!s.dir)
		return zerr_no_memory(err);
	rc = load(&s, err);
	if (rc == 0) {
		zerr_set(err, ZERR_NOT_FOUND, "E727", 0, "it has no snapshot \"%s\"", name);
		return zerr_hint(err, "zl snapshot list shows them");
	}
	if (rc < 0)
		return -1;
	s.current = is_current(ctx, d, strrchr(s.dir, '/') + 1);
	*ret = s;
	return 0;
}

/* ---- their end ---- */

/* A folder with files in it, or a file, or a link, which is not followed. */
int snapshot_remove_tree(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (dir)
		fd = -1;
	else
		return unlink(path) == 0 ? 0 : -errno;
	while ((e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    unlinkat(dirfd(dir), e->d_name, 0) != 0)
			return -errno;
	return rmdir(path) == 0 ? 0 : -errno;
}

/* Those that came from it get its parent. */
static int adopt(const struct domain_ctx *ctx, const struct definition *d,
		 const struct snapshot *gone, struct zerr **err)
{
	struct snapshot *list;
	size_t n;
	int rc = snapshot_list(ctx, d, &list, &n, err);

	if (rc != 0)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (!list[i].parent || strcmp(list[i].parent, gone->name) != 0)
			continue;
		free(list[i].parent);
		list[i].parent = gone->parent ? strdup(gone->parent) : NULL;
		rc = gone->parent && !list[i].parent ? zerr_no_memory(err) :
			snapshot_write(&list[i], err);
	}
	snapshot_list_free(list, n);
	return rc;
}

int snapshot_delete(const struct domain_ctx *ctx, const struct definition *d, const char *name,
		    struct zerr **err)
{
	_cleanup_free_ char *base = snapshot_path(ctx, &d->cfg, NULL, NULL);
	_cleanup_free_ char *old = snapshot_path(ctx, &d->cfg, ".old-", name);
	_cleanup_snapshot_ struct snapshot s = { .name = NULL };
	int rc;

	if (!base || !old)
		return zerr_no_memory(err);
	snapshot_remove_tree(old);
	if (snapshot_finish_alone(ctx, d, err) != 0 ||
	    snapshot_find(ctx, d, name, &s, err) != 0 || adopt(ctx, d, &s, err) != 0)
		return -1;
	rc = s.current ? snapshot_set_current(ctx, d, s.parent) : 0;
	if (rc == 0 && rename(s.dir, old) != 0)
		rc = -errno;
	if (rc == 0)
		rc = fd_sync_parent(old);
	if (rc == 0)
		rc = snapshot_remove_tree(old);
	if (rc < 0)
		return domain_file_error(err, "remove", s.dir, -rc);
	rmdir(base);		/* if it was the last one */
	return 0;
}

/* ---- what was left half made ---- */

static void tidy_one(const char *path, bool remove, struct strbuf *ret)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return;
	strbuf_addf(ret, "%s\n", path);
	if (remove)
		snapshot_remove_tree(path);
}

static void tidy_folder(const char *base, bool (*is)(const char *file), bool remove,
			struct strbuf *ret)
{
	_cleanup_closedir_ DIR *dir = opendir(base);
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL) {
		_cleanup_free_ char *path = is(e->d_name) ?
			text_printf("%s/%s", base, e->d_name) : NULL;

		if (path)
			tidy_one(path, remove, ret);
	}
}

static bool is_unfinished(const char *file)
{
	return file[0] == '.' && strcmp(file, ".") != 0 && strcmp(file, "..") != 0 &&
	       strcmp(file, ".current") != 0;
}

void snapshot_tidy(const struct domain_ctx *ctx, const struct definition *d, bool remove,
		   struct strbuf *ret)
{
	_cleanup_free_ char *base = snapshot_path(ctx, &d->cfg, NULL, NULL);
	_cleanup_zerr_ struct zerr *why = NULL;
	_cleanup_close_ int lock = -1;
	struct snapshot *list;
	size_t n;

	if (!base || access(base, F_OK) != 0 ||
	    definition_lock(ctx, d->cfg.name, &lock, &why) != 0 ||
	    (remove && snapshot_finish(ctx, &d->cfg, &why) != 0) ||
	    snapshot_list(ctx, d, &list, &n, &why) != 0)
		return;
	tidy_folder(base, is_unfinished, remove, ret);
	for (size_t i = 0; i < n; i++) {
		tidy_folder(list[i].dir, definition_half_made, remove, ret);
		for (size_t k = 0; k < list[i].disk_count; k++) {
			const struct snapshot_disk *disk = &list[i].disks[k];
			_cleanup_free_ char *path = disk->left_out ? NULL :
				snapshot_beside(disk->source);

			if (path)
				tidy_one(path, remove, ret);
		}
	}
	snapshot_list_free(list, n);
	rmdir(base);
}
