/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl shutdown and zl reboot: ask the guest through its store node, or take its CPUs away with
 * -F, and wait if that is wanted. All are asked before one is waited for, and one time is for all
 * of them. The library does all of it; here is only which of it and for how long.
 */
#include "zl.h"

struct asked {
	uint16_t domid;
	char name[DOMAIN_NAME_MAX + 1], shown[DOMAIN_NAME_MAX + 6];	/* shown: as it was given */
};

struct plan {
	enum domain_request what;
	bool force, destroy;
	unsigned int wait;		/* 1: shut down, 2: gone (reboot: 1 runs again) */
	int timeout_ms;
	uint64_t deadline;
	int signal_fd;
	struct asked *asked;		/* who is to be waited for */
	size_t count;
};

static int ask(struct zl *zl, const struct plan *p, uint16_t domid, const char *name,
	       struct zerr **err)
{
	if (domid == 0) {
		zerr_set(err, ZERR_STATE, "E705", 0, "this is the control domain");
		return zerr_hint(err, "shut the host down from its own shell");
	}
	if (zl->dry_run) {
		zl_plan(zl, "%s (id %u) would be asked to %s", name, domid,
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
static int give_up(struct zl *zl, const struct plan *p, const struct asked *a, struct zerr **err)
{
	struct zerr *why = NULL;
	struct domain_summary d;

	if (zerr_class_of(*err) != ZERR_TIMEOUT)
		return -1;
	if (p->destroy)
		return destroy_instead(zl, p, a->domid, a->shown, "did not shut down in time", err);
	zerr_free(*err);	/* it tells of what was left of the time */
	*err = NULL;
	zerr_set(err, ZERR_TIMEOUT, "E801", 0, "domain %u did not %s within %d s", a->domid,
		 p->wait > 1 ? "go away" : "shut down", p->timeout_ms / 1000);
	if (domain_get(&zl->ctx, a->domid, &d, &why) == 0)
		zerr_hint(err, "its state is \"%s\"; --force does not ask it, zl destroy %s "
			  "ends it at once", domain_state_word(&d.info), a->shown);
	zerr_free(why);
	return -1;
}

/* One is asked, and noted if it is to be waited for. */
static int ask_one(struct zl *zl, uint16_t domid, const char *name, void *arg, struct zerr **err)
{
	struct plan *p = arg;
	struct domain_summary d;
	struct asked *a;

	if (domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	if (ask(zl, p, domid, name, err) < 0) {
		if (zerr_class_of(*err) != ZERR_STATE)
			return -1;
		return destroy_instead(zl, p, domid, name, "cannot be asked", err);
	}
	if (zl->dry_run || (p->wait == 0 && !p->destroy))
		return 0;
	a = realloc(p->asked, (p->count + 1) * sizeof(*a));
	if (a == NULL)
		return zerr_no_memory(err);
	p->asked = a;
	a += p->count++;
	a->domid = domid;
	snprintf(a->name, sizeof(a->name), "%s", d.name);
	snprintf(a->shown, sizeof(a->shown), "%s", name);
	return 0;
}

/* Until a domain of that name runs under another id. */
static int wait_again(struct zl *zl, const struct plan *p, const struct asked *a,
		      struct zerr **err)
{
	char wanted[DOMAIN_NAME_MAX + 6];

	snprintf(wanted, sizeof(wanted), "name=%s", a->name);
	for (;;) {
		struct zerr *ignored = NULL;
		struct domain_summary d;
		uint16_t domid;

		if (domain_resolve(&zl->ctx, wanted, &domid, &ignored) == 0 && domid != a->domid &&
		    domain_get(&zl->ctx, domid, &d, &ignored) == 0 && !d.info.paused &&
		    !d.info.shutdown && !d.info.dying) {
			zerr_free(ignored);
			return 0;
		}
		zerr_free(ignored);
		if (zl_now_ms() >= p->deadline) {
			zerr_set(err, ZERR_TIMEOUT, "E801", 0,
				 "it went down but did not come up again");
			return zerr_hint(err, "on_reboot in its configuration and zl-monitord "
					 "decide that");
		}
		if (zl_nap(p->signal_fd, 100, err) < 0)
			return -1;
	}
}

/* Until one has done it, or the time of all of them is up. */
static int wait_one(struct zl *zl, const struct plan *p, const struct asked *a, struct zerr **err)
{
	bool reboot = p->what == DOMAIN_REQUEST_REBOOT;
	uint64_t now = zl_now_ms();
	struct domain_end end;

	if (domain_wait(&zl->ctx, a->domid, p->wait > 1 && !reboot ? DOMAIN_WAIT_GONE :
			DOMAIN_WAIT_SHUTDOWN, p->deadline > now ? (int)(p->deadline - now) : 0,
			p->signal_fd, &end, err) < 0)
		return give_up(zl, p, a, err);
	return reboot ? wait_again(zl, p, a, err) : 0;
}

static int wait_all(struct zl *zl, const struct zl_args *args, const struct plan *p)
{
	int worst = 0;

	for (size_t i = 0; i < p->count && worst != ZERR_INTERRUPTED; i++) {
		struct zerr *err = NULL;
		int rc;

		if (wait_one(zl, p, &p->asked[i], &err) == 0)
			continue;
		zerr_context(&err, args->cmd->name, p->asked[i].shown);
		rc = zl_report(zl, err);
		worst = MAX(worst, rc);
	}
	return worst;
}

static int ask_all(struct zl *zl, const struct zl_args *args, struct plan *p, struct zerr **err)
{
	int rc = zl_for_each(zl, args, ask_one, p, err), waited = 0;

	if (rc >= 0 && rc != ZERR_INTERRUPTED)
		waited = wait_all(zl, args, p);
	free(p->asked);
	return rc < 0 ? rc : MAX(rc, waited);
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
	p->deadline = zl_now_ms() + (uint64_t)p->timeout_ms;
	return 0;
}

ZL_CMD(shutdown)
{
	struct plan p = { .what = DOMAIN_REQUEST_POWEROFF };
	const char *then = zl_value(args, "then");

	if (then != NULL && strcmp(then, "destroy") != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"shutdown: --then=%s is not known (known: destroy)", then);
	p.destroy = then != NULL;
	if (prepare(zl, args, &p, err) < 0)
		return -1;
	return ask_all(zl, args, &p, err);
}

ZL_CMD(reboot)
{
	struct plan p = { .what = DOMAIN_REQUEST_REBOOT };

	if (prepare(zl, args, &p, err) < 0)
		return -1;
	return ask_all(zl, args, &p, err);
}
