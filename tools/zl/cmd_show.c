/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl show: everything about one domain for people to read; and zl vm-list. */
#include "zl.h"

#include "xentools/save.h"

struct shown {
	struct domain_summary d;		/* info.domid ZL_INACTIVE: it does not run */
	struct definition def;			/* text NULL: transient */
	const struct domain_config *cfg;	/* the definition's, or what was read; or empty */
	struct domain_config read;		/* its life's */
	struct domain_state state;
};

static void show_state(struct zl *zl, const struct shown *s)
{
	const struct hyp_domain_info *i = &s->d.info;
	bool runs = i->domid != ZL_INACTIVE;
	char uuid[DOMAIN_UUID_TEXT], text[48];
	uint64_t ns;

	domain_uuid_format(i->uuid, uuid);
	printf("name      : %s\nuuid      : %s\n", s->d.name, uuid);
	printf("state     : %s", runs ? domain_state_word(i) :
	       managed_save_exists(&zl->ctx, s->d.name) ? "saved" : "inactive");
	if (i->shutdown)
		printf(" (%s)", domain_shutdown_word(i->shutdown_reason));
	printf("\ndefined   : %s\n", s->def.text == NULL ? "no" : s->def.autostart ?
	       "yes, starts with the host" : "yes");
	if (!runs)
		return;
	printf("id        : %u\n", i->domid);
	if (domain_uptime_ns(&zl->ctx, i->domid, &ns, NULL) == 0)
		printf("uptime    : %s\n", zl_duration(ns / 1000000000, text, sizeof(text)));
	printf("restarts  : %u\n", s->state.restarts);
}

static void show_config(struct zl *, const struct shown *s)
{
	const struct domain_config *c = s->cfg;

	if (c->name == NULL)
		return;
	if (c->title != NULL)
		printf("title     : %s\n", c->title);
	if (c->kernel != NULL)
		printf("kernel    : %s\n", c->kernel);
	if (c->cmdline != NULL)
		printf("arguments : %s\n", c->cmdline);
	printf("at its end: poweroff %s, reboot %s, crash %s\n", domain_action_name(c->on_poweroff),
	       domain_action_name(c->on_reboot), domain_action_name(c->on_crash));
}

static void show_memory(struct zl *, const struct shown *s)
{
	const struct hyp_domain_info *i = &s->d.info;

	if (i->domid == ZL_INACTIVE)
		printf("memory    : %" PRIu64 " MiB\n", s->cfg->memory_kib / 1024);
	else
		printf("memory    : %" PRIu64 " MiB of %" PRIu64 " MiB\n",
		       i->tot_pages * HYP_PAGE_SIZE >> 20, i->max_pages * HYP_PAGE_SIZE >> 20);
}

static void show_vcpus(struct zl *zl, const struct shown *s)
{
	const struct hyp_domain_info *i = &s->d.info;
	struct hyp_vcpu_info v;

	if (i->domid == ZL_INACTIVE) {
		printf("vcpus     : %u of %u\n", s->cfg->vcpus_current, s->cfg->vcpus_max);
		return;
	}
	printf("vcpus     : %u of %u, %.1f s\n", i->nr_online_vcpus,
	       i->max_vcpu_id == UINT32_MAX ? 0 : i->max_vcpu_id + 1, (double)i->cpu_time_ns / 1e9);
	for (uint32_t n = 0; n <= i->max_vcpu_id && i->max_vcpu_id != UINT32_MAX; n++)
		if (hyp_vcpu_info(zl->ctx.hyp, i->domid, n, &v, NULL) == 1 && v.online)
			printf("  vcpu %-4u: cpu %u, %s, %.1f s\n", n, v.cpu,
			       v.running ? "running" : v.blocked ? "blocked" : "waiting",
			       (double)v.cpu_time_ns / 1e9);
}

static const char *link_word(enum xenbus_state s)
{
	static const char *const words[] = { "unknown", "initialising", "waits for the guest",
		"initialised", "connected", "closing", "closed", "reconfiguring", "reconfigured" };

	return (size_t)s < ARRAY_SIZE(words) ? words[s] : "unknown";
}

static void show_devices(struct zl *zl, const struct shown *s)
{
	static const enum device_kind kinds[] = { DEVICE_VBD, DEVICE_VIF, DEVICE_CONSOLE };
	struct device_info *list;
	size_t n;

	for (size_t i = 0; s->cfg->name != NULL && i < s->cfg->disk_count; i++)
		printf("disk      : %s %s%s\n", s->cfg->disks[i].target,
		       s->cfg->disks[i].source ? s->cfg->disks[i].source : "(empty)",
		       s->cfg->disks[i].readonly ? ", read-only" : "");
	for (size_t i = 0; s->cfg->name != NULL && i < s->cfg->nic_count; i++)
		printf("interface : %zu on %s\n", i, s->cfg->nics[i].bridge[0] ?
		       s->cfg->nics[i].bridge : s->cfg->nics[i].network ?
		       s->cfg->nics[i].network : "-");
	for (size_t i = 0; s->cfg->name != NULL && i < s->cfg->channel_count; i++)
		printf("channel   : hvc%zu %s%s%s\n", s->cfg->more_consoles + i + 1,
		       s->cfg->channels[i].is_unix ? "socket" : "pty",
		       s->cfg->channels[i].name ? ", " : "",
		       s->cfg->channels[i].name ? s->cfg->channels[i].name : "");
	for (size_t k = 0; k < ARRAY_SIZE(kinds) && s->d.info.domid != ZL_INACTIVE; k++) {
		if (device_list(&zl->ctx, s->d.info.domid, kinds[k], &list, &n, NULL) != 0)
			continue;
		for (size_t i = 0; i < n; i++) {
			_cleanup_free_ char *link = zl_device_node(zl, list[i].note, "link");

			printf("  %-9s: back-end %s%s\n", list[i].name,
			       link_word(list[i].backend),
			       link != NULL && strcmp(link, "down") == 0 ? ", link down" : "");
		}
		free(list);
	}
}

static void show_logs(struct zl *zl, const struct shown *s)
{
	_cleanup_free_ char *log = domain_log_path(&zl->ctx, s->d.name);
	_cleanup_free_ char *console = domain_console_log_path(&zl->ctx, s->d.name);

	if (log != NULL && console != NULL)
		printf("log       : %s\nconsole   : %s\n", log, console);
}

/* What of the store it uses, and what it has limits of its own for. */
static void show_store(struct zl *zl, const struct shown *s)
{
	bool runs = s->d.info.domid != ZL_INACTIVE;
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	_cleanup_free_ char *text = NULL;
	char request[24], *rest, *line;
	int n = snprintf(request, sizeof(request), "quota%c%u", 0, s->d.info.domid);

	if (runs && zl->ctx.xs != NULL)
		(void)xs_control(zl->ctx.xs, request, (size_t)n + 1, &text, NULL);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		if (strstr(line, " of ") != NULL)
			strbuf_addf(&list, "  %s\n", line);
	for (size_t i = list.len != 0 ? QUOTA_COUNTED : 0; i < QUOTA_ITEMS; i++)
		if (s->cfg->store_limits[i] != 0)
			strbuf_addf(&list, "  %-18s %u\n", quota_names[i], s->cfg->store_limits[i]);
	if (list.len != 0)
		printf("xenstore  :\n%s", strbuf_cstr(&list));
}

static const struct section {
	const char *name;
	void (*show)(struct zl *zl, const struct shown *s);
} sections[] = {
	{ "state", show_state }, { "config", show_config }, { "memory", show_memory },
	{ "vcpus", show_vcpus }, { "devices", show_devices }, { "store", show_store },
	{ "logs", show_logs },
};

/* What its life was made from; a definition's own when it does not run. */
static void read_config(struct zl *zl, struct shown *s)
{
	if (s->d.info.domid == ZL_INACTIVE)
		s->cfg = &s->def.cfg;
	else if (domain_state_load(&zl->ctx, s->d.info.domid, &s->state, NULL) == 1 &&
		 s->state.config_text != NULL)
		config_read_own("state", s->state.config_text, &s->read, NULL);
}

static int find(struct zl *zl, const char *text, struct shown *s, struct zerr **err)
{
	struct zerr *why = NULL;
	uint16_t domid;
	char uuid[DOMAIN_UUID_TEXT];
	int rc;

	/* A damaged definition is no reason not to show what runs. */
	if (zl_open(zl, ZL_WANT_STORE, &why) == 0 &&
	    domain_resolve(&zl->ctx, text, &domid, &why) == 0 &&
	    domain_get(&zl->ctx, domid, &s->d, &why) == 0) {
		domain_uuid_format(s->d.info.uuid, uuid);
		(void)definition_find(&zl->ctx, uuid, &s->def, NULL);
		return 0;
	}
	rc = definition_find(&zl->ctx, text, &s->def, err);
	if (rc == 1) {
		zerr_free(why);
		zl_inactive_domain(&s->def, &s->d);
		return 0;
	}
	if (rc == 0)
		*err = why;
	else
		zerr_free(why);
	return -1;
}

ZL_CMD(show)
{
	const char *only = zl_value(args, "section");
	struct shown s = { .def = { .text = NULL }, .cfg = &s.read };
	size_t i, shown = 0;
	int rc = 0;

	for (i = 0; i < ARRAY_SIZE(sections); i++)
		shown += only == NULL || strcmp(only, sections[i].name) == 0;
	if (shown == 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"show: --section=%s is not known (known: state, config, memory, "
				"vcpus, devices, store, logs)", only);
	domain_config_init(&s.read);
	if (zl_open(zl, ZL_NEED_PATHS, err) < 0 || find(zl, args->pos[0], &s, err) < 0)
		return zerr_context(err, "show", args->pos[0]);
	read_config(zl, &s);
	if (zl->json)
		rc = zl_print_json(zl, "zl.show/1",
				   zl_domain_json(zl, &s.d, s.def.text ? &s.def : NULL), err);
	for (i = 0; i < ARRAY_SIZE(sections) && !zl->json; i++)
		if (only == NULL || strcmp(only, sections[i].name) == 0)
			sections[i].show(zl, &s);
	domain_state_clear(&s.state);
	domain_config_free(&s.read);
	definition_clear(&s.def);
	return rc;
}

ZL_CMD(vm_list)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	struct json_object *all = json_object_new_array(), *o;
	char uuid[DOMAIN_UUID_TEXT], name[4 * DOMAIN_NAME_MAX + 1];
	size_t n = 0;
	int rc;

	(void)args;
	rc = zl_open(zl, ZL_NEED_STORE, err) < 0 ? -1 : domain_list(&zl->ctx, &list, &n, err);
	if (rc == 0 && !zl->json)
		printf("%-36s  %5s    %s\n", "UUID", "ID", "name");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (list[i].info.domid == 0)
			continue;
		domain_uuid_format(list[i].info.uuid, uuid);
		o = json_object_new_object();
		zl_json_string(o, "uuid", uuid);
		zl_json_uint(o, "domid", list[i].info.domid);
		zl_json_string(o, "name", list[i].name[0] ? list[i].name : NULL);
		json_object_array_add(all, o);
		if (!zl->json)
			printf("%-36s  %5u    %s\n", uuid, list[i].info.domid,
			       zl_shown_name(&list[i], name, sizeof(name)));
	}
	if (rc == 0 && zl->json)
		return zl_print_json(zl, "zl.vm-list/1", all, err);
	json_object_put(all);
	return rc;
}
