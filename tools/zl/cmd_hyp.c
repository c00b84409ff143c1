/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl debug-keys and set-parameters: small wishes to the hypervisor itself. */
#include "zl.h"

#define KEYS_MAX 64u

ZL_CMD(debug_keys)
{
	const char *keys = args->pos[0];

	for (const char *k = keys; *k; k++)
		if (*k < ' ' || *k > '~')
			return zerr_set(err, ZERR_USAGE, "E007", 0, "debug-keys: a key is a "
					"printable character");
	if (strlen(keys) > KEYS_MAX)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "debug-keys: more than %u keys",
				KEYS_MAX);
	if (zl_open(zl, ZL_NEED_HYP, err) < 0)
		return -1;
	if (zl->dry_run)
		return zl_plan(zl, "keys would be pressed: %s", keys);
	if (hyp_debug_keys(zl->ctx.hyp, keys, err) < 0)
		return zerr_context(err, "debug-keys", NULL);
	return 0;
}

/* Parameters of the hypervisor's command line that can change while it runs. */
static const struct parameter {
	const char *name;
	uint32_t max;
	int (*set)(struct hyp *h, uint32_t pool, uint32_t *value, bool set, struct zerr **err);
} parameters[] = {
	{ "sched_ratelimit_us", 500000, hyp_sched_credit2_ratelimit },
};

/* check: no more than look at it. */
static int set_parameter(struct zl *zl, const char *text, bool check, struct zerr **err)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);

	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		const struct parameter *p = &parameters[i];
		uint32_t value;

		if (strlen(p->name) != len || memcmp(p->name, text, len) != 0)
			continue;
		if (!equals || parse_u32(equals + 1, 0, p->max, &value) < 0)
			return zerr_set(err, ZERR_USAGE, "E007", 0, "%s=N: N is a number up to %u",
					p->name, p->max);
		if (check)
			return 0;
		return zl->dry_run ? zl_plan(zl, "%s would be %u", p->name, value) :
			p->set(zl->ctx.hyp, 0, &value, true, err);
	}
	zerr_set(err, ZERR_UNSUPPORTED, "E509", 0, "\"%.*s\" cannot change while the machine runs",
		 (int)len, text);
	return zerr_hint(err, "sched_ratelimit_us can; all others belong on the hypervisor's "
			 "command line");
}

ZL_CMD(set_parameters)
{
	for (size_t i = 0; i < 2 * args->pos_count; i++)
		if ((i == args->pos_count && zl_open(zl, ZL_NEED_HYP, err) < 0) ||
		    set_parameter(zl, args->pos[i % args->pos_count], i < args->pos_count, err) < 0)
			return zerr_context(err, "set-parameters", NULL);
	return 0;
}
