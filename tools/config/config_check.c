/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that need more than one field, one function each. They run after the walk, also when it
 * found errors, so that one run tells everything; a rule stays silent about a field that is
 * already in error. Defaults that depend on another field are filled in here.
 */
#include "field_table.h"

/* The node at "a/b" below the root, or NULL. */
static const struct xml_node *find(struct reader *r, const char *outer, const char *inner)
{
	const struct xml_node *n = xml_child(r->tree->root, outer);

	return n != NULL && inner != NULL ? xml_child(n, inner) : n;
}

static void rule_required(struct reader *r)
{
	if (find(r, "name", NULL) == NULL)
		field_error(r, r->tree->root, NULL, "E201",
			    r->xl ? "add name = \"web1\"" : "add <name>web1</name>",
			    "the name is missing");
	if (find(r, "memory", NULL) == NULL && r->build->numa_kib == 0)
		field_error(r, r->tree->root, NULL, "E340",
			    r->xl ? "add memory = 512" : "add <memory unit='MiB'>512</memory>",
			    "the amount of memory is missing");
}

static void rule_memory(struct reader *r)
{
	struct domain_config *c = &r->build->cfg;
	const struct xml_node *memory = find(r, "memory", NULL);

	if (r->build->numa_kib != 0)
		c->memory_kib = r->build->numa_kib;	/* as libvirt has it; warned of in <numa> */
	if (memory == NULL)
		memory = find(r, "cpu", "numa");
	if (memory == NULL || c->memory_kib == 0)
		return;
	if (c->memory_kib < DOMAIN_MEMORY_MIN_KIB)
		field_error(r, memory, NULL, "E341", NULL,
			    "%" PRIu64 " KiB are too little (at least %u KiB)", c->memory_kib,
			    DOMAIN_MEMORY_MIN_KIB);
	if (!r->build->current_set)
		c->current_kib = c->memory_kib;
	if (c->current_kib == 0)
		return;
	if (c->current_kib > c->memory_kib)
		field_error(r, find(r, "currentMemory", NULL), NULL, "E342",
			    "<memory> is the maximum, <currentMemory> the amount at start",
			    "%" PRIu64 " KiB are more than the maximum of %" PRIu64 " KiB",
			    c->current_kib, c->memory_kib);
	else if (c->current_kib < DOMAIN_MEMORY_MIN_KIB && r->build->current_set)
		field_error(r, find(r, "currentMemory", NULL), NULL, "E341", NULL,
			    "%" PRIu64 " KiB are too little (at least %u KiB)", c->current_kib,
			    DOMAIN_MEMORY_MIN_KIB);
	else if (c->no_balloon && c->current_kib < c->memory_kib)
		field_error(r, find(r, "currentMemory", NULL), NULL, "E342",
			    "leave <currentMemory> out, or model='none' of <memballoon>",
			    "without a balloon the guest has all of its memory");
}

static void rule_vcpus(struct reader *r)
{
	struct domain_config *c = &r->build->cfg;

	if (find(r, "vcpu", NULL) == NULL)
		c->vcpus_max = 1;
	if (c->vcpus_max == 0)
		return;
	if (r->build->vcpus_listed > c->vcpus_max)
		field_error(r, find(r, "vcpus", NULL), NULL, "E343", NULL,
			    "there is no vCPU %u: <vcpu> allows %u", r->build->vcpus_listed - 1,
			    c->vcpus_max);
	if (!r->build->vcpus_current_set)
		c->vcpus_current = c->vcpus_max;
	else if (c->vcpus_current > c->vcpus_max)
		field_error(r, find(r, "vcpu", NULL), "current", "E343", NULL,
			    "%u vCPUs at start are more than the maximum of %u", c->vcpus_current,
			    c->vcpus_max);
	if (c->gic_version == 2 && c->vcpus_max > 8)
		field_error(r, find(r, "vcpu", NULL), NULL, "E341", "write <gic version='3'/>",
			    "a version 2 interrupt controller serves 8 vCPUs, not %u",
			    c->vcpus_max);
}

static int compare_pins(const void *a, const void *b)
{
	const struct domain_vcpupin *pa = a, *pb = b;

	return pa->vcpu < pb->vcpu ? -1 : pa->vcpu > pb->vcpu;
}

static void add_pin(struct reader *r, const struct xml_node *node, unsigned int vcpu,
		    const struct cpuset *cpus)
{
	struct domain_config *c = &r->build->cfg;
	struct domain_vcpupin *pins;

	for (size_t i = 0; i < c->pin_count; i++) {
		if (c->pins[i].vcpu == vcpu) {
			field_error(r, node, "vcpu", "E348", NULL, "vCPU %u is pinned twice", vcpu);
			return;
		}
	}
	pins = realloc(c->pins, (c->pin_count + 1) * sizeof(*pins));
	if (pins == NULL) {
		r->rc = -ENOMEM;
		return;
	}
	c->pins = pins;
	pins[c->pin_count++] = (struct domain_vcpupin){ .vcpu = vcpu, .cpus = *cpus };
}

static void read_pin(struct reader *r, const struct xml_node *node)
{
	static const struct field_row cpuset_row = { .path = "domain/cputune/vcpupin@cpuset" };
	const char *vcpu = xml_attr_get(node, "vcpu"), *list = xml_attr_get(node, "cpuset");
	static const struct cpuset none;
	struct cpuset cpus = none;
	uint32_t n;

	if (vcpu == NULL || list == NULL)
		return;		/* the walk has said so */
	type_cpuset.parse(r, node, &cpuset_row, list, &cpus);
	vcpu = field_trim(r, vcpu);
	if (vcpu == NULL)
		return;
	if (parse_u32(vcpu, 0, UINT32_MAX, &n) < 0)
		field_error(r, node, "vcpu", "E348", NULL, "\"%.20s\" is not a vCPU number", vcpu);
	else if (r->build->cfg.vcpus_max != 0 && n >= r->build->cfg.vcpus_max)
		field_error(r, node, "vcpu", "E348", NULL,
			    "there is no vCPU %" PRIu32 " (the domain has %u, from 0)", n,
			    r->build->cfg.vcpus_max);
	else if (memcmp(&cpus, &none, sizeof(cpus)) != 0)
		add_pin(r, node, n, &cpus);
}

static void rule_pins(struct reader *r)
{
	struct domain_config *c = &r->build->cfg;
	const struct xml_node *tune = find(r, "cputune", NULL);

	if (tune == NULL)
		return;
	for (const struct xml_node *n = tune->first; n != NULL; n = n->next)
		if (n->uri == NULL && strcmp(n->name, "vcpupin") == 0)
			read_pin(r, n);
	if (c->pin_count > 1)
		qsort(c->pins, c->pin_count, sizeof(c->pins[0]), compare_pins);
}

/*
 * Per cent of one CPU, rounded, at least 1. Quotas of 2^40 us and more are clipped: no CPU has
 * them.
 */
static unsigned int cap_per_cent(int64_t quota, uint64_t period, unsigned int vcpus)
{
	uint64_t q = quota > (int64_t)1 << 40 ? (uint64_t)1 << 40 : (uint64_t)quota;
	uint64_t cap = (100 * q * vcpus + period / 2) / period;

	if (cap < 1)
		return 1;
	return cap > UINT16_MAX ? UINT16_MAX : (unsigned int)cap;
}

/* Shares of Linux are 1024 where a weight is 256, in files for its hypervisor. */
static unsigned int weight_of_shares(struct reader *r)
{
	const char *type = xml_attr_get(r->tree->root, "type");
	uint64_t shares = r->build->shares;
	const struct xml_node *node = shares != 0 ? find(r, "cputune", "shares") : NULL;

	if (shares != 0 && type != NULL && strcmp(type, "xen") != 0) {
		shares = MIN(MAX(shares / 4, 1u), 65535u);
		field_warning(r, node, NULL, "W201", NULL, "the weight is %" PRIu64, shares);
	} else if (shares > 65535) {
		field_error(r, node, NULL, "E345", NULL,
			    "%" PRIu64 " is out of range (1 to 65535)", shares);
	}
	return (unsigned int)shares;
}

static void rule_scheduling(struct reader *r)
{
	struct config_build *b = r->build;
	const struct xml_node *tune = find(r, "cputune", NULL);
	const uint64_t default_period = 100000;		/* libvirt's, in microseconds */

	b->cfg.weight = weight_of_shares(r);
	if (b->quota_set && b->global_quota_set) {
		field_error(r, tune, NULL, "E347", "keep one of them",
			    "quota and global_quota contradict each other");
		return;
	}
	if (b->quota_set && b->quota > 0)
		b->cfg.cap = cap_per_cent(b->quota, b->period ? b->period : default_period,
					  b->cfg.vcpus_current);
	if (b->global_quota_set && b->global_quota > 0)
		b->cfg.cap = cap_per_cent(b->global_quota,
					  b->global_period ? b->global_period : default_period, 1);
	if (b->sched_set && b->sched_weight != 0)
		b->cfg.weight = b->sched_weight;
	if (b->sched_set && b->sched_cap <= UINT16_MAX)
		b->cfg.cap = b->sched_cap;
}

static void rule_soft(struct reader *r)
{
	struct domain_config *c = &r->build->cfg;

	for (size_t i = 0; i < c->soft_pin_count; i++)
		if (c->vcpus_max != 0 && c->soft_pins[i].vcpu >= c->vcpus_max)
			field_error(r, find(r, "metadata", NULL), NULL, "E348", NULL,
				    "z:affinity: there is no vCPU %u (the domain has %u, from 0)",
				    c->soft_pins[i].vcpu, c->vcpus_max);
	if (c->soft_pin_count > 1)
		qsort(c->soft_pins, c->soft_pin_count, sizeof(c->soft_pins[0]), compare_pins);
}

/* What only a kernel takes; a conversion leaves it out. */
static void no_kernel(struct reader *r, const char *name, char **value)
{
	if (find(r, "os", name) == NULL)
		return;
	field_warning(r, find(r, "os", name), NULL, "W401", NULL, "has no effect without a kernel");
	if (r->opt != NULL && (r->opt->flags & CONFIG_CONVERT)) {
		free(*value);
		*value = NULL;
	}
}

static void rule_boot(struct reader *r)
{
	const struct xml_node *os = find(r, "os", NULL);

	bool kernel = find(r, "os", "kernel") != NULL, loader = find(r, "os", "loader") != NULL;
	bool firmware = os != NULL && xml_attr_get(os, "firmware") != NULL;

	if (kernel && (loader || firmware))
		field_error(r, find(r, "os", "kernel"), NULL, "E307", "keep one of them",
			    "a kernel and a firmware are two ways to boot");
	if (!kernel && !loader && !firmware && r->opt != NULL && (r->opt->flags & CONFIG_CONVERT)) {
		field_warning(r, os != NULL ? os : r->tree->root, NULL, "W203", NULL,
			      "there is nothing to boot: firmware='efi' is written");
		r->build->cfg.firmware_efi = true;
	} else if (!kernel && !loader && !firmware)
		field_error(r, os != NULL ? os : r->tree->root, NULL, "E301",
			    r->xl ? "add kernel = \"/path/of/Image\"" :
				    "add <os><kernel>/path/of/Image</kernel></os>",
			    "there is nothing to boot: no kernel is named");
	if (!kernel) {
		no_kernel(r, "initrd", &r->build->cfg.initrd);
		no_kernel(r, "cmdline", &r->build->cfg.cmdline);
	}
}

static void rule_cmdline(struct reader *r)
{
	const char *cmdline = r->build->cfg.cmdline;

	if (cmdline != NULL && strlen(cmdline) > DOMAIN_CMDLINE_MAX)
		field_error(r, find(r, "os", "cmdline"), NULL, "E303", NULL,
			    "%zu bytes are too long (at most %u)", strlen(cmdline),
			    DOMAIN_CMDLINE_MAX);
}

/*
 * RAM from 1 GiB to 4 GiB, the rest from 8 GiB on (tools/build/guest_layout.c), must be where the
 * guest can address it.
 */
static void rule_pa_bits(struct reader *r)
{
	const uint64_t gib = 1024 * 1024;
	const struct domain_config *c = &r->build->cfg;
	uint64_t end = c->memory_kib > 3 * gib ? c->memory_kib + 5 * gib : c->memory_kib + gib;

	if (c->pa_bits != 0 && end > UINT64_C(1) << (c->pa_bits - 10))
		field_error(r, find(r, "memory", NULL), NULL, "E344", "raise pa-bits of <z:cpu>",
			    "%" PRIu64 " KiB do not fit %u bits of physical address",
			    c->memory_kib, c->pa_bits);
}

static void rule_topology(struct reader *r)
{
	const struct xml_node *node = find(r, "cpu", "topology");
	uint64_t product = 1;

	if (node == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(r->build->topology); i++)
		product *= r->build->topology[i] != 0 ? r->build->topology[i] : 1;
	if (r->build->cfg.vcpus_max != 0 && product != r->build->cfg.vcpus_max)
		field_error(r, node, NULL, "E345", NULL,
			    "the topology has %" PRIu64 " vCPUs, the domain %u", product,
			    r->build->cfg.vcpus_max);
}

static void rule_sve(struct reader *r)
{
	const struct domain_config *c = &r->build->cfg;

	if (c->sve_bits != 0 && c->arch == DOMAIN_ARCH_ARMV7L)
		field_error(r, find(r, "cpu", "feature"), NULL, "E346", NULL,
			    "a 32-bit guest has no SVE");
}

/* The other end of an interface's route. */
static void read_gateway(struct reader *r, const struct xml_node *n, struct domain_nic *nic)
{
	const char *dev = xml_attr_get(n, "dev");
	const char *problem = dev != NULL ? domain_ifname_problem(dev) : NULL;

	if (nic == NULL || nic->bridge[0] != '\0' || nic->network != NULL)
		field_error(r, n, "interface", "E353", NULL,
			    "no interface of type ethernet has this number");
	else if (problem != NULL)
		field_error(r, n, "dev", "E353", NULL, "%s", problem);
	else if (dev != NULL)
		strcpy(nic->gatewaydev, dev);	/* a good name fits */
}

/* In what pieces an interface may send; <bandwidth> has no place for it. */
static void read_interval(struct reader *r, const struct xml_node *n, struct domain_nic *nic)
{
	const char *interval = xml_attr_get(n, "interval");

	if (nic == NULL || nic->rate_kib == 0)
		field_error(r, n, "interface", "E353", "its <bandwidth> has <outbound average>",
			    "no interface with a rate has this number");
	else if (interval != NULL && parse_u32(interval, 1, NIC_USEC_MAX, &nic->rate_usec) < 0)
		field_error(r, n, "interval", "E353", NULL,
			    "\"%.20s\" is no number from 1 to %u", interval, NIC_USEC_MAX);
}

/* z:gateway and z:rate name interfaces, which are known only now. */
static void rule_interfaces(struct reader *r)
{
	struct domain_config *c = &r->build->cfg;
	uint64_t gateways = 0, rates = 0;	/* which interfaces have had one */

	for (const struct xml_node *n = config_extension(r); n != NULL; n = n->next) {
		const char *index = xml_attr_get(n, "interface");
		uint64_t *had = strcmp(n->name, "gateway") == 0 ? &gateways :
				strcmp(n->name, "rate") == 0 ? &rates : NULL;
		struct domain_nic *nic = NULL;
		uint32_t i;

		if (had == NULL || index == NULL)
			continue;	/* another element, or the walk has said so */
		if (parse_u32(index, 0, 63, &i) == 0 && i < c->nic_count)
			nic = &c->nics[i];
		if (nic != NULL && *had & 1ull << i)
			field_error(r, n, "interface", "E353", NULL,
				    "interface %u has two of them", i);
		else if (had == &gateways)
			read_gateway(r, n, nic);
		else
			read_interval(r, n, nic);
		if (nic != NULL)
			*had |= 1ull << i;
	}
}

/* The reader of disks has looked for theirs: what is left over is nobody's. */
static void rule_scripts(struct reader *r)
{
	const struct domain_config *c = &r->build->cfg;
	const struct xml_node *first = config_extension(r);

	for (const struct xml_node *n = first; n != NULL; n = n->next) {
		const char *disk = xml_attr_get(n, "disk");
		size_t i = 0;

		if (strcmp(n->name, "script") != 0 || disk == NULL)
			continue;
		while (i < c->disk_count && strcmp(c->disks[i].target, disk) != 0)
			i++;
		if (i == c->disk_count)
			field_error(r, n, "disk", "E353", NULL, "no disk is called \"%.40s\"",
				    disk);
		if (config_disk_script(r, disk) != n)
			field_error(r, n, "disk", "E353", NULL, "%.40s has two scripts", disk);
	}
}

/* The rules of devices alone; see field_table.h. */
void config_check_devices(struct reader *r)
{
	config_finish_nic(r);
	config_finish_disk(r);
}

/* Apply all rules; see field_table.h. */
void config_check(struct reader *r)
{
	rule_required(r);
	rule_memory(r);
	rule_vcpus(r);
	rule_pins(r);
	rule_scheduling(r);
	rule_soft(r);
	rule_boot(r);
	rule_cmdline(r);
	rule_topology(r);
	rule_pa_bits(r);
	rule_sve(r);
	config_check_devices(r);
	rule_interfaces(r);
	rule_scripts(r);
}
