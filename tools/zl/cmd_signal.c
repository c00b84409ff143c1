/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl sysrq, trigger, suspend, resume: knocks at a guest's door that are not a shutdown. */
#include "zl.h"

#include <ctype.h>

static int find(struct zl *zl, const struct zl_args *args, uint16_t *domid, struct zerr **err)
{
	if (zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], domid, err) < 0)
		return -1;
	if (*domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0, "this is the control domain");
	return 0;
}

ZL_CMD(sysrq)
{
	const char *letter = args->pos[1];
	uint16_t domid;
	int rc;

	if (strlen(letter) != 1 || !isgraph((unsigned char)letter[0]))
		return zerr_set(err, ZERR_USAGE, "E007", 0, "sysrq: \"%s\" is not one letter",
				letter);
	rc = find(zl, args, &domid, err);
	if (rc == 0 && zl->dry_run)
		return zl_plan(zl, "%s would get sysrq %s", args->pos[0], letter);
	if (rc == 0)
		rc = domain_sysrq(&zl->ctx, domid, letter[0], err);
	return rc < 0 ? zerr_context(err, "sysrq", args->pos[0]) : 0;
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

static const struct trigger *find_trigger(const char *name, struct zerr **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(triggers); i++)
		if (strcmp(triggers[i].name, name) == 0)
			return &triggers[i];
	zerr_set(err, ZERR_USAGE, "E007", 0,
		 "trigger: \"%s\" is not known (known: nmi, reset, power, sleep)", name);
	return NULL;
}

/* The hypervisor's own buttons where it has them; Arm machines have few. */
static int press(struct zl *zl, uint16_t domid, const struct trigger *t, uint32_t vcpu,
		 struct zerr **err)
{
	struct zerr *why = NULL;
	int e;

	if (t->forced)
		return domain_force_shutdown(&zl->ctx, domid, t->what, err);
	if (hyp_domain_trigger(zl->ctx.hyp, domid, t->value, vcpu, &why) == 0)
		return 0;
	e = why != NULL ? why->errnum : 0;
	if (e == ENOSYS || e == EOPNOTSUPP) {
		zerr_free(why);
		return zerr_set(err, ZERR_UNSUPPORTED, "E506", 0,
				"this hypervisor has no \"%s\" for its guests", t->name);
	}
	if (e == EINVAL) {
		zerr_free(why);
		return zerr_set(err, ZERR_USAGE, "E007", 0, "it has no vCPU %u", vcpu);
	}
	*err = why;
	return -1;
}

ZL_CMD(trigger)
{
	const struct trigger *t = find_trigger(args->pos[1], err);
	const char *vcpu_text = args->pos_count > 2 ? args->pos[2] : "0";
	uint32_t vcpu;
	uint16_t domid;
	int rc;

	if (t == NULL)
		return -1;
	if (parse_u32(vcpu_text, 0, DOMAIN_VCPUS_MAX - 1, &vcpu) != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "trigger: \"%s\" is no vCPU",
				vcpu_text);
	rc = find(zl, args, &domid, err);
	if (rc == 0 && zl->dry_run)
		return zl_plan(zl, "%s would get %s", args->pos[0], t->name);
	if (rc == 0)
		rc = press(zl, domid, t, vcpu, err);
	return rc < 0 ? zerr_context(err, "trigger", args->pos[0]) : 0;
}

ZL_CMD(suspend)
{
	int timeout, signals, rc;
	uint16_t domid;

	if (zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &timeout, err) < 0)
		return -1;
	rc = find(zl, args, &domid, err);
	if (rc == 0 && zl->dry_run)
		return zl_plan(zl, "%s would be suspended", args->pos[0]);
	if (rc == 0) {
		signals = zl_signal_fd();
		rc = domain_suspend(&zl->ctx, domid, timeout, signals, err);
		close(signals);
	}
	return rc < 0 ? zerr_context(err, "suspend", args->pos[0]) : 0;
}

ZL_CMD(resume)
{
	uint16_t domid;
	int rc = find(zl, args, &domid, err);

	if (rc == 0 && zl->dry_run)
		return zl_plan(zl, "%s would be resumed", args->pos[0]);
	if (rc == 0)
		rc = domain_resume(&zl->ctx, domid, err);
	return rc < 0 ? zerr_context(err, "resume", args->pos[0]) : 0;
}
