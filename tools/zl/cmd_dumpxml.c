/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl dumpxml: the configuration of a running domain or of a definition, in canonical form. */
#include "zl.h"

static int print_config(struct zl *zl, const struct zl_args *args, uint16_t domid,
			const struct domain_config *cfg, struct zerr **err)
{
	_cleanup_free_ char *text = NULL;

	if (zl->json)
		return zl_print_json(zl, "zl.dumpxml/1", zl_config_json(cfg), err);
	text = zl_has(args, "inactive") ? config_format(cfg) : config_format_live(cfg, domid);
	if (text == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	fputs(text, stdout);
	return 0;
}

static int dump(struct zl *zl, const struct zl_args *args, uint16_t domid, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config cfg;
	struct config_diags diags = { .count = 0 };
	struct domain_state state;
	int rc;

	domain_config_init(&cfg);
	rc = domain_state_load(&zl->ctx, domid, &state, err);
	if (rc < 0)
		return -1;
	if (rc == 0 || state.config_text == NULL) {
		if (rc > 0)
			domain_state_clear(&state);
		return zerr_set(err, ZERR_NOT_FOUND, "E721", 0, "%s",
				domid == 0 ? "the control domain has no configuration"
					   : "it was not created by zl create");
	}
	rc = config_read_mem("state", state.config_text, strlen(state.config_text), NULL, &cfg,
			     &diags, err);
	if (rc == 0 && zl->ctx.xs != NULL && !zl_has(args, "inactive"))
		rc = device_show_nics(&zl->ctx, domid, &cfg, err);
	if (rc == 0)
		rc = print_config(zl, args, domid, &cfg, err);
	else
		zl_print_diags(zl, &diags);
	config_diags_free(&diags);
	domain_state_clear(&state);
	return rc;
}

/* The definition's own, as the next start will see it; 0: there is none. */
static int dump_definition(struct zl *zl, const char *name, struct zerr **err)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	_cleanup_free_ char *text = NULL;
	int rc = definition_find(&zl->ctx, name, &d, err);

	if (rc <= 0)
		return rc;
	if (zl->json)
		return zl_print_json(zl, "zl.dumpxml/1", zl_config_json(&d.cfg), err) < 0 ? -1 : 1;
	text = config_format(&d.cfg);
	if (text == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	fputs(text, stdout);
	return 1;
}

ZL_CMD(dumpxml)
{
	const char *name = args->pos[0];
	struct zerr *why = NULL;
	uint16_t domid;
	int rc = zl_open(zl, ZL_NEED_PATHS, err);

	if (rc == 0 && zl_has(args, "inactive"))
		rc = dump_definition(zl, name, err);
	if (rc == 0 && zl_open(zl, ZL_WANT_STORE, &why) == 0 &&
	    domain_resolve(&zl->ctx, name, &domid, &why) == 0)
		rc = dump(zl, args, domid, err) < 0 ? -1 : 1;
	if (rc == 0)
		rc = dump_definition(zl, name, err);
	if (rc == 0)
		*err = steal_ptr(why);
	zerr_free(why);
	return rc == 1 ? 0 : zerr_context(err, "dumpxml", name);
}
