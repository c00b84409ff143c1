/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store of persistent definitions; see definition.h. A file's name is made from the domain's,
 * and what is inside must name the same domain: a file that was copied by hand is told, not used.
 * Every change is one atomic replacement or is taken back when its second half fails, and is on the
 * disk when it is told to be made.
 */
#include <sys/file.h>

#include <xentools/config.h>
#include <xentools/definition.h>

#include "tools/domain/domain_priv.h"

enum folder { DOMAINS, AUTOSTART };

static const char *const folder_names[] = { "domains", "autostart" };

/* CONFIG_DIR/FOLDER[/NAME.xml] */
static char *path_of(const struct domain_ctx *ctx, enum folder folder, const char *name)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s/%s", ctx->config_dir ? ctx->config_dir : DOMAIN_CONFIG_DIR,
		    folder_names[folder]);
	if (name) {
		strbuf_addch(&sb, '/');
		domain_file_name(&sb, name);
		strbuf_addstr(&sb, ".xml");
	}
	return strbuf_steal(&sb);
}

void definition_clear(struct definition *d)
{
	free(d->text);
	d->text = NULL;
	domain_config_free(&d->cfg);
}

void definition_list_free(struct definition *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		definition_clear(&list[i]);
	free(list);
}

/* 1 read, 0 no such file, -1 error. */
static int load_file(const char *path, struct definition *ret, struct zerr **err)
{
	struct config_diags diags = { .count = 0 };
	struct definition d = { .text = NULL };
	size_t len;
	int rc = fd_read_file(path, CONFIG_FILE_MAX, &d.text, &len);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return domain_file_error(err, "read", path, -rc);
	domain_config_init(&d.cfg);
	rc = config_read_mem(path, d.text, len, NULL, &d.cfg, &diags, err);
	config_diags_free(&diags);
	if (rc == 0 && !d.cfg.uuid_set)
		rc = zerr_set(err, ZERR_BAD_CONFIG, "E203", 0, "%s has no <uuid>", path);
	if (rc != 0) {
		definition_clear(&d);
		return zerr_hint(err, "zl validate %s tells what is wrong with it", path);
	}
	*ret = d;
	return 1;
}

int definition_load(const struct domain_ctx *ctx, const char *name, struct definition *ret,
		    struct zerr **err)
{
	_cleanup_free_ char *path = path_of(ctx, DOMAINS, name);
	_cleanup_free_ char *link = path_of(ctx, AUTOSTART, name);
	struct definition d;
	struct stat st;
	int rc;

	if (!path || !link)
		return zerr_no_memory(err);
	rc = load_file(path, &d, err);
	if (rc != 1)
		return rc;
	if (strcmp(d.cfg.name, name) != 0) {
		zerr_set(err, ZERR_BAD_CONFIG, "E204", 0, "%s is of a domain called \"%s\"", path,
			 d.cfg.name);
		definition_clear(&d);
		return -1;
	}
	d.autostart = lstat(link, &st) == 0;
	*ret = d;
	return 1;
}

/* "web%20one.xml" is "web one"; false for a file that is no definition. */
static bool name_of_file(const char *file, char name[DOMAIN_NAME_MAX + 1])
{
	size_t used = 0, len = strlen(file);
	unsigned int c;

	if (len < 5 || strcmp(file + len - 4, ".xml") != 0 || file[0] == '.')
		return false;
	for (const char *p = file; p < file + len - 4; p++) {
		c = (unsigned char)*p;
		if (*p == '%') {
			if (sscanf(p + 1, "%2x", &c) != 1)
				return false;
			p += 2;
		}
		if (used == DOMAIN_NAME_MAX)
			return false;
		name[used++] = (char)c;
	}
	name[used] = '\0';
	return domain_name_problem(name) == NULL;
}

static int compare_names(const void *a, const void *b)
{
	const struct definition *x = a, *y = b;

	return strcmp(x->cfg.name, y->cfg.name);
}

/* One entry of the folder: 1 loaded, 0 nothing that is to be listed. */
static int load_entry(const struct domain_ctx *ctx, const char *file, struct definition *ret)
{
	char name[DOMAIN_NAME_MAX + 1];
	struct zerr *why = NULL;
	int rc;

	if (!name_of_file(file, name))
		return 0;
	rc = definition_load(ctx, name, ret, &why);
	if (rc < 0)
		domain_warn(ctx, "W903", "%s", why ? why->message : file);
	zerr_free(why);
	return rc == 1;
}

int definition_list(const struct domain_ctx *ctx, struct definition **ret, size_t *n,
		    struct zerr **err)
{
	_cleanup_free_ char *path = path_of(ctx, DOMAINS, NULL);
	_cleanup_closedir_ DIR *dir = path ? opendir(path) : NULL;
	struct definition *list = NULL, *more;
	struct dirent *entry;
	size_t count = 0;

	if (!path)
		return zerr_no_memory(err);
	if (!dir && errno != ENOENT)
		return domain_file_error(err, "read", path, errno);
	while (dir && (entry = readdir(dir)) != NULL) {
		if (count % 32 == 0) {
			more = realloc(list, (count + 32) * sizeof(*list));
			if (!more) {
				definition_list_free(list, count);
				return zerr_no_memory(err);
			}
			list = more;
		}
		count += (size_t)load_entry(ctx, entry->d_name, &list[count]);
	}
	if (count)
		qsort(list, count, sizeof(*list), compare_names);
	*ret = list;
	*n = count;
	return 0;
}

/* The definition with that UUID: 1 found, 0 none, -1 error. */
static int find_uuid(const struct domain_ctx *ctx, const uint8_t uuid[16], struct definition *ret,
		     struct zerr **err)
{
	static const struct definition none;
	struct definition *list;
	int found = 0;
	size_t i, n;

	if (definition_list(ctx, &list, &n, err) != 0)
		return -1;
	for (i = 0; i < n && !found; i++) {
		if (memcmp(list[i].cfg.uuid, uuid, 16) != 0)
			continue;
		*ret = list[i];
		list[i] = none;
		found = 1;
	}
	definition_list_free(list, n);
	return found;
}

int definition_find(const struct domain_ctx *ctx, const char *text, struct definition *ret,
		    struct zerr **err)
{
	uint8_t uuid[16];

	if (strncmp(text, "uuid=", 5) == 0)
		return domain_uuid_parse(text + 5, uuid) == 0 ? find_uuid(ctx, uuid, ret, err) : 0;
	if (strncmp(text, "name=", 5) == 0)
		return definition_load(ctx, text + 5, ret, err);
	if (domain_uuid_parse(text, uuid) == 0)
		return find_uuid(ctx, uuid, ret, err);
	return domain_name_problem(text) ? 0 : definition_load(ctx, text, ret, err);
}

/* ---- changes ---- */

int definition_lock(const struct domain_ctx *ctx, const char *name, int *ret_fd,
		    struct zerr **err)
{
	_cleanup_free_ char *path = path_of(ctx, DOMAINS, name);
	struct stat st;

	for (;;) {
		_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

		if (!path)
			return zerr_no_memory(err);
		if (fd < 0 && errno == ENOENT)
			return zerr_set(err, ZERR_NOT_FOUND, "E702", 0,
					"\"%s\" is not defined", name);
		if (fd < 0)
			return domain_file_error(err, "open", path, errno);
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			if (errno != EWOULDBLOCK)
				return domain_file_error(err, "lock", path, errno);
			zerr_set(err, ZERR_STATE, "E717", 0,
				 "somebody else is changing the definition of \"%s\"", name);
			return zerr_hint(err, "a zl edit may be open; try again when it has ended");
		}
		/* The lock of a file that was replaced meanwhile is worth nothing. */
		if (fstat(fd, &st) == 0 && st.st_nlink > 0) {
			*ret_fd = steal_fd(&fd);
			return 0;
		}
	}
}

/* May cfg be stored under its name? Under the lock; may give it the UUID that it had. */
static int check_conflicts(const struct domain_ctx *ctx, struct domain_config *cfg,
			   const struct definition *old, enum definition_mode mode,
			   struct zerr **err)
{
	_cleanup_definition_ struct definition other = { .text = NULL };
	int rc;

	if (old->text && mode == DEFINITION_REPLACE && !cfg->uuid_set) {
		memcpy(cfg->uuid, old->cfg.uuid, sizeof(cfg->uuid));
		cfg->uuid_set = true;
	}
	if (old->text && mode == DEFINITION_NEW &&
	    (!cfg->uuid_set || memcmp(cfg->uuid, old->cfg.uuid, 16) != 0)) {
		zerr_set(err, ZERR_STATE, "E703", 0, "\"%s\" is already defined, with %s UUID",
			 cfg->name, cfg->uuid_set ? "another" : "its own");
		return zerr_hint(err, "--replace puts this in its place; zl undefine removes it");
	}
	rc = cfg->uuid_set ? find_uuid(ctx, cfg->uuid, &other, err) : 0;
	if (rc == 1 && strcmp(other.cfg.name, cfg->name) != 0) {
		zerr_set(err, ZERR_STATE, "E707", 0, "the definition \"%s\" has the same UUID",
			 other.cfg.name);
		return zerr_hint(err, "leave <uuid> out to get a new one; "
				 "zl rename changes a name");
	}
	return rc < 0 ? -1 : 0;
}

/* Is it the name of what a writer that was killed has left? */
bool definition_half_made(const char *file)
{
	const char *end = strstr(file, ".xml.");

	return end && strlen(end) == strlen(".xml.XXXXXX");
}

/* The caller's lock says that nobody writes now. */
static void remove_leftovers(const char *dir_path)
{
	_cleanup_closedir_ DIR *dir = opendir(dir_path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		if (definition_half_made(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
}

static int write_text(const struct domain_ctx *ctx, const char *name, const char *text,
		      struct zerr **err)
{
	_cleanup_free_ char *dir = path_of(ctx, DOMAINS, NULL), *path = path_of(ctx, DOMAINS, name);
	int rc;

	if (!dir || !path)
		return zerr_no_memory(err);
	rc = fd_mkdir_p(dir, 0755);
	remove_leftovers(dir);
	if (rc == 0)
		rc = fd_write_file_atomic(path, text, strlen(text), 0600);
	return rc < 0 ? domain_file_error(err, "write", path, -rc) : 0;
}

static int save_locked(const struct domain_ctx *ctx, const char *text, struct domain_config *cfg,
		       enum definition_mode mode, int held, struct zerr **err)
{
	_cleanup_definition_ struct definition old = { .text = NULL };
	_cleanup_free_ char *stored = NULL;
	_cleanup_zerr_ struct zerr *why = NULL;
	_cleanup_close_ int lock = -1;
	int rc = definition_load(ctx, cfg->name, &old, &why);

	/* A damaged file may be replaced, but only on purpose. */
	if (rc < 0 && mode != DEFINITION_REPLACE)
		return zerr_pass(err, steal_ptr(why));
	if ((rc != 0 && held < 0 && definition_lock(ctx, cfg->name, &lock, err) != 0) ||
	    check_conflicts(ctx, cfg, &old, mode, err) != 0)
		return -1;
	rc = domain_config_fill_uuid(cfg);
	if (rc < 0)
		return zerr_set(err, ZERR_FAILED, "E932", -rc, "cannot make a random UUID");
	stored = definition_edit_text(text, cfg);
	return stored ? write_text(ctx, cfg->name, stored, err) : zerr_no_memory(err);
}

int definition_save(const struct domain_ctx *ctx, const char *text, struct domain_config *cfg,
		    enum definition_mode mode, int held, struct zerr **err)
{
	_cleanup_close_ int lock = -1;

	if (domain_lock(ctx, &lock, err) != 0)
		return -1;
	return save_locked(ctx, text, cfg, mode, held, err);
}

/* Make the link, or take it away; one that is as wanted is fine. */
static int set_link(const struct domain_ctx *ctx, const char *name, bool on, struct zerr **err)
{
	_cleanup_free_ char *dir = path_of(ctx, AUTOSTART, NULL);
	_cleanup_free_ char *link = path_of(ctx, AUTOSTART, name);
	_cleanup_strbuf_ struct strbuf target = STRBUF_INIT;
	int rc;

	strbuf_addstr(&target, "../domains/");
	domain_file_name(&target, name);
	strbuf_addstr(&target, ".xml");
	if (!dir || !link || target.failed)
		return zerr_no_memory(err);
	if (!on) {
		if (unlink(link) != 0)
			return errno == ENOENT ? 0 : domain_file_error(err, "remove", link, errno);
		rc = fd_sync_parent(link);
		return rc < 0 ? domain_file_error(err, "remove", link, -rc) : 0;
	}
	rc = fd_mkdir_p(dir, 0755);
	if (rc == 0 && symlink(target.buf, link) != 0 && errno != EEXIST)
		rc = -errno;
	if (rc == 0)
		rc = fd_sync_parent(link);
	return rc < 0 ? domain_file_error(err, "make", link, -rc) : 0;
}

/* Both locks, and the definition itself; class ZERR_NOT_FOUND when there is none. */
static int begin_change(const struct domain_ctx *ctx, const char *name, int *global, int *own,
			struct definition *d, struct zerr **err)
{
	int rc;

	if (domain_lock(ctx, global, err) != 0 || definition_lock(ctx, name, own, err) != 0)
		return -1;
	rc = definition_load(ctx, name, d, err);
	return rc == 1 ? 0 : -1;
}

int definition_set_autostart(const struct domain_ctx *ctx, const char *name, bool on,
			     struct zerr **err)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	_cleanup_close_ int global = -1, own = -1;

	if (begin_change(ctx, name, &global, &own, &d, err) != 0)
		return -1;
	return set_link(ctx, name, on, err);
}

/* The damaged ones, too. */
int definition_remove(const struct domain_ctx *ctx, const char *name, struct zerr **err)
{
	_cleanup_free_ char *path = path_of(ctx, DOMAINS, name);
	_cleanup_free_ char *link = path_of(ctx, AUTOSTART, name);
	_cleanup_close_ int global = -1, own = -1;
	struct stat st;
	bool linked;
	int rc;

	if (!path || !link)
		return zerr_no_memory(err);
	if (domain_lock(ctx, &global, err) != 0 || definition_lock(ctx, name, &own, err) != 0)
		return -1;
	linked = lstat(link, &st) == 0;
	if (set_link(ctx, name, false, err) != 0)
		return -1;
	rc = unlink(path) == 0 ? fd_sync_parent(path) : -errno;
	if (rc == 0)
		return 0;
	domain_file_error(err, "remove", path, -rc);
	if (linked)
		set_link(ctx, name, true, NULL);
	return -1;
}

static int rename_locked(const struct domain_ctx *ctx, struct definition *d, const char *to,
			 struct zerr **err)
{
	_cleanup_free_ char *from = path_of(ctx, DOMAINS, d->cfg.name), *text = NULL;
	_cleanup_free_ char *path = path_of(ctx, DOMAINS, to), *old = d->cfg.name;
	int rc;

	d->cfg.name = strdup(to);
	text = d->cfg.name ? definition_edit_text(d->text, &d->cfg) : NULL;
	if (!from || !path || !text)
		return zerr_no_memory(err);
	if (write_text(ctx, to, text, err) != 0)
		goto undo;
	if (d->autostart && set_link(ctx, to, true, err) != 0)
		goto undo;
	if (unlink(from) != 0) {
		domain_file_error(err, "remove", from, errno);
		goto undo;
	}
	/* What is left is a link to nothing at most. */
	set_link(ctx, old, false, NULL);
	rc = fd_sync_parent(from);
	return rc < 0 ? domain_file_error(err, "remove", from, -rc) : 0;
undo:
	set_link(ctx, to, false, NULL);
	unlink(path);
	return -1;
}

/* Classes: ZERR_STATE the name is defined already, ZERR_USAGE it is no name for a domain. */
int definition_rename(const struct domain_ctx *ctx, const char *name, const char *to,
		      struct zerr **err)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	_cleanup_free_ char *path = path_of(ctx, DOMAINS, to);
	_cleanup_close_ int global = -1, own = -1;
	const char *problem = domain_name_problem(to);
	struct stat st;

	if (problem)
		return zerr_set(err, ZERR_USAGE, "E201", 0,
				"the name \"%s\" is not possible: %s", to, problem);
	if (!path)
		return zerr_no_memory(err);
	if (begin_change(ctx, name, &global, &own, &d, err) != 0)
		return -1;
	if (lstat(path, &st) == 0)
		return zerr_set(err, ZERR_STATE, "E703", 0, "\"%s\" is already defined", to);
	return rename_locked(ctx, &d, to, err);
}
