/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carry a decision out. A restart survives our own death at any point: the state file says
 * "restart pending" before the domain is destroyed and is removed only after its successor runs,
 * and a successor cannot start twice because name and UUID are the same. Who destroys the domain
 * meanwhile notes it there as well; all change the file under domain_lock().
 */
#include "tools/domain/domain_priv.h"
#include "tools/zl-monitord/monitor.h"

#define NAMES_TRIED 1000

/* The stored text may have no UUID, or a name from before a rename. */
static int keep_identity(struct domain_config *cfg, const struct domain_state *s,
			 struct zerr **err)
{
	char *name = strdup(s->name);

	if (!name)
		return zerr_no_memory(err);
	free(cfg->name);
	cfg->name = name;
	memcpy(cfg->uuid, s->uuid, sizeof(cfg->uuid));
	cfg->uuid_set = true;
	return 0;
}

int monitor_watchdog_action(const struct domain_state *s)
{
	struct domain_config cfg;
	int action = -1;

	if (s->config_text && config_read_own(s->name, s->config_text, &cfg, NULL) == 0) {
		action = cfg.on_watchdog;
		domain_config_free(&cfg);
	}
	return action;
}

static int start_again(struct domain_ctx *ctx, const struct domain_state *s, struct zerr **err)
{
	struct domain_create_opts opts = {
		.config_text = s->config_text,
		.restarts = s->restarts + 1,
		.no_monitor_check = true,
		.successor_of = s->domid,
	};
	struct domain_create_result made;
	struct domain_config cfg;
	int rc;

	if (config_read_own(s->name, s->config_text, &cfg, err) != 0)
		return -1;
	rc = keep_identity(&cfg, s, err);
	if (rc == 0)
		rc = domain_create(ctx, &cfg, &opts, &made, err);
	if (rc == 0) {
		domain_log(ctx, &MONITOR_ABOUT(s, "restart"),
			   "restarted: domain %u became domain %u", s->domid, made.domid);
		domain_event(ctx, made.domid, s->name, "restarted", NULL);
	}
	domain_config_free(&cfg);
	return rc;
}

/* Is the successor there already, started before we died? 1 yes, 0 no, -1 error. */
static int successor_runs(struct domain_ctx *ctx, const struct domain_state *s,
			  struct zerr **err)
{
	struct hyp_domain_info *infos;
	int found = 0;
	size_t i, n;

	if (hyp_domain_list(ctx->hyp, &infos, &n, err) != 0)
		return -1;
	for (i = 0; i < n; i++)
		if (infos[i].domid != s->domid && memcmp(infos[i].uuid, s->uuid, 16) == 0)
			found = 1;
	free(infos);
	return found;
}

/* Nobody has begun to destroy it; an error counts as that, it is met again. */
static bool is_untouched(struct domain_ctx *ctx, const struct domain_state *s)
{
	struct hyp_domain_info info;
	int rc = hyp_domain_info(ctx->hyp, s->domid, &info, NULL);

	return rc < 0 || (rc == 1 && !info.dying && memcmp(info.uuid, s->uuid, 16) == 0);
}

/*
 * What the state file says by now: the domain may have another name, or somebody destroys it. With
 * begin it is there still, and that it comes back is noted. 1 it is to come back (clear *ret), 0
 * not, -1 error.
 */
static int look_anew(struct domain_ctx *ctx, uint16_t domid, bool begin, struct domain_state *ret,
		     struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	struct domain_state s;
	int rc = domain_lock(ctx, &lock, err);

	if (rc == 0)
		rc = domain_state_load(ctx, domid, &s, err);
	if (rc <= 0)
		return rc;
	if (s.final) {
		rc = 0;
	} else if (begin && !is_untouched(ctx, &s)) {
		rc = domain_state_remove(ctx, domid, err);
	} else if (begin) {
		s.restart_pending = true;
		rc = domain_state_save(ctx, &s, err) == 0 ? 1 : -1;
	}
	if (rc == 1)
		*ret = s;
	else
		domain_state_clear(&s);
	if (rc == 0)
		domain_log(ctx, &MONITOR_ABOUT(&s, "restart"),
			   "destroyed while it was being restarted");
	return rc;
}

/*
 * Bring a domain back whose state file says so: its old self is destroyed if it is still there.
 * The old state file goes in any case: a restart that fails is not tried for ever.
 */
int monitor_restart(struct domain_ctx *ctx, const struct domain_state *s, struct zerr **err)
{
	struct domain_state now = *s;
	struct hyp_domain_info info;
	int rc = hyp_domain_info(ctx->hyp, s->domid, &info, err);

	if (rc == 1 && memcmp(info.uuid, s->uuid, 16) == 0)
		rc = domain_destroy_keep_state(ctx, s->domid, err);
	if (rc >= 0) {
		rc = successor_runs(ctx, s, err);
		/* It is gone: no name is given to it any more. */
		if (rc == 0 && (rc = look_anew(ctx, s->domid, false, &now, err)) == 1) {
			rc = start_again(ctx, &now, err);
			domain_state_clear(&now);
		}
	}
	/* The successor may have got the same number: then the file is its own by now. */
	if (hyp_domain_info(ctx->hyp, s->domid, &info, NULL) != 1)
		domain_state_remove(ctx, s->domid, NULL);
	if (rc < 0)
		return zerr_context(err, "restart", s->name);
	return 0;
}

/* NAME-1, NAME-2, ...: the first that is free. The old domain stays as it ended. */
static int rename_restart(struct domain_ctx *ctx, const struct domain_state *s, struct zerr **err)
{
	char name[DOMAIN_NAME_MAX + 1];
	struct zerr *why = NULL;
	int i;

	for (i = 1; i < NAMES_TRIED; i++) {
		zerr_free(why);
		why = NULL;
		snprintf(name, sizeof(name), "%.*s-%d", (int)DOMAIN_NAME_MAX - 4, s->name, i);
		if (domain_set_aside(ctx, s->domid, name, &why) == 0)
			break;
		if (zerr_class_of(why) != ZERR_STATE)
			break;
	}
	if (why)
		return zerr_pass(err, why);
	domain_log(ctx, &MONITOR_ABOUT(s, "restart"), "domain %u is kept as \"%s\"", s->domid,
		   name);
	return start_again(ctx, s, err);
}

static int bring_back(struct domain_ctx *ctx, const struct domain_state *s, bool aside,
		      struct zerr **err)
{
	struct domain_state now;
	int rc = look_anew(ctx, s->domid, !aside, &now, err);

	if (rc <= 0)
		return rc;
	rc = aside ? rename_restart(ctx, &now, err) : monitor_restart(ctx, &now, err);
	domain_state_clear(&now);
	return rc;
}

/* Do what was decided for a domain that has shut down. */
int monitor_carry_out(struct domain_ctx *ctx, const struct domain_state *s,
		      const struct monitor_decision *d, struct zerr **err)
{
	switch (d->step) {
	case MONITOR_NOTHING:
		return 0;
	case MONITOR_PRESERVE:
		domain_log(ctx, &MONITOR_ABOUT(s, "preserve"),
			   "domain %u is preserved until zl destroy", s->domid);
		domain_event(ctx, s->domid, s->name, "preserved", NULL);
		return 0;
	case MONITOR_DESTROY:
		return domain_destroy(ctx, s->domid, err);
	case MONITOR_RESTART:
		return bring_back(ctx, s, false, err);
	case MONITOR_RENAME_RESTART:
		return bring_back(ctx, s, true, err);
	}
	return 0;
}
