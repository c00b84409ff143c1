/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl dumpxml: the configuration of a running domain or of a definition, in canonical form. */
#include "zl.h"

/* What only a running domain has. */
static struct json_object *live_json(const struct domain_config *cfg,
				     const struct config_live *live)
{
	struct json_object *o = json_object_new_object(), *ttys = json_object_new_array();
	struct json_object *backends = json_object_new_object();

	zl_json_uint(o, "domid", live->domid);
	for (unsigned int n = 0; n <= cfg->more_consoles; n++)
		json_object_array_add(ttys, live->ttys[n] == NULL ? NULL :
				      json_object_new_string(live->ttys[n]));
	json_object_object_add(o, "ttys", ttys);
	zl_json_string(o, "serial_tty", live->ttys[OUTPUT_SERIAL]);
	for (size_t i = 0; i < live->backend_count; i++)
		zl_json_string(backends, live->backends[i].device, live->backends[i].state);
	json_object_object_add(o, "backends", backends);
	return o;
}

/* live NULL: as it is without. */
static int print_config(struct zl *zl, const struct domain_config *cfg,
			const struct config_live *live, struct zerr **err)
{
	_cleanup_free_ char *text = NULL;
	struct json_object *o;

	if (zl->json) {
		o = zl_config_json(cfg);
		if (live != NULL)
			json_object_object_add(o, "running", live_json(cfg, live));
		return zl_print_json(zl, "zl.dumpxml/1", o, err);
	}
	text = live != NULL ? config_format_live(cfg, live) : config_format(cfg);
	if (text == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	fputs(text, stdout);
	return 0;
}

static int dump(struct zl *zl, const struct zl_args *args, uint16_t domid, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config cfg;
	_cleanup_config_live_ struct config_live live = { .domid = domid };
	bool inactive = zl_has(args, "inactive");
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
	if (rc == 0 && zl->ctx.xs != NULL && !inactive)
		rc = device_show(&zl->ctx, &cfg, &live, err);
	if (rc == 0)
		rc = print_config(zl, &cfg, inactive ? NULL : &live, err);
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
	int rc = definition_find(&zl->ctx, name, &d, err);

	if (rc <= 0)
		return rc;
	return print_config(zl, &d.cfg, NULL, err) < 0 ? -1 : 1;
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
