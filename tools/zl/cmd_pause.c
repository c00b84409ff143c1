/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl pause, unpause, destroy: one library call for each domain that is named. */
#include "zl.h"

struct verb {
	const char *plan;	/* "would be paused" */
	int (*call)(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);
};

static int apply(struct zl *zl, uint16_t domid, const char *name, void *arg, struct zerr **err)
{
	const struct verb *verb = arg;

	if (domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0,
				"this is the control domain, which must run");
	if (zl->dry_run) {
		zl_plan(zl, "%s (id %u) would be %s", name, domid, verb->plan);
		return 0;
	}
	return verb->call(&zl->ctx, domid, err);
}

static int run(struct zl *zl, const struct zl_args *args, struct verb *verb, enum zl_need need,
	       struct zerr **err)
{
	if (zl_open(zl, need, err) < 0)
		return -1;
	return zl_for_each(zl, args, false, apply, verb, err);
}

ZL_CMD(pause)
{
	struct verb verb = { "paused", domain_pause };

	return run(zl, args, &verb, ZL_WANT_STORE, err);
}

ZL_CMD(unpause)
{
	struct verb verb = { "unpaused", domain_unpause };

	return run(zl, args, &verb, ZL_WANT_STORE, err);
}

/*
 * Without a store the nodes of the domain cannot be removed: better to say so than to leave
 * them.
 */
ZL_CMD(destroy)
{
	struct verb verb = { "destroyed", domain_destroy };

	return run(zl, args, &verb, ZL_NEED_STORE, err);
}
