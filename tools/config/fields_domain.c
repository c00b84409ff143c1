/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows for what stands directly in <domain>: identity, memory, CPUs and their tuning, what to
 * do at the end of a life. See field_table.h for how to add one.
 */
#include "field_rows.h"
#include "xentools/strbuf.h"

static FIELD_WORDS(domain_types, WORD("xen", 0),
	{ "kvm", 0, FIELD_A, NULL, "write type='xen'" },
	{ "qemu", 0, FIELD_A, NULL, "write type='xen'" },
	{ "hvf", 0, FIELD_A, NULL, "write type='xen'" },
	{ "*", 0, FIELD_R, "only type='xen' describes a guest of this hypervisor", NULL });

static FIELD_WORDS(end_actions, WORD("destroy", DOMAIN_ACTION_DESTROY),
	WORD("restart", DOMAIN_ACTION_RESTART), WORD("preserve", DOMAIN_ACTION_PRESERVE),
	WORD("rename-restart", DOMAIN_ACTION_RENAME_RESTART));

static FIELD_WORDS(crash_actions, WORD("destroy", DOMAIN_ACTION_DESTROY),
	WORD("restart", DOMAIN_ACTION_RESTART), WORD("preserve", DOMAIN_ACTION_PRESERVE),
	WORD("rename-restart", DOMAIN_ACTION_RENAME_RESTART),
	WORD("coredump-destroy", DOMAIN_ACTION_COREDUMP_DESTROY),
	WORD("coredump-restart", DOMAIN_ACTION_COREDUMP_RESTART));

static FIELD_WORDS(placements, WORD("static", 0),
	{ "auto", 0, FIELD_W, "there is no placement advisor", NULL });

static const struct field_range vcpu_range = { 1, DOMAIN_VCPUS_MAX };
static const struct field_range vcpu_id_range = { 0, DOMAIN_VCPUS_MAX - 1 };
static const struct field_range shares_range = { 1, 262144 };
static const struct field_range period_range = { 1, 1000000000 };

FIELD_HANDLER(check_name)
{
	const char *why, *name = r->build->cfg.name;

	if (name == NULL)
		return;
	why = domain_name_problem(name);
	if (why != NULL)
		field_error(r, node, NULL, row->code, NULL, "%s", why);
}

/* It says nothing, and libvirt refuses it. */
FIELD_HANDLER(drop_empty_title)
{
	char **title = &r->build->cfg.title;

	if (*title == NULL || (*title)[0] != '\0')
		return;
	free(*title);
	*title = NULL;
	(void)field_report_class(r, FIELD_N, node, row, NULL, "it is empty", NULL);
}

/* A label of Xen's security modules, the same as z:xsm; others are the control domain's. */
FIELD_HANDLER(check_seclabel)
{
	const char *model = xml_attr_get(node, "model");
	const struct xml_node *label = xml_child(node, "label");
	const char *relabel = xml_attr_get(node, "relabel");

	if (model == NULL || strcmp(model, "xsm") != 0)
		(void)field_report_class(r, FIELD_W, node, row, NULL,
					 "host security labels do not apply to guests", NULL);
	else if (label != NULL && field_unserved(r, label, NULL))
		type_line.parse(r, label, row, label->text, &r->build->cfg.xsm_label);
	if (label != NULL && relabel != NULL && strcmp(relabel, "yes") == 0 &&
	    model != NULL && strcmp(model, "xsm") == 0)
		field_warning(r, node, "relabel", "W101", NULL, "ignored: nothing is relabelled");
}

/* Online are the first n of the list; which of them are given one by one is only a way to say n. */
FIELD_HANDLER(read_vcpu_list)
{
	bool off[DOMAIN_VCPUS_MAX] = { false };
	unsigned int n = 0, listed = 0;

	for (const struct xml_node *v = node->first; v != NULL; v = v->next) {
		const char *id = xml_attr_get(v, "id"), *on = xml_attr_get(v, "enabled");
		uint32_t k;

		if (v->uri != NULL || id == NULL || parse_u32(id, 0, DOMAIN_VCPUS_MAX - 1, &k) < 0)
			continue;	/* the walk has the words for it */
		off[k] = on != NULL && strcmp(on, "no") == 0;
		listed = k + 1 > listed ? k + 1 : listed;
	}
	r->build->vcpus_listed = listed;
	while (n < listed && !off[n])
		n++;
	for (unsigned int k = n; k < listed; k++)
		if (!off[k] && !field_report_class(r, FIELD_D, node, row, NULL,
						   "the vCPUs that are online are the first ones",
						   NULL))
			return;
	if (listed == 0 || n == listed)
		return;
	if (n == 0)
		field_error(r, node, NULL, "E343", NULL, "vCPU 0 must be enabled");
	r->build->cfg.vcpus_current = n;
	r->build->vcpus_current_set = true;
}

/*
 * Is every namespace prefix used below top declared at or below it? Else the copy would not
 * stand alone.
 */
static bool stands_alone(const struct xml_node *top, const struct xml_node *node,
			 const char *prefix)
{
	if (prefix != NULL && strcmp(prefix, "xml") == 0)
		return true;
	for (;; node = node->parent) {
		for (size_t i = 0; i < node->declared_count; i++)
			if (strcmp(node->declared[i], prefix != NULL ? prefix : "") == 0)
				return true;
		if (node == top)
			return false;
	}
}

static bool check_metadata_child(struct reader *r, const struct xml_node *top)
{
	const struct xml_node *end = xml_next(top, true);

	if (top->uri == NULL) {
		field_error(r, top, NULL, "E352", NULL, "elements of metadata need a namespace");
		return false;
	}
	for (const struct xml_node *s = top->parent->first; s != top; s = s->next) {
		if (s->uri != NULL && strcmp(s->uri, top->uri) == 0) {
			field_error(r, top, NULL, "E363", NULL,
				    "namespace given more than once (first in line %u)", s->line);
			return false;
		}
	}
	/* Ours: read by its rows, written back from what was read. */
	if (strcmp(top->uri, CONFIG_NAMESPACE) == 0) {
		(void)field_walk(r, top);
		return false;
	}
	for (const struct xml_node *n = top; n != end; n = xml_next(n, false)) {
		bool ok = n->uri == NULL || stands_alone(top, n, n->prefix);

		for (size_t i = 0; i < n->attr_count; i++)
			ok = ok && (n->attrs[i].prefix == NULL ||
				    stands_alone(top, n, n->attrs[i].prefix));
		if (!ok) {
			field_error(r, n, NULL, "E352", "declare it on the child of <metadata>",
				    "its namespace prefix is declared outside of metadata");
			return false;
		}
	}
	return true;
}

FIELD_HANDLER(read_metadata)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	for (const struct xml_node *n = node->first; n != NULL; n = n->next) {
		if (!check_metadata_child(r, n) || n->end <= n->begin)
			continue;
		if (text.len > 0)
			strbuf_addstr(&text, "\n    ");
		strbuf_add(&text, r->tree->text + n->begin, n->end - n->begin);
	}
	if (text.failed)
		r->rc = -ENOMEM;
	else if (text.len > 0)
		r->build->cfg.metadata = strbuf_steal(&text);
}

static const struct field_row rows[] = {
	ROW("domain", CONTAINER),
	ROW_W("domain/blkiotune", "there is no such control"),
	ROW_D("domain/bootloader", "E304", "guest disks are never parsed in the control domain",
	    "boot a kernel by <os><kernel>"),
	ROW_D("domain/bootloader_args", "E304",
	    "guest disks are never parsed in the control domain", "boot a kernel by <os><kernel>"),
	ROW("domain/cputune", CONTAINER),
	ROW_D("domain/cputune/cachetune", "E349", "caches are not partitioned", NULL),
	ROW_W("domain/cputune/emulator_period", "there are no such threads"),
	ROW_W("domain/cputune/emulator_quota", "there are no such threads"),
	ROW_W("domain/cputune/emulatorpin", "there are no such threads"),
	ROW_W("domain/cputune/emulatorsched", "there are no such threads"),
	ROW_W("domain/cputune/emulatorthreads", "there are no such threads"),
	ROW("domain/cputune/global_period", .type = &type_uint, INTO(global_period),
	    .arg = &period_range, .code = "E347"),
	ROW("domain/cputune/global_quota", .type = &type_int, INTO(global_quota),
	    SETS(global_quota_set), .code = "E347"),
	ROW_W("domain/cputune/iothread_period", "there are no such threads"),
	ROW_W("domain/cputune/iothread_quota", "there are no such threads"),
	ROW_W("domain/cputune/iothreadpin", "there are no such threads"),
	ROW_W("domain/cputune/iothreadsched", "there are no such threads"),
	ROW_D("domain/cputune/memorytune", "E349", "memory bandwidth is not partitioned", NULL),
	ROW("domain/cputune/period", .type = &type_uint, INTO(period), .arg = &period_range,
	    .code = "E347"),
	ROW("domain/cputune/quota", .type = &type_int, INTO(quota), SETS(quota_set),
	    .code = "E347"),
	ROW("domain/cputune/shares", .type = &type_uint, INTO(shares), .arg = &shares_range,
	    .code = "E345"),
	ROW("domain/cputune/vcpupin", .flags = FIELD_REPEAT),
	ROW("domain/cputune/vcpupin@cpuset", .flags = FIELD_REQUIRED),
	ROW("domain/cputune/vcpupin@vcpu", .flags = FIELD_REQUIRED),
	ROW_W("domain/cputune/vcpusched", "the hypervisor schedules vCPUs, not the control domain"),
	ROW("domain/currentMemory", .type = &type_size, INTO(cfg.current_kib),
	    SETS(current_set), .code = "E341"),
	ROW("domain/currentMemory@unit", CONTAINER),
	ROW_W("domain/defaultiothread", "there are no such threads"),
	ROW("domain/description", .type = &type_text, INTO(cfg.description)),
	ROW_W("domain/genid", "there is no generation counter device"),
	ROW_R("domain/idmap", "E371", "containers are not domains"),
	ROW_W("domain/iothreadids", "there are no such threads"),
	ROW_W("domain/iothreads", "there are no such threads"),
	ROW_R("domain/keywrap", "E371", "the promise of confidential computing cannot be kept"),
	ROW_R("domain/launchSecurity", "E371",
	    "the promise of confidential computing cannot be kept"),
	ROW_W("domain/maxMemory", "there is no memory hotplug; the guest gets <memory>"),
	ROW("domain/memory", .type = &type_size, INTO(cfg.memory_kib), .code = "E341"),
	ROW_W("domain/memory@dumpCore", "dumps are asked for with dump-core"),
	ROW_W("domain/memory@nodeset", "place the guest with a cpuset"),
	ROW("domain/memory@unit", CONTAINER),
	ROW("domain/memoryBacking", CONTAINER),
	ROW_W("domain/memoryBacking/access", "guest memory is always private"),
	ROW_W("domain/memoryBacking/allocation", "guest memory is always allocated at start"),
	ROW_W("domain/memoryBacking/discard", "guest memory is always resident"),
	ROW_W("domain/memoryBacking/hugepages", "large pages are always tried"),
	ROW_W("domain/memoryBacking/locked", "guest memory is always resident"),
	ROW("domain/memoryBacking/nosharepages", SETS(cfg.no_sharing)),
	ROW_W("domain/memoryBacking/source", "guest memory is always resident"),
	ROW_W("domain/memtune", "guest memory is not the control domain's"),
	ROW("domain/metadata", .handler = read_metadata, .flags = FIELD_VERBATIM),
	ROW("domain/name", .type = &type_line, INTO(cfg.name), .handler = check_name,
	    .code = "E202"),
	ROW_W("domain/numatune", "place the guest with a cpuset"),
	ROW("domain/on_crash", .type = &type_enum, INTO(cfg.on_crash), .arg = crash_actions),
	ROW_W("domain/on_lockfailure", "there is no lock manager"),
	ROW("domain/on_poweroff", .type = &type_enum, INTO(cfg.on_poweroff), .arg = end_actions),
	ROW("domain/on_reboot", .type = &type_enum, INTO(cfg.on_reboot), .arg = end_actions),
	ROW_W("domain/perf", "there are no such events"),
	ROW_W("domain/pm", "there is no ACPI sleep"),
	ROW_W("domain/resource", "there are no control groups for guests"),
	ROW("domain/seclabel", .handler = check_seclabel, .flags = FIELD_REPEAT | FIELD_VERBATIM),
	ROW("domain/seclabel@model", CONTAINER),
	ROW("domain/seclabel@relabel", CONTAINER),
	ROW("domain/seclabel@type", CONTAINER),
	ROW_W("domain/sysinfo", "there are no SMBIOS tables"),
	ROW("domain/title", .type = &type_line, INTO(cfg.title), .handler = drop_empty_title),
	ROW("domain/uuid", .type = &type_uuid, INTO(cfg.uuid), SETS(cfg.uuid_set),
	    .code = "E203"),
	ROW("domain/vcpu", .type = &type_unsigned, INTO(cfg.vcpus_max), .arg = &vcpu_range,
	    .code = "E343"),
	ROW("domain/vcpu@cpuset", .type = &type_cpuset, INTO(cfg.affinity),
	    SETS(cfg.affinity_set)),
	ROW("domain/vcpu@current", .type = &type_unsigned, INTO(cfg.vcpus_current), .arg = &vcpu_range,
	    SETS(vcpus_current_set), .code = "E343"),
	ROW("domain/vcpu@placement", WORDS(placements)),
	ROW("domain/vcpus", .handler = read_vcpu_list),
	ROW("domain/vcpus/vcpu", .flags = FIELD_REPEAT),
	ROW("domain/vcpus/vcpu@enabled", WORDS(field_yes_no)),
	ROW_W("domain/vcpus/vcpu@hotpluggable", "all but the first are"),
	ROW("domain/vcpus/vcpu@id", .type = &type_uint, INTO(vcpu_id), .arg = &vcpu_id_range,
	    .flags = FIELD_REQUIRED, .code = "E343"),
	ROW_W("domain/vcpus/vcpu@order", "it is that of the numbers"),
	ROW_N("domain@id"),
	ROW("domain@type", WORDS(domain_types), .code = "E204", .flags = FIELD_REQUIRED,
	    .hint = "write <domain type='xen'>"),
};

const struct field_table fields_domain = { rows, ARRAY_SIZE(rows) };
