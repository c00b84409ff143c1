/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl pause, unpause, destroy, suspend, resume, sysrq, trigger: one library call for each domain
 * that is named, or for all. What differs is the call and its words.
 */
#include "zl.h"

#include <ctype.h>

struct verb {
	const char *plan;		/* what it would: "be paused" */
	int (*call)(struct domain_ctx *ctx, uint16_t domid, struct zerr **err);
	/* or, of those with more to say: */
	int (*call_with)(struct zl *zl, uint16_t domid, const struct verb *v, struct zerr **err);
	const char *word;
	uint32_t vcpu;
	int timeout_ms, signals;
};

static int apply(struct zl *zl, uint16_t domid, const char *name, void *arg, struct zerr **err)
{
	const struct verb *v = arg;

	if (domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0,
				"this is the control domain, which must run");
	if (zl->dry_run)
		return zl_plan(zl, "%s (id %u) would %s%s", name, domid, v->plan,
			       v->word ? v->word : "");
	return v->call ? v->call(&zl->ctx, domid, err) : v->call_with(zl, domid, v, err);
}

static int run(struct zl *zl, const struct zl_args *args, struct verb *v, enum zl_need need,
	       struct zerr **err)
{
	return zl_open(zl, need, err) < 0 ? -1 : zl_for_each(zl, args, apply, v, err);
}

ZL_CMD(pause)
{
	struct verb v = { "be paused", .call = domain_pause };

	return run(zl, args, &v, ZL_WANT_STORE, err);
}

ZL_CMD(unpause)
{
	struct verb v = { "be unpaused", .call = domain_unpause };

	return run(zl, args, &v, ZL_WANT_STORE, err);
}

/*
 * Without a store the nodes of the domain cannot be removed: better to say so than to leave
 * them.
 */
ZL_CMD(destroy)
{
	struct verb v = { "be destroyed", .call = domain_destroy };

	return run(zl, args, &v, ZL_NEED_STORE, err);
}

ZL_CMD(resume)
{
	struct verb v = { "be resumed", .call = domain_resume };

	return run(zl, args, &v, ZL_NEED_STORE, err);
}

static int suspend_one(struct zl *zl, uint16_t domid, const struct verb *v, struct zerr **err)
{
	return domain_suspend(&zl->ctx, domid, v->timeout_ms, v->signals, err);
}

ZL_CMD(suspend)
{
	struct verb v = { "be suspended", .call_with = suspend_one, .signals = -1 };
	int rc;

	if (zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &v.timeout_ms, err) < 0)
		return -1;
	if (!zl->dry_run)
		v.signals = zl_signal_fd();
	rc = run(zl, args, &v, ZL_NEED_STORE, err);
	if (v.signals >= 0)
		close(v.signals);
	return rc;
}

static int sysrq_one(struct zl *zl, uint16_t domid, const struct verb *v, struct zerr **err)
{
	return domain_sysrq(&zl->ctx, domid, v->word[0], err);
}

ZL_CMD(sysrq)
{
	struct verb v = { "get sysrq ", .call_with = sysrq_one };

	v.word = args->pos[args->doms];
	if (strlen(v.word) != 1 || !isgraph((unsigned char)v.word[0]))
		return zerr_set(err, ZERR_USAGE, "E007", 0, "sysrq: \"%s\" is not one letter",
				v.word);
	return run(zl, args, &v, ZL_NEED_STORE, err);
}

static const struct trigger {
	const char *name;
	enum hyp_trigger value;
	bool forced;			/* the toolstack can do it without the guest */
	enum domain_request what;
} triggers[] = {
	{ "nmi", HYP_TRIGGER_NMI, false, DOMAIN_REQUEST_HALT },
	{ "reset", HYP_TRIGGER_RESET, true, DOMAIN_REQUEST_REBOOT },
	{ "power", HYP_TRIGGER_POWER, true, DOMAIN_REQUEST_POWEROFF },
	{ "sleep", HYP_TRIGGER_SLEEP, false, DOMAIN_REQUEST_HALT },
};

static const struct trigger *find_trigger(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(triggers); i++)
		if (strcmp(triggers[i].name, name) == 0)
			return &triggers[i];
	return NULL;
}

/* The hypervisor's own buttons where it has them; Arm machines have few. */
static int press(struct zl *zl, uint16_t domid, const struct verb *v, struct zerr **err)
{
	const struct trigger *t = find_trigger(v->word);
	struct zerr *why = NULL;
	int e;

	if (t->forced)
		return domain_force_shutdown(&zl->ctx, domid, t->what, err);
	if (hyp_domain_trigger(zl->ctx.hyp, domid, t->value, v->vcpu, &why) == 0)
		return 0;
	e = why != NULL ? why->errnum : 0;
	if (e == ENOSYS || e == EOPNOTSUPP) {
		zerr_free(why);
		return zerr_set(err, ZERR_UNSUPPORTED, "E506", 0,
				"this hypervisor has no \"%s\" for its guests", t->name);
	}
	if (e == EINVAL) {
		zerr_free(why);
		return zerr_set(err, ZERR_USAGE, "E007", 0, "it has no vCPU %u", v->vcpu);
	}
	*err = why;
	return -1;
}

ZL_CMD(trigger)
{
	struct verb v = { "get ", .call_with = press };
	const char *vcpu = args->doms + 1 < args->pos_count ? args->pos[args->doms + 1] : "0";

	v.word = args->pos[args->doms];
	if (find_trigger(v.word) == NULL)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "trigger: \"%s\" is not known "
				"(known: nmi, reset, power, sleep)", v.word);
	if (parse_u32(vcpu, 0, DOMAIN_VCPUS_MAX - 1, &v.vcpu) != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "trigger: \"%s\" is no vCPU", vcpu);
	return run(zl, args, &v, ZL_NEED_STORE, err);
}
