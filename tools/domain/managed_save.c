/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved states that belong to definitions: SAVE_DIR/NAME.save, of which a start takes the guest. */
#include <xentools/definition.h>
#include <xentools/save.h>

#include "tools/domain/domain_priv.h"

char *managed_save_path(const struct domain_ctx *ctx, const char *name, struct zerr **err)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s/", ctx->save_dir ? ctx->save_dir : DOMAIN_SAVE_DIR);
	domain_file_name(&sb, name);
	strbuf_addstr(&sb, ".save");
	if (sb.failed)
		zerr_no_memory(err);
	return strbuf_steal(&sb);
}

bool managed_save_exists(const struct domain_ctx *ctx, const char *name)
{
	_cleanup_free_ char *path = managed_save_path(ctx, name, NULL);

	return path && access(path, F_OK) == 0;
}

int managed_save_remove(const struct domain_ctx *ctx, const char *name, struct zerr **err)
{
	_cleanup_free_ char *path = managed_save_path(ctx, name, err);

	if (!path)
		return -1;
	if (unlink(path) != 0 && errno != ENOENT)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot remove %s", path);
	(void)!fd_sync_parent(path);
	return 0;
}

int managed_save_rename(const struct domain_ctx *ctx, const char *name, const char *to,
			struct zerr **err)
{
	_cleanup_free_ char *from = managed_save_path(ctx, name, err);
	_cleanup_free_ char *into = managed_save_path(ctx, to, err);

	if (!from || !into)
		return -1;
	if (rename(from, into) != 0 && errno != ENOENT)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot rename %s", from);
	return 0;
}

/* The domain's definition says where; a transient domain has no start that would take it. */
int managed_save(struct domain_ctx *ctx, uint16_t domid, const struct domain_save_opts *opts,
		 struct zerr **err)
{
	const char *dir = ctx->save_dir ? ctx->save_dir : DOMAIN_SAVE_DIR;
	_cleanup_definition_ struct definition d = { .text = NULL };
	_cleanup_free_ char *path = NULL;
	struct hyp_domain_info info;
	char uuid[DOMAIN_UUID_TEXT];
	int rc;

	if (domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	domain_uuid_format(info.uuid, uuid);
	rc = domid == 0 ? 0 : definition_find(ctx, uuid, &d, err);
	if (rc == 0) {
		zerr_set(err, ZERR_STATE, "E728", 0, "it is not defined, so no start would restore "
			 "it");
		return zerr_hint(err, "zl save writes it to a file of your choice");
	}
	path = rc < 0 ? NULL : managed_save_path(ctx, d.cfg.name, err);
	if (!path)
		return -1;
	rc = opts->dry_run ? 0 : fd_mkdir_p(dir, 0700);
	if (rc < 0)
		return zerr_set(err, ZERR_FAILED, "E920", -rc, "cannot make %s", dir);
	return domain_save(ctx, domid, path, opts, err);
}
