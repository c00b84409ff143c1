/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows for <os>, <features> and <cpu>: how the guest boots and what its CPUs show. */
#include "field_rows.h"
#include "xentools/cpu_feature.h"

static FIELD_WORDS(os_types, WORD("hvm", 0), WORD("xenpvh", 0), WORD("xen", 0), WORD("linux", 0),
	{ "*", 0, FIELD_R, "the one guest type is \"hvm\"", NULL });

static FIELD_WORDS(os_archs, WORD("aarch64", DOMAIN_ARCH_AARCH64),
	WORD("armv7l", DOMAIN_ARCH_ARMV7L),
	{ "*", 0, FIELD_A, NULL, "write arch='aarch64'" });

static FIELD_WORDS(os_machines, WORD("xenpvh", 0), WORD("xenpv", 0),
	{ "*", 0, FIELD_A, NULL, "write machine='xenpvh'" });

static FIELD_WORDS(firmwares, WORD("efi", 0),
	{ "*", 0, FIELD_R, "there is no such firmware for Arm guests", NULL });

static FIELD_WORDS(gic_versions, WORD("host", 0), WORD("3", 3), WORD("2", 2));

static FIELD_WORDS(pmu_states, WORD("off", 0), WORD("on", 1));

FIELD_WORDS(field_yes_no, WORD("yes", 1), WORD("no", 0));

static FIELD_WORDS(firmware_features, WORD("secure-boot", 0), WORD("enrolled-keys", 0));

static FIELD_WORDS(secure_loader, WORD("no", 0),
	{ "yes", 0, FIELD_R, "secure boot cannot be promised", NULL });

static FIELD_WORDS(loader_types, WORD("rom", 0), WORD("pflash", 0));

static FIELD_WORDS(pass_states, WORD("off", 0), WORD("on", 1));

static FIELD_WORDS(cpu_modes, WORD("host-passthrough", 0),
	{ "maximum", 0, FIELD_W, "the guest sees the host's CPU", NULL },
	{ "host-model", 0, FIELD_W, "the guest sees the host's CPU", NULL },
	WORD("custom", 0));

static const struct field_range topology_range = { 1, DOMAIN_VCPUS_MAX };

/*
 * "sve", SVE_HOST, or "sve<N>" with N a multiple of 128 up to 2048: *bits; 0 for other names that
 * begin so, which are mistakes.
 */
static bool is_sve(const char *name, unsigned int *bits)
{
	unsigned long n;
	char *end;

	if (strncmp(name, "sve", 3) != 0 || (name[3] != '\0' && (name[3] < '0' || name[3] > '9')))
		return false;
	n = strtoul(name + 3, &end, 10);
	*bits = name[3] == '\0' ? SVE_HOST :
		*end == '\0' && n <= SVE_BITS_MAX && n % 128 == 0 ? (unsigned int)n : 0;
	return true;
}

static FIELD_WORDS(feature_policies, WORD("disable", 0), WORD("forbid", 0), WORD("optional", 0),
	WORD("require", 0),
	{ "force", 0, FIELD_W, "nothing is made that the host lacks", NULL });

/* SVE and the PMU, only on demand: off they are anyway. The longest vectors count. False: neither. */
static bool check_absent_feature(struct reader *r, const struct xml_node *node,
				 const struct field_row *row, const char *name,
				 const char *policy, bool off)
{
	struct domain_config *c = &r->build->cfg;
	unsigned int bits;

	if (strcmp(name, "pmu") == 0) {
		if (!off)
			c->vpmu = 1;
		return true;
	}
	if (!is_sve(name, &bits))
		return false;
	if (bits == 0)
		field_error(r, node, "name", "E346", NULL,
			    "\"%.20s\" is no vector length (128 to 2048 in steps of 128)", name);
	else if (!off && policy != NULL && strcmp(policy, "optional") == 0)
		(void)field_report_class(r, FIELD_W, node, row, name,
					 "a guest has SVE where it is required", NULL);
	else if (!off)
		c->sve_bits = MAX(c->sve_bits, bits);
	return true;
}

/*
 * What other processors have no guest has here. It may also be a slip, or something that cannot
 * be hidden: the guest would have it.
 */
static void report_unknown_feature(struct reader *r, const struct xml_node *node, const char *name)
{
	const char *meant = cpu_feature_nearest(name);
	char hint[64];

	if (meant != NULL)
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", meant);
	field_warning(r, node, "name", "W101", meant != NULL ? hint : NULL,
		      "\"%.20s\" is ignored: no feature of this name can be disabled", name);
}

FIELD_HANDLER(read_feature)
{
	const char *name = xml_attr_get(node, "name"), *policy = xml_attr_get(node, "policy");
	bool off = policy != NULL &&
		   (strcmp(policy, "disable") == 0 || strcmp(policy, "forbid") == 0);
	int n;

	if (name == NULL || check_absent_feature(r, node, row, name, policy, off))
		return;
	n = cpu_feature_find(name);
	if (n >= 0 && off)
		r->build->cfg.cpu_disabled |= UINT64_C(1) << n;
	else if (off)
		report_unknown_feature(r, node, name);
	else if (n < 0)
		(void)field_report_class(r, FIELD_W, node, row, name,
					 "the guest sees the host's CPU", NULL);
}

/* As in libvirt, the element alone is "on". */
FIELD_HANDLER(read_pmu)
{
	if (xml_attr_get(node, "state") == NULL)
		r->build->cfg.vpmu = 1;
}

FIELD_HANDLER(warn_topology)
{
	(void)field_report_class(r, FIELD_W, node, row, NULL, "guests see a flat set of vCPUs",
				 NULL);
}

/* Memory of NUMA cells: one node for the guest, all of it. */
FIELD_HANDLER(read_cell)
{
	r->build->numa_kib += r->build->cell_kib;
	r->build->cell_kib = 0;
}

FIELD_HANDLER(warn_numa)
{
	(void)field_report_class(r, FIELD_W, node, row, NULL, "the guest's memory is one node",
				 NULL);
}

FIELD_HANDLER(note_efi)
{
	r->build->cfg.firmware_efi = strcmp(value, "efi") == 0;
}

/* Firmware of x86 is known by its name. */
FIELD_HANDLER(read_loader)
{
	static const char *const x86[] = { "hvmloader", "OVMF", "ovmf", "seabios", "bios" };

	for (size_t i = 0; i < ARRAY_SIZE(x86); i++) {
		if (strstr(value, x86[i]) == NULL)
			continue;
		if (field_report_class(r, FIELD_A, node, row, "this firmware", NULL,
				       "write <os firmware='efi'>"))
			r->build->cfg.firmware_efi = true;
		return;
	}
	type_path.parse(r, node, row, value, &r->build->cfg.loader);
}

FIELD_HANDLER(check_fw_feature)
{
	const char *name = xml_attr_get(node, "name"), *on = xml_attr_get(node, "enabled");
	bool secure = name != NULL && strcmp(name, "secure-boot") == 0 && on != NULL &&
		      strcmp(on, "yes") == 0;

	(void)field_report_class(r, secure ? FIELD_R : FIELD_W, node, row, NULL,
				 secure ? "secure boot cannot be promised" :
				 "the firmware has no such switch", NULL);
}

/* Device passthrough needs an SMMU that this hypervisor does not drive. */
FIELD_HANDLER(read_passthrough)
{
	if (strcmp(value, "on") != 0)
		return;
	if (field_unserved(r, node, "state"))
		field_keep_text(r, DOMAIN_IN_FEATURES,
				"    <xen>\n      <passthrough state='on'/>\n    </xen>\n");
}

static const struct field_row rows[] = {
	ROW("domain/cpu", CONTAINER),
	ROW_W("domain/cpu/cache", "the guest sees the host's CPU"),
	ROW("domain/cpu/feature", .handler = read_feature, .flags = FIELD_REPEAT),
	ROW("domain/cpu/feature@name", .flags = FIELD_REQUIRED,
	    .note = "sve, or sve128 to sve2048: vectors as long as the host's, or of so many bits"),
	ROW("domain/cpu/feature@policy", WORDS(feature_policies)),
	ROW_W("domain/cpu/maxphysaddr", "the guest sees the host's CPU"),
	ROW_W("domain/cpu/model", "the guest sees the host's CPU"),
	ROW("domain/cpu/numa", .handler = warn_numa),
	ROW("domain/cpu/numa/cell", .handler = read_cell, .flags = FIELD_REPEAT | FIELD_VERBATIM),
	ROW_N("domain/cpu/numa/cell@cpus"),
	ROW_N("domain/cpu/numa/cell@discard"),
	ROW_N("domain/cpu/numa/cell@id"),
	ROW_N("domain/cpu/numa/cell@memAccess"),
	ROW("domain/cpu/numa/cell@memory", .type = &type_size, INTO(cell_kib), .code = "E341"),
	ROW("domain/cpu/numa/cell@unit", CONTAINER),
	ROW_W("domain/cpu/numa/interconnects", "the guest's memory is one node"),
	ROW("domain/cpu/topology", .handler = warn_topology),
	ROW("domain/cpu/topology@clusters", .type = &type_uint, INTO(topology[2]),
	    .arg = &topology_range),
	ROW("domain/cpu/topology@cores", .type = &type_uint, INTO(topology[3]),
	    .arg = &topology_range),
	ROW("domain/cpu/topology@dies", .type = &type_uint, INTO(topology[1]),
	    .arg = &topology_range),
	ROW("domain/cpu/topology@sockets", .type = &type_uint, INTO(topology[0]),
	    .arg = &topology_range),
	ROW("domain/cpu/topology@threads", .type = &type_uint, INTO(topology[4]),
	    .arg = &topology_range),
	ROW_W("domain/cpu/vendor", "the guest sees the host's CPU"),
	ROW_N("domain/cpu@check"),
	ROW_N("domain/cpu@match"),
	ROW_N("domain/cpu@migratable"),
	ROW("domain/cpu@mode", WORDS(cpu_modes)),
	ROW("domain/features", CONTAINER),
	ROW_W("domain/features/acpi", "guests get a device tree"),
	ROW_W("domain/features/apic", NOT_ON_ARM),
	ROW_W("domain/features/async-teardown",
	    "a dead guest's memory is always given back in pieces"),
	ROW_R("domain/features/capabilities", "E371", "containers are not domains"),
	ROW_W("domain/features/ccf-assist", NOT_ON_ARM),
	ROW_W("domain/features/cfpc", NOT_ON_ARM),
	ROW("domain/features/gic", CONTAINER),
	ROW("domain/features/gic@version", .type = &type_enum, INTO(cfg.gic_version),
	    .arg = gic_versions),
	ROW_W("domain/features/hap", "stage 2 translation is always used"),
	ROW_W("domain/features/hpt", NOT_ON_ARM),
	ROW_W("domain/features/htm", NOT_ON_ARM),
	ROW_W("domain/features/hyperv", NOT_ON_ARM),
	ROW_W("domain/features/ibs", NOT_ON_ARM),
	ROW_W("domain/features/ioapic", NOT_ON_ARM),
	ROW_W("domain/features/kvm", NOT_ON_ARM),
	ROW_W("domain/features/msrs", NOT_ON_ARM),
	ROW_W("domain/features/nested-hv", NOT_ON_ARM),
	ROW_W("domain/features/pae", NOT_ON_ARM),
	ROW("domain/features/pmu", .handler = read_pmu),
	ROW("domain/features/pmu@state", .type = &type_enum, INTO(cfg.vpmu), .arg = pmu_states),
	ROW_W("domain/features/privnet", NOT_ON_ARM),
	ROW_W("domain/features/pvspinlock", NOT_ON_ARM),
	ROW_W("domain/features/ras", NOT_ON_ARM),
	ROW_W("domain/features/sbbc", NOT_ON_ARM),
	ROW_W("domain/features/smm", NOT_ON_ARM),
	ROW_W("domain/features/tcg", NOT_ON_ARM),
	ROW_W("domain/features/viridian", NOT_ON_ARM),
	ROW_W("domain/features/vmcoreinfo", NOT_ON_ARM),
	ROW_W("domain/features/vmport", NOT_ON_ARM),
	ROW("domain/features/xen", CONTAINER),
	ROW_W("domain/features/xen/e820_host", NOT_ON_ARM),
	ROW("domain/features/xen/passthrough", CONTAINER),
	ROW_W("domain/features/xen/passthrough@mode", NOT_ON_ARM),
	ROW("domain/features/xen/passthrough@state", WORDS(pass_states), .flags = FIELD_REQUIRED,
	    .handler = read_passthrough, .note = "with on " FIELD_LATER),
	ROW("domain/os", CONTAINER),
	ROW_W("domain/os/acpi", "guests get a device tree"),
	ROW_W("domain/os/bios", "there is no BIOS"),
	ROW_W("domain/os/boot", "there is no boot order with a kernel"),
	ROW_W("domain/os/bootmenu", "there is no boot menu"),
	ROW("domain/os/cmdline", .type = &type_line, INTO(cfg.cmdline), .code = "E303"),
	ROW("domain/os/dtb", .type = &type_path, INTO(cfg.dtb), .code = "E302",
	    .note = "a device tree blob whose nodes are added to the guest's own tree, for devices "
		    "that z:iomem and z:irq give it; it cannot replace what the guest's tree has",
	    .flags = FIELD_FILE),
	ROW("domain/os/firmware", CONTAINER),
	ROW("domain/os/firmware/feature", .handler = check_fw_feature, .flags = FIELD_REPEAT),
	ROW("domain/os/firmware/feature@enabled", WORDS(field_yes_no)),
	ROW("domain/os/firmware/feature@name", WORDS(firmware_features), .code = "E305"),
	ROW_W("domain/os/firmware@type", "write <os firmware='efi'>"),
	ROW_R("domain/os/idmap", "E306", "containers are not domains"),
	ROW_R("domain/os/init", "E306", "containers are not domains"),
	ROW_R("domain/os/initarg", "E306", "containers are not domains"),
	ROW_R("domain/os/initdir", "E306", "containers are not domains"),
	ROW_R("domain/os/initenv", "E306", "containers are not domains"),
	ROW_R("domain/os/initgroup", "E306", "containers are not domains"),
	ROW("domain/os/initrd", .type = &type_path, INTO(cfg.initrd), .code = "E302",
	    .flags = FIELD_FILE, .hint = "give the path in the control domain, from /"),
	ROW_R("domain/os/inituser", "E306", "containers are not domains"),
	ROW("domain/os/kernel", .type = &type_path, INTO(cfg.kernel), .code = "E302",
	    .flags = FIELD_FILE, .hint = "give the path in the control domain, from /"),
	ROW("domain/os/loader", .handler = read_loader, .flags = FIELD_TEXT, .code = "E302"),
	ROW_N("domain/os/loader@format"),
	ROW("domain/os/loader@readonly", WORDS(field_yes_no), .code = "E305"),
	ROW("domain/os/loader@secure", WORDS(secure_loader), .code = "E305"),
	ROW_N("domain/os/loader@stateless"),
	ROW("domain/os/loader@type", WORDS(loader_types), .code = "E305"),
	ROW_W("domain/os/nvram", "there are no stored firmware variables"),
	ROW_W("domain/os/smbios", "there are no SMBIOS tables"),
	ROW("domain/os/type", WORDS(os_types), .code = "E204"),
	ROW("domain/os/type@arch", .type = &type_enum, INTO(cfg.arch), .arg = os_archs,
	    .code = "E205"),
	ROW("domain/os/type@machine", WORDS(os_machines), .code = "E205"),
	ROW("domain/os@firmware", WORDS(firmwares), .handler = note_efi, .code = "E305"),
};

const struct field_table fields_os = { rows, ARRAY_SIZE(rows) };
