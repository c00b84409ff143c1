/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain from another host, the side that gets it. It is made as zl restore makes it and stays
 * paused until the sender says that his is gone. Before this side has said that it has it, all that
 * goes wrong ends with nothing here; after it only the sender's word decides, and without one the
 * guest is kept, paused.
 */
#include <poll.h>

#include <xentools/config.h>

#include "tools/domain/migrate_link.h"

static const char stream[] = "what the other host sends";

struct receiving {
	struct domain_ctx *ctx;
	struct migrate_link link;
	struct migrate_hello hello;
	struct domain_config cfg;
	char *text;				/* the configuration */
	uint16_t domid;
	bool held;				/* nobody knows which of the two is to go on */
};

static int dry_run(const struct receiving *r)
{
	return r->hello.flags & MIGRATE_DRY_RUN;
}

/* The checks of a create; what is missing for its next boot only does not stop it now. */
static int check(struct receiving *r, struct domain_saved *s, struct zerr **err)
{
	struct domain_create_opts opts = { .dry_run = true, .saved = s };
	struct domain_create_result made;

	if (r->cfg.kernel && access(r->cfg.kernel, R_OK) != 0)
		domain_warn(r->ctx, "W718", "its kernel %s is not on this host: it cannot reboot",
			    r->cfg.kernel);
	return domain_create(r->ctx, &r->cfg, &opts, &made, err);
}

/* Who comes, and may it? */
static int take_offer(struct receiving *r, struct zerr **err)
{
	const struct migrate_hello mine = { .flags = MIGRATE_LIVE };
	struct domain_saved offer = { .in.fd = -1, .fd = -1 };
	struct zerr *why = NULL;
	int rc;

	if (migrate_greet(&r->link, &mine, err) != 0 ||
	    migrate_greeted(&r->link, &r->hello, err) != 0)
		return -1;
	r->link.silence_s = MIN(MAX(r->hello.silence_s, 1u), 1000000u);
	rc = save_in_open_stream(&offer.in, migrate_read, &r->link, stream, &why);
	if (rc == 0)
		rc = save_in_config(&offer.in, &r->cfg, &r->text, &why);
	if (rc == 0)
		rc = check(r, &offer, &why);
	domain_saved_close(&offer);
	return rc == 0 ? migrate_send(&r->link, MIGRATE_READY, NULL, 0, err) :
		zerr_pass(err, why);
}

static int make(struct receiving *r, struct zerr **err)
{
	struct domain_saved saved = { .in.fd = -1, .fd = r->link.fd,
				      .in.live = r->hello.flags & MIGRATE_LIVE };
	struct domain_create_opts opts = { .keep_paused = true, .saved = &saved,
					   .config_text = r->text };
	struct domain_create_result made = { .domid = 0 };
	struct domain_config theirs;		/* the offer's may be another one */
	struct migrate_message m;
	int rc;

	domain_config_init(&theirs);
	rc = migrate_expect(&r->link, MIGRATE_STREAM, &m, err);
	if (rc == 0)
		rc = save_in_open_stream(&saved.in, migrate_read, &r->link, stream, err);
	if (rc == 0)
		rc = save_in_config(&saved.in, &theirs, NULL, err);
	if (rc == 0)
		rc = domain_create(r->ctx, &r->cfg, &opts, &made, err);
	domain_saved_close(&saved);
	domain_config_free(&theirs);
	r->domid = made.domid;
	return rc;
}

static int undo(struct receiving *r)
{
	if (domain_destroy(r->ctx, r->domid, NULL) != 0)
		domain_warn(r->ctx, "W719", "%s could not be removed again", r->cfg.name);
	return -1;
}

/* It is here. The sender says what is to become of it. */
static int await_word(struct receiving *r, struct zerr **err)
{
	struct pollfd p = { .fd = r->link.in, .events = POLLIN };
	struct migrate_message m;

	if (poll(&p, 1, 0) > 0) {	/* he gave up, or is gone: he does not know yet */
		zerr_set(err, ZERR_FAILED, "E731", 0, "the sender has given up");
		return undo(r);
	}
	if (migrate_send(&r->link, MIGRATE_RESTORED, NULL, 0, err) != 0)
		return undo(r);
	r->link.deaf = true;
	r->link.silence_s = 0;
	if (migrate_next(&r->link, &m, NULL) == 0) {
		if (m.type == MIGRATE_COMMIT)
			return 0;
		if (m.type == MIGRATE_ABORT) {
			zerr_set(err, ZERR_INTERRUPTED, "E930", 0, "the sender has given up");
			return undo(r);
		}
	}
	r->held = true;
	domain_log(r->ctx, &ZLOG_ABOUT(ZLOG_WARNING, r->cfg.name, r->cfg.uuid, "migrate"),
		   "the line was cut before the sender had said whether its own is gone: kept, paused");
	zerr_set(err, ZERR_FAILED, "E733", 0, "the line was cut before the sender had said whether "
		 "its %s is gone: this one is kept, paused", r->cfg.name);
	return zerr_hint(err, "zl destroy %s where it still runs there, otherwise zl unpause %s",
			 r->cfg.name, r->cfg.name);
}

static int receive(struct receiving *r, struct zerr **err)
{
	if (take_offer(r, err) != 0)
		return -1;
	if (dry_run(r))
		return 0;
	if (make(r, err) != 0 || await_word(r, err) != 0)
		return -1;
	/* From here on there is nobody to undo it for. */
	domain_log(r->ctx, &ZLOG_ABOUT(ZLOG_INFO, r->cfg.name, r->cfg.uuid, "migrate"),
		   "came from another host");
	r->held = true;
	if (!(r->hello.flags & MIGRATE_PAUSED) && domain_unpause(r->ctx, r->domid, err) != 0)
		return -1;
	r->link.silence_s = 10;
	migrate_send(&r->link, MIGRATE_RUNNING, NULL, 0, NULL);
	return 0;
}

int domain_migrate_receive(struct domain_ctx *ctx, const struct migrate_opts *opts, bool *told,
			   struct zerr **err)
{
	struct receiving r = { .ctx = ctx };
	struct zerr *why = NULL;
	int rc;

	*told = false;
	domain_config_init(&r.cfg);
	migrate_link_init(&r.link, opts);
	rc = receive(&r, &why);
	if (rc != 0 && why && !r.held) {
		r.link.deaf = true;
		r.link.silence_s = 2;
		*told = migrate_refuse(&r.link, why) == 0;
	}
	domain_config_free(&r.cfg);
	free(r.text);
	return rc != 0 ? zerr_pass(err, why) : 0;
}
