/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl shutdown and zl reboot: ask the guest through its store node, or take its CPUs away with
 * -F, and wait if that is wanted. The library does all of it; here is only which of it and for
 * how long.
 */
#include "zl.h"

#include <string.h>

struct plan {
	enum domain_request what;
	bool force, destroy;
	unsigned int wait;		/* 1: shut down, 2: gone (reboot: 1 runs again) */
	int timeout_ms;
	int signal_fd;
};

static int ask(struct zl *zl, const struct plan *p, uint16_t domid, const char *name,
	       struct zerr **err)
{
	if (domid == 0) {
		zerr_set(err, ZERR_STATE, "E705", 0, "this is the control domain");
		return zerr_hint(err, "shut the host down from its own shell");
	}
	if (zl->dry_run) {
		printf("%s (id %u) would be asked to %s\n", name, domid,
		       p->what == DOMAIN_REQUEST_REBOOT ? "reboot" : "power off");
		return 0;
	}
	if (p->force)
		return domain_force_shutdown(&zl->ctx, domid, p->what, err);
	return domain_request(&zl->ctx, domid, p->what, err);
}

/* It cannot be asked, or the time is up: with --then=destroy drop the error and destroy it. */
static int destroy_instead(struct zl *zl, const struct plan *p, uint16_t domid, const char *name,
			   const char *why, struct zerr **err)
{
	if (!p->destroy || domid == 0)
		return -1;
	zl_note(zl, "%s %s: destroying it", name, why);
	zerr_free(*err);
	*err = NULL;
	return domain_destroy(&zl->ctx, domid, err);
}

/* The time is up: say what state it is in, or destroy it. */
static int give_up(struct zl *zl, const struct plan *p, uint16_t domid, const char *name,
		   struct zerr **err)
{
	struct zerr *why = NULL;
	struct domain_summary d;

	if (zerr_class_of(*err) != ZERR_TIMEOUT)
		return -1;
	if (p->destroy)
		return destroy_instead(zl, p, domid, name, "did not shut down in time", err);
	if (domain_get(&zl->ctx, domid, &d, &why) == 0)
		zerr_hint(err, "its state is \"%s\"; --force does not ask it, zl destroy %s "
			  "ends it at once", domain_state_word(&d.info), name);
	zerr_free(why);
	return -1;
}

static int shutdown_one(struct zl *zl, uint16_t domid, const char *name, void *arg,
			struct zerr **err)
{
	const struct plan *p = arg;
	struct domain_end end;

	if (ask(zl, p, domid, name, err) < 0) {
		if (zerr_class_of(*err) != ZERR_STATE)
			return -1;
		return destroy_instead(zl, p, domid, name, "cannot be asked", err);
	}
	if (zl->dry_run || (p->wait == 0 && !p->destroy))
		return 0;
	if (domain_wait(&zl->ctx, domid, p->wait > 1 ? DOMAIN_WAIT_GONE : DOMAIN_WAIT_SHUTDOWN,
			p->timeout_ms, p->signal_fd, &end, err) < 0)
		return give_up(zl, p, domid, name, err);
	return 0;
}

/* Until a domain of that name runs under another id. */
static int wait_again(struct zl *zl, const struct plan *p, uint16_t old, const char *name,
		      uint64_t deadline, struct zerr **err)
{
	char wanted[DOMAIN_NAME_MAX + 6];

	snprintf(wanted, sizeof(wanted), "name=%s", name);
	for (;;) {
		struct zerr *ignored = NULL;
		struct domain_summary d;
		uint16_t domid;

		if (domain_resolve(&zl->ctx, wanted, &domid, &ignored) == 0 && domid != old &&
		    domain_get(&zl->ctx, domid, &d, &ignored) == 0 && !d.info.paused &&
		    !d.info.shutdown && !d.info.dying) {
			zerr_free(ignored);
			return 0;
		}
		zerr_free(ignored);
		if (p->timeout_ms >= 0 && zl_now_ms() >= deadline) {
			zerr_set(err, ZERR_TIMEOUT, "E801", 0,
				 "it went down but did not come up again");
			return zerr_hint(err, "on_reboot in its configuration and zl-monitord "
					 "decide that");
		}
		if (zl_nap(p->signal_fd, 100, err) < 0)
			return -1;
	}
}

static int reboot_one(struct zl *zl, uint16_t domid, const char *name, void *arg,
		      struct zerr **err)
{
	const struct plan *p = arg;
	uint64_t deadline = zl_now_ms() + (uint64_t)(p->timeout_ms < 0 ? 0 : p->timeout_ms);
	struct domain_summary d;
	struct domain_end end;

	if (domain_get(&zl->ctx, domid, &d, err) < 0 || ask(zl, p, domid, name, err) < 0)
		return -1;
	if (zl->dry_run || p->wait == 0)
		return 0;
	if (domain_wait(&zl->ctx, domid, DOMAIN_WAIT_SHUTDOWN, p->timeout_ms, p->signal_fd, &end,
			err) < 0)
		return give_up(zl, p, domid, name, err);
	return wait_again(zl, p, domid, d.name[0] ? d.name : name, deadline, err);
}

static int prepare(struct zl *zl, const struct zl_args *args, struct plan *p, struct zerr **err)
{
	p->force = zl_has(args, "force");
	p->wait = zl_count(args, "wait");
	if (zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &p->timeout_ms, err) < 0)
		return -1;
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	p->signal_fd = -1;
	if (p->wait > 0 || p->destroy)
		p->signal_fd = zl_signal_fd();
	return 0;
}

ZL_CMD(shutdown)
{
	struct plan p = { .what = DOMAIN_REQUEST_POWEROFF };
	const char *then = zl_value(args, "then");
	bool all = zl_has(args, "all");

	if (then != NULL && strcmp(then, "destroy") != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"shutdown: --then=%s is not known (known: destroy)", then);
	p.destroy = then != NULL;
	if (all == (args->pos_count > 0)) {
		zerr_set(err, ZERR_USAGE, "E006", 0, "shutdown: %s",
			 all ? "-a and a name exclude each other" : "an argument is missing");
		return zerr_hint(err, "usage: zl shutdown %s", args->cmd->synopsis);
	}
	if (prepare(zl, args, &p, err) < 0)
		return -1;
	return zl_for_each(zl, args, all, shutdown_one, &p, err);
}

ZL_CMD(reboot)
{
	struct plan p = { .what = DOMAIN_REQUEST_REBOOT };

	if (prepare(zl, args, &p, err) < 0)
		return -1;
	return zl_for_each(zl, args, false, reboot_one, &p, err);
}
