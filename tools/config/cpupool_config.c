/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The description of a CPU pool: the few keys of xl's cpupool.cfg, in the syntax of xl.cfg. What
 * they mean on this host is the command's to say.
 */
#include "xentools/strbuf.h"
#include "xl.h"

static char *joined(const struct xl_value *v)
{
	struct strbuf sb = STRBUF_INIT;

	if (v->kind != XL_LIST)
		return strdup(v->text);
	for (const struct xl_value *item = v->items; item != NULL; item = item->next)
		strbuf_addf(&sb, "%s%s", item == v->items ? "" : ",", item->text);
	return strbuf_steal(&sb);
}

/* Add what a text says to what is known. 0, -EINVAL when diags says what is wrong, -ENOMEM. */
int cpupool_config_read(struct cpupool_config *c, const char *text, size_t size,
			struct config_diags *diags)
{
	const struct { const char *key; char **to; } keys[] = {
		{ "name", &c->name }, { "cpus", &c->cpus }, { "sched", &c->sched },
	};
	struct arena arena = { .chunks = NULL };
	struct xl_cfg cfg = { .arena = &arena };
	int rc = xl_cfg_parse(text, size, &cfg, diags);

	for (const struct xl_entry *e = cfg.first; e != NULL && rc == 0; e = e->next) {
		size_t i = 0;

		while (i < ARRAY_SIZE(keys) && strcmp(keys[i].key, e->key) != 0)
			i++;
		if (i == ARRAY_SIZE(keys)) {
			diag_add(diags, CONFIG_ERROR, e->line, e->column, strdup(e->key), "E401",
				 "a CPU pool has name, cpus and sched", "this key is not known");
			rc = -EINVAL;
			continue;
		}
		if (e->value.nested) {
			diag_add(diags, CONFIG_ERROR, e->line, e->column, strdup(e->key), "E401",
				 NULL, "a list within a list has no meaning here");
			rc = -EINVAL;
			continue;
		}
		free(*keys[i].to);
		*keys[i].to = joined(&e->value);
		rc = *keys[i].to != NULL ? 0 : -ENOMEM;
	}
	arena_free(&arena);
	return rc;
}

void cpupool_config_free(struct cpupool_config *c)
{
	free(c->name);
	free(c->cpus);
	free(c->sched);
}
