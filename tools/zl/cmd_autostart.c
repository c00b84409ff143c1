/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl autostart: which definitions start with the host, in which order, and the two ends of the
 * host's day themselves: all of them started, all domains ended in the reverse order. A domain
 * that fails is reported and stops nobody else.
 */
#include "zl.h"

#include "xentools/save.h"

#include <limits.h>

#define RETRY_MS 2000

struct policy {
	bool on, delay_set, order_set;
	unsigned int delay_s, order;
};

static int set_policy(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	const struct policy *p = arg;
	_cleanup_close_ int lock = -1;

	if (zl->dry_run)
		return zl_plan(zl, "%s would %sstart with the host", d->cfg.name,
			      p->on ? "" : "not ");
	if (p->delay_set || p->order_set) {
		if (p->delay_set)
			d->cfg.start.delay_s = p->delay_s;
		if (p->order_set)
			d->cfg.start.order = p->order;
		if (definition_lock(&zl->ctx, d->cfg.name, &lock, err) < 0 ||
		    definition_save(&zl->ctx, d->text, &d->cfg, DEFINITION_REPLACE, lock, err) < 0)
			return -1;
		close(steal_fd(&lock));
	}
	return definition_set_autostart(&zl->ctx, d->cfg.name, p->on, err);
}

static int number(const struct zl_args *args, const char *option, unsigned int max, bool *set,
		  unsigned int *ret, struct zerr **err)
{
	const char *text = zl_value(args, option);

	*set = text != NULL;
	if (text == NULL || parse_u32(text, 0, max, ret) == 0)
		return 0;
	return zerr_set(err, ZERR_USAGE, "E007", 0, "autostart: --%s=%s is no number from 0 to %u",
			option, text, max);
}

/* ---- the host starts ---- */

static unsigned int rank(const struct domain_start *s)
{
	return s->order != 0 ? s->order : UINT_MAX;
}

static int by_order(const void *a, const void *b)
{
	const struct definition *x = a, *y = b;
	unsigned int i = rank(&x->cfg.start), j = rank(&y->cfg.start);

	return i != j ? (i < j ? -1 : 1) : strcmp(x->cfg.name, y->cfg.name);
}

static int await_other(struct zl *zl, const struct domain_start *s, int signals, struct zerr **err)
{
	uint64_t deadline = zl_now_ms() + zl->timeout_s * 1000ull;
	char name[DOMAIN_NAME_MAX + 6];
	uint16_t domid;

	if (s->wait_for[0] == '\0')
		return 0;
	snprintf(name, sizeof(name), "name=%s", s->wait_for);
	while (domain_resolve(&zl->ctx, name, &domid, NULL) < 0) {
		if (zl_now_ms() >= deadline)
			return zerr_set(err, ZERR_TIMEOUT, "E801", 0, "\"%s\", which it waits for, "
					"does not run", s->wait_for);
		if (zl_nap(signals, 500, err) < 0)
			return -1;
	}
	return 0;
}

static int start_one(struct zl *zl, const struct zl_args *args, struct definition *d, int signals,
		     struct zerr **err)
{
	struct hyp_domain_info *infos;
	size_t n, i;
	int rc;

	if (hyp_domain_list(zl->ctx.hyp, &infos, &n, err) < 0)
		return -1;
	for (i = 0; i < n && memcmp(infos[i].uuid, d->cfg.uuid, 16) != 0; i++)
		;
	free(infos);
	if (i < n)
		return 0;	/* it runs */
	if (zl_nap(signals, (int)d->cfg.start.delay_s * 1000, err) < 0 ||
	    await_other(zl, &d->cfg.start, signals, err) < 0)
		return -1;
	for (i = 0; (rc = zl_start_definition(zl, args, d, err)) < 0 && i < d->cfg.start.retries &&
		    zerr_class_of(*err) != ZERR_INTERRUPTED; i++) {
		zl_report(zl, steal_ptr(*err));
		if (zl_nap(signals, RETRY_MS, err) < 0)
			return -1;
	}
	return rc;
}

static int start_all(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	struct definition *list;
	int worst = 0, rc = 0, signals;
	size_t i, n;

	if (zl_open(zl, ZL_NEED_STORE, err) < 0 || definition_list(&zl->ctx, &list, &n, err) < 0)
		return -1;
	signals = zl_signal_fd();
	if (n > 0)
		qsort(list, n, sizeof(*list), by_order);
	for (i = 0; i < n && rc != ZERR_INTERRUPTED; i++) {
		struct zerr *why = NULL;

		if (!list[i].autostart)
			continue;
		rc = start_one(zl, args, &list[i], signals, &why);
		if (why != NULL && why->step == NULL)
			zerr_context(&why, "start", list[i].cfg.name);
		if (why != NULL)
			rc = zl_report(zl, why);
		worst = MAX(worst, rc);
	}
	definition_list_free(list, n);
	close(signals);
	return worst;
}

/* ---- the host stops ---- */

struct leaving {
	uint16_t domid;
	char name[DOMAIN_NAME_MAX + 1];
	struct domain_start start;
	bool saved;
};

static int by_reverse_order(const void *a, const void *b)
{
	unsigned int i = rank(&((const struct leaving *)a)->start);
	unsigned int j = rank(&((const struct leaving *)b)->start);

	return i != j ? (i > j ? -1 : 1) : 0;
}

/* What its configuration says; from now on its end is final, whatever on_poweroff says. */
static void prepare_leaving(struct zl *zl, struct leaving *l)
{
	struct domain_config cfg;
	struct hyp_domain_info info;

	domain_make_final(&zl->ctx, l->domid, &info, NULL);
	if (domain_state_config(&zl->ctx, l->domid, &cfg, NULL) == 1) {
		l->start = cfg.start;
		domain_config_free(&cfg);
	}
}

/* As z:start wants it. One that cannot be saved is asked to shut down. */
static bool save_instead(struct zl *zl, struct leaving *l, int signals)
{
	struct domain_save_opts opts = { .timeout_ms = (int)zl->timeout_s * 1000, .fd = signals };
	_cleanup_zerr_ struct zerr *err = NULL;

	if (managed_save(&zl->ctx, l->domid, &opts, &err) == 0)
		return true;
	zl_warn(zl, "%s could not be saved, it is to shut down: %s", l->name,
		err ? err->message : "?");
	l->start.stop = DOMAIN_STOP_SHUTDOWN;
	return false;
}

/* Ask all of one order, wait for them together, then end those that stay. */
static int stop_group(struct zl *zl, struct leaving *list, size_t n, int signals)
{
	uint64_t deadline = zl_now_ms() + zl->timeout_s * 1000ull;
	int worst = 0, rc;
	size_t i;

	for (i = 0; i < n; i++)
		list[i].saved = list[i].start.stop == DOMAIN_STOP_SAVE &&
				save_instead(zl, &list[i], signals);
	for (i = 0; i < n; i++)
		if (!list[i].saved && list[i].start.stop == DOMAIN_STOP_SHUTDOWN)
			(void)domain_request(&zl->ctx, list[i].domid,
					     DOMAIN_REQUEST_POWEROFF, NULL);
	for (i = 0; i < n && worst != ZERR_INTERRUPTED; i++) {
		uint64_t now = zl_now_ms();
		struct zerr *err = NULL;
		bool asked = list[i].start.stop == DOMAIN_STOP_SHUTDOWN;

		if (list[i].saved)
			continue;
		rc = asked ? domain_wait(&zl->ctx, list[i].domid, DOMAIN_WAIT_SHUTDOWN,
					 now < deadline ? (int)(deadline - now) : 0, signals,
					 NULL, &err) : 0;
		if (rc < 0 && zerr_class_of(err) == ZERR_TIMEOUT)
			zl_warn(zl, "%s did not shut down in time: destroying it", list[i].name);
		if (zerr_class_of(err) != ZERR_INTERRUPTED) {
			zerr_free(err);
			err = NULL;
			rc = domain_destroy(&zl->ctx, list[i].domid, &err);
		}
		/* The monitor is often quicker. */
		if (rc < 0 && zerr_class_of(err) != ZERR_NOT_FOUND) {
			zerr_context(&err, "stop", list[i].name);
			rc = zl_report(zl, steal_ptr(err));
			worst = MAX(worst, rc);
		}
		zerr_free(err);
	}
	return worst;
}

static int stop_all(struct zl *zl, struct zerr **err)
{
	_cleanup_free_ struct domain_summary *all = NULL;
	_cleanup_free_ struct leaving *list = NULL;
	size_t i, j, n, count = 0;
	int worst = 0, rc, signals;

	if (zl_open(zl, ZL_NEED_STORE, err) < 0 || domain_list(&zl->ctx, &all, &n, err) < 0)
		return -1;
	list = calloc(n + 1, sizeof(*list));
	if (list == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	for (i = 0; i < n; i++) {
		if (all[i].info.domid == 0 || all[i].info.dying)
			continue;
		list[count].domid = all[i].info.domid;
		strcpy(list[count].name, all[i].name);
		if (zl->dry_run)
			zl_plan(zl, "%s (id %u) would be stopped", all[i].name, all[i].info.domid);
		else
			prepare_leaving(zl, &list[count++]);
	}
	signals = zl_signal_fd();
	qsort(list, count, sizeof(*list), by_reverse_order);
	for (i = 0; i < count && worst != ZERR_INTERRUPTED; i = j) {
		for (j = i; j < count && rank(&list[j].start) == rank(&list[i].start); j++)
			;
		rc = stop_group(zl, list + i, j - i, signals);
		worst = MAX(worst, rc);
	}
	close(signals);
	return worst;
}

ZL_CMD(autostart)
{
	struct policy p = { .on = !zl_has(args, "disable") };
	bool start = zl_has(args, "start-all"), stop = zl_has(args, "stop-all");

	if (start + stop + (args->pos_count > 0) != 1) {
		zerr_set(err, ZERR_USAGE, "E006", 0, "autostart: name a domain, or give one of "
			 "--start-all and --stop-all");
		return zerr_hint(err, "usage: zl autostart %s", args->cmd->synopsis);
	}
	if (number(args, "delay", 86400, &p.delay_set, &p.delay_s, err) < 0 ||
	    number(args, "order", 1000000, &p.order_set, &p.order, err) < 0)
		return -1;
	if (start)
		return start_all(zl, args, err);
	if (stop)
		return stop_all(zl, err);
	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	return zl_for_each_definition(zl, args, set_policy, &p);
}
