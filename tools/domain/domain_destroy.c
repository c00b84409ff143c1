/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * End a domain and leave nothing of it: hypervisor, store nodes, state file. Every step is tried
 * even when one before it failed, and the whole may be repeated.
 */
#include "tools/domain/device_priv.h"

#define GONE_MS 10000			/* daemons need time to let go of its pages */

static void sleep_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* It is dying as long as a daemon maps one of its pages: 1 gone, 0 still dying, -1 error. */
static int wait_gone(struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	struct hyp_domain_info info;
	long waited = 0, step = 1;
	int rc;

	for (;;) {
		rc = hyp_domain_info(ctx->hyp, domid, &info, err);
		if (rc <= 0)
			return rc < 0 ? -1 : 1;
		if (waited >= GONE_MS)
			return 0;
		sleep_ms(step);
		waited += step;
		step = MIN(step * 2, 50);
	}
}

/*
 * Take a domain apart; uuid (text) may be NULL, keep_state leaves the state file. Returns 0, or
 * -1 with the first failure. A domain that is already gone has its leavings removed.
 */
int domain_remove(struct domain_ctx *ctx, uint16_t domid, const char *uuid, bool keep_state,
		  struct zerr **err)
{
	_cleanup_close_ int turn = ctx->xs ? device_take_last_turn(ctx, domid) : -1;
	struct zerr *why = NULL;
	int rc = 0, gone;

	/* Back-ends close while the rings are still there; the guest shall not see them go. */
	hyp_domain_pause(ctx->hyp, domid, NULL);
	if (ctx->xs && device_remove_all(ctx, domid, err) != 0)
		rc = -1;
	if (hyp_domain_destroy(ctx->hyp, domid, &why) != 0) {
		if (!why || why->errnum != ESRCH)
			rc = zerr_pass(err, steal_ptr(why));
		zerr_free(why);
	}
	device_end_turns(ctx, domid);
	domain_seed_remove(ctx, domid);
	if (ctx->xs)
		device_channels_unlink(ctx, domid);
	if (ctx->xs && domain_nodes_remove(ctx->xs, domid, uuid, err) != 0)
		rc = -1;
	if (!keep_state && domain_state_remove(ctx, domid, err) != 0)
		rc = -1;
	if (rc != 0)
		return -1;
	gone = wait_gone(ctx, domid, err);
	if (gone == 0)
		domain_warn(ctx, "W710", "domain %u stays dying: a program in the control domain "
			    "still uses its pages", domid);
	return gone < 0 ? -1 : 0;
}

/*
 * Noted under the lock that a successor is made under, while the domain is there: so either the
 * successor finds the note, or the domain is gone and this is told.
 */
int domain_make_final(struct domain_ctx *ctx, uint16_t domid, struct hyp_domain_info *ret,
		      struct zerr **err)
{
	_cleanup_zerr_ struct zerr *why = NULL;
	_cleanup_close_ int lock = -1;
	struct domain_state s;

	/* Without it as well: a destroy is not to be refused. */
	if (domain_lock(ctx, &lock, &why) != 0)
		domain_warn(ctx, "W714", "if domain %u is being restarted at this moment it comes "
			    "back: %s: %s", domid, why->message, strerror(why->errnum));
	if (domain_must_exist(ctx, domid, ret, err) != 0)
		return -1;
	if (domain_state_load(ctx, domid, &s, NULL) != 1)
		return 0;
	s.final = true;
	s.restart_pending = false;
	/* No file says the same. */
	if (domain_state_save(ctx, &s, NULL) != 0)
		domain_state_remove(ctx, domid, NULL);
	domain_state_clear(&s);
	return 0;
}

static int destroy(struct domain_ctx *ctx, uint16_t domid, bool keep_state, struct zerr **err)
{
	_cleanup_free_ char *name = NULL;
	struct hyp_domain_info info;
	char uuid[DOMAIN_UUID_TEXT];

	if (domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0,
				"domain 0 is the control domain, it cannot be destroyed");
	if ((keep_state ? domain_must_exist(ctx, domid, &info, err) :
	     domain_make_final(ctx, domid, &info, err)) != 0)
		return -1;
	domain_uuid_format(info.uuid, uuid);
	domain_store_read(ctx, domid, "name", &name, NULL);
	domain_ended_note(ctx, &info, name);
	if (domain_remove(ctx, domid, uuid, keep_state, err) != 0)
		return -1;
	if (name)
		domain_log(ctx, &ZLOG_ABOUT(ZLOG_INFO, name, info.uuid, "destroy"),
			   "domain %u: destroyed", domid);
	domain_event(ctx, domid, name ? name : "", "destroyed", NULL);
	return 0;
}

int domain_destroy(struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	return destroy(ctx, domid, false, err);
}

int domain_destroy_keep_state(struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	return destroy(ctx, domid, true, err);
}
