/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of the extension block, <metadata><z:domain>: what the domain can have that the rest of the
 * document has no words for. An element that is unknown here is an error, since nobody else could
 * mean it.
 */
#include "field_rows.h"
#include "xentools/cpu_feature.h"

#define FRAME_MAX	(UINT64_C(1) << 36)	/* 48 bits of address */
#define LIST_MAX	16u
#define EXT		"domain/metadata/z:domain"

/* A number in an attribute; absent: otherwise. False when it was reported. */
static bool number(struct reader *r, const struct xml_node *node, const char *attr, uint64_t min,
		   uint64_t max, uint64_t otherwise, uint64_t *ret)
{
	const char *text = xml_attr_get(node, attr);

	*ret = otherwise;
	if (text == NULL)
		return true;
	text = field_trim(r, text);
	if (text == NULL || parse_u64(text, min, max, ret) == 0)
		return text != NULL;
	field_error(r, node, attr, "E353", NULL,
		    "\"%.20s\" is no number from %" PRIu64 " to %" PRIu64, text, min, max);
	return false;
}

/* Room for one more of the list, or NULL: too many, no memory. */
static void *append(struct reader *r, const struct xml_node *node, void *list, size_t count,
		    size_t size)
{
	void *bigger = NULL;

	if (count == LIST_MAX)
		field_error(r, node, NULL, "E354", NULL, "more than %u of these", LIST_MAX);
	else if (!(bigger = realloc(list, (count + 1) * size)))
		r->rc = -ENOMEM;
	return bigger;
}

static void read_iomem(struct reader *r, const struct xml_node *node, const struct field_row *,
		       const char *)
{
	struct domain_config *c = &r->build->cfg;
	struct domain_iomem m, *list;

	if (xml_attr_get(node, "start") == NULL ||
	    !number(r, node, "start", 0, FRAME_MAX - 1, 0, &m.start) ||
	    !number(r, node, "pages", 1, FRAME_MAX - m.start, 1, &m.pages) ||
	    !number(r, node, "gfn", 0, FRAME_MAX - m.pages, m.start, &m.gfn))
		return;
	list = append(r, node, c->iomem, c->iomem_count, sizeof(m));
	if (list == NULL)
		return;
	c->iomem = list;
	list[c->iomem_count++] = m;
}

static void read_cpu(struct reader *r, const struct xml_node *node, const struct field_row *,
		     const char *)
{
	struct domain_config *c = &r->build->cfg;
	uint64_t midr, bits;

	if (number(r, node, "midr", 1, UINT32_MAX, 0, &midr))
		c->midr = (uint32_t)midr;
	if (!number(r, node, "pa-bits", 32, 48, 0, &bits))
		return;
	if (bits != 0 && cpu_pa_range(bits) < 0) {
		field_error(r, node, "pa-bits", "E353", "32, 36, 40, 42, 44 or 48",
			    "no processor has %" PRIu64 " bits of physical address", bits);
		return;
	}
	c->pa_bits = (unsigned int)bits;
}

static void read_irq(struct reader *r, const struct xml_node *node, const struct field_row *,
		     const char *)
{
	struct domain_config *c = &r->build->cfg;
	uint64_t n;
	uint32_t *list;

	if (xml_attr_get(node, "number") == NULL || !number(r, node, "number", 32, 1019, 0, &n))
		return;
	for (size_t i = 0; i < c->irq_count; i++) {
		if (c->irqs[i] == n) {
			field_error(r, node, "number", "E353", NULL, "given more than once");
			return;
		}
	}
	list = append(r, node, c->irqs, c->irq_count, sizeof(*list));
	if (list == NULL)
		return;
	c->irqs = list;
	list[c->irq_count++] = (uint32_t)n;
}

static void read_start(struct reader *r, const struct xml_node *node, const struct field_row *,
		       const char *)
{
	struct domain_start *s = &r->build->cfg.start;
	const char *wait_for = xml_attr_get(node, "wait-for"), *fail = xml_attr_get(node, "on-failure");
	const char *problem = wait_for ? domain_name_problem(wait_for) : NULL;
	uint64_t delay, order;
	uint32_t retries;

	if (number(r, node, "delay", 0, 86400, 0, &delay))
		s->delay_s = (unsigned int)delay;
	if (number(r, node, "order", 1, 1000000, 0, &order))
		s->order = (unsigned int)order;
	if (problem != NULL)
		field_error(r, node, "wait-for", "E353", NULL, "no domain has such a name: %s", problem);
	else if (wait_for != NULL)
		strcpy(s->wait_for, wait_for);	/* a good name fits */
	if (fail != NULL && strncmp(fail, "retry:", 6) == 0 &&
	    parse_u32(fail + 6, 1, 1000, &retries) == 0)
		s->retries = retries;
	else if (fail != NULL)
		field_error(r, node, "on-failure", "E353", "retry:1 to retry:1000",
			    "\"%.20s\" is not known", fail);
}

static FIELD_WORDS(stops, WORD("shutdown", DOMAIN_STOP_SHUTDOWN),
	WORD("destroy", DOMAIN_STOP_DESTROY), WORD("managed-save", DOMAIN_STOP_SAVE));

/* Where a vCPU would rather run; without the attribute vcpu: all of them. */
static void read_affinity(struct reader *r, const struct xml_node *node, const struct field_row *,
			  const char *)
{
	struct domain_config *c = &r->build->cfg;
	const char *vcpu = xml_attr_get(node, "vcpu"), *soft = xml_attr_get(node, "soft");
	struct field_row at = { .path = EXT "/z:affinity@soft" };
	struct domain_vcpupin pin = { .vcpu = 0 }, *list;
	uint32_t n = 0;

	if (soft == NULL)
		return;
	type_cpuset.parse(r, node, &at, soft, &pin.cpus);
	if (vcpu == NULL) {
		c->soft_affinity = pin.cpus;
		c->soft_affinity_set = true;
		return;
	}
	if (parse_u32(vcpu, 0, DOMAIN_VCPUS_MAX - 1, &n) < 0) {
		field_error(r, node, "vcpu", "E353", NULL, "\"%.20s\" is no vCPU's number", vcpu);
		return;
	}
	for (size_t i = 0; i < c->soft_pin_count; i++)
		if (c->soft_pins[i].vcpu == n)
			field_error(r, node, "vcpu", "E348", NULL, "vCPU %u has two", n);
	pin.vcpu = n;
	list = realloc(c->soft_pins, (c->soft_pin_count + 1) * sizeof(*list));
	if (list == NULL) {
		r->rc = -ENOMEM;
		return;
	}
	c->soft_pins = list;
	list[c->soft_pin_count++] = pin;
}

static FIELD_WORDS(sched_classes, WORD("credit", 0), WORD("credit2", 0), WORD("rtds", 0),
	WORD("null", 0));

/* Overrides <cputune>. Whether the host's scheduler is of that class is seen at the start. */
static void read_sched(struct reader *r, const struct xml_node *node, const struct field_row *row,
		       const char *)
{
	static const char *const rtds[] = { "period", "budget", "extratime" };
	const char *extra = xml_attr_get(node, "extratime");
	struct config_build *b = r->build;
	bool yes = false;
	const char *class = xml_attr_get(node, "class");
	uint64_t n;

	if (class != NULL)
		type_line.parse(r, node, row, class, &b->cfg.sched_class);
	if (number(r, node, "weight", 1, 65535, 0, &n))
		b->sched_weight = (unsigned int)n;
	if (number(r, node, "cap", 0, 65535, UINT16_MAX + 1u, &n))
		b->sched_cap = (unsigned int)n;
	b->sched_set = true;
	for (size_t i = 0; class != NULL && strcmp(class, "rtds") != 0 && i < ARRAY_SIZE(rtds); i++)
		if (xml_attr_get(node, rtds[i]) != NULL)
			field_warning(r, node, rtds[i], "W101", NULL, "ignored: rtds alone has it");
	if (class != NULL && strcmp(class, "rtds") != 0)
		return;
	for (size_t i = 0; class == NULL && i < ARRAY_SIZE(rtds); i++)
		if (xml_attr_get(node, rtds[i]) != NULL)
			type_line.parse(r, node, row, class = "rtds", &b->cfg.sched_class);
	/* A domain begins with 4000 of 10000. */
	if (number(r, node, "period", xml_attr_get(node, "budget") ? 10 : 4000, UINT32_MAX, 0, &n))
		b->cfg.period_us = (unsigned int)n;
	if (number(r, node, "budget", 10, b->cfg.period_us ? b->cfg.period_us : 10000, 0, &n))
		b->cfg.budget_us = (unsigned int)n;
	if (extra != NULL) {
		type_bool.parse(r, node, row, extra, &yes);
		b->cfg.extratime = yes ? 1 : -1;
	}
}

static const struct field_range frames = { 1, 4096 }, event_channels = { 16, 131071 };
static const struct field_range any_limit = { 1, UINT32_MAX };
static FIELD_WORDS(grant_versions, WORD("1", 0),
	{ "2", 0, FIELD_R, "there is one version of the grant table", NULL });

static void read_nr_spis(struct reader *r, const struct xml_node *node, const struct field_row *,
			 const char *)
{
	uint64_t n;

	if (number(r, node, "number", 0, 988, 0, &n))
		r->build->cfg.nr_spis = (unsigned int)n;
}

/*
 * z:peer, of which both have to name each other, and z:driver-domain, which has no name: the
 * hypervisor allows it for all guests or for none.
 */
static void read_peer(struct reader *r, const struct xml_node *node, const struct field_row *row,
		      const char *value)
{
	const char *name = xml_attr_get(node, "name");
	const char *problem = name != NULL ? domain_name_problem(name) : NULL;

	if (problem != NULL)
		field_error(r, node, "name", "E353", NULL, "no domain has such a name: %s",
			    problem);
	r->build->cfg.peers = true;
	field_keep(r, node, row, value);
}

/* Bytes of one file of the console's log, and how many old ones are kept. */
static void read_console_log(struct reader *r, const struct xml_node *node,
			     const struct field_row *, const char *)
{
	uint64_t n;

	if (number(r, node, "size", 4096, 1u << 30, 0, &n))
		r->build->cfg.log_size = (unsigned int)n;
	if (xml_attr_get(node, "rotate") != NULL && number(r, node, "rotate", 0, 64, 0, &n))
		r->build->cfg.log_keep = (int)n;
}

static const struct field_range seed_sizes = { 0, SEED_FILE_MAX };

FIELD_HANDLER(read_tee)
{
	const char *type = xml_attr_get(node, "type");

	if (type == NULL || strcmp(type, "none") != 0)	/* none is what every guest has */
		field_keep(r, node, row, value);
}

FIELD_HANDLER(read_label)
{
	if (field_unserved(r, node, "label"))
		type_line.parse(r, node, row, value, &r->build->cfg.xsm_label);
}

static FIELD_WORDS(tees, WORD("none", 0), WORD("optee", 0), WORD("ffa", 0));

#define HERE DOMAIN_IN_EXTENSION
#define SEED(which) .type = &type_path, INTO(cfg.seed[which]), .arg = &seed_sizes, \
	.flags = FIELD_FILE, .code = "E355"
#define LIMIT(member, range) .type = &type_unsigned, INTO(cfg.member), .arg = (range), \
	.code = "E353"
#define STORE(name, item, why) \
	ROW(EXT "/z:limits@xenstore-" name, LIMIT(store_limits[item], &any_limit), .note = (why))

static const struct field_row rows[] = {
	ROW(EXT, CONTAINER),
	ROW(EXT "/z:affinity", .handler = read_affinity, .flags = FIELD_REPEAT),
	ROW(EXT "/z:affinity@soft", .flags = FIELD_REQUIRED, .hint = "physical CPUs, as 0-3"),
	ROW(EXT "/z:affinity@vcpu", CONTAINER),
	ROW(EXT "/z:cloud-init", SETS(cfg.cloud_init)),
	ROW(EXT "/z:cloud-init@meta-data", SEED(SEED_META_DATA)),
	ROW(EXT "/z:cloud-init@network-config", SEED(SEED_NETWORK_CONFIG)),
	ROW(EXT "/z:cloud-init@user-data", SEED(SEED_USER_DATA)),
	ROW(EXT "/z:console-log", .handler = read_console_log),
	ROW(EXT "/z:console-log@rotate", CONTAINER),
	ROW(EXT "/z:console-log@size", CONTAINER),
	ROW(EXT "/z:cpu", .handler = read_cpu),
	ROW(EXT "/z:cpu@midr", CONTAINER),
	ROW(EXT "/z:cpu@pa-bits", CONTAINER),
	ROW(EXT "/z:cpupool", CONTAINER),
	ROW(EXT "/z:cpupool@name", .type = &type_line, INTO(cfg.cpupool), .flags = FIELD_REQUIRED),
	ROW_UNSERVED(EXT "/z:dom0less-adopted", HERE),
	ROW(EXT "/z:driver-domain", .handler = read_peer,
	    .arg = &(const struct field_kept){ HERE, true }),
	ROW_UNSERVED(EXT "/z:dtdev", HERE, .flags = FIELD_REPEAT),
	ROW(EXT "/z:dtdev@path", .flags = FIELD_REQUIRED),
	ROW(EXT "/z:gateway", .flags = FIELD_REPEAT),
	ROW(EXT "/z:gateway@dev", .flags = FIELD_REQUIRED),
	ROW(EXT "/z:gateway@interface", .flags = FIELD_REQUIRED, .hint = "0 is the first"),
	ROW(EXT "/z:iomem", .handler = read_iomem, .flags = FIELD_REPEAT),
	ROW(EXT "/z:iomem@gfn", CONTAINER),
	ROW(EXT "/z:iomem@pages", CONTAINER),
	ROW(EXT "/z:iomem@start", .flags = FIELD_REQUIRED, .hint = "frame number of 4 KiB"),
	ROW(EXT "/z:irq", .handler = read_irq, .flags = FIELD_REPEAT),
	ROW(EXT "/z:irq@number", .flags = FIELD_REQUIRED, .hint = "INTID, from 32"),
	ROW(EXT "/z:limits", CONTAINER),
	ROW(EXT "/z:limits@event-channels", LIMIT(event_channels, &event_channels)),
	ROW(EXT "/z:limits@grant-version", WORDS(grant_versions), .code = "E353"),
	ROW(EXT "/z:limits@max-grant-frames", LIMIT(grant_frames, &frames)),
	ROW(EXT "/z:limits@max-maptrack-frames", LIMIT(maptrack_frames, &frames)),
	STORE("memory", QUOTA_MEMORY, "bytes"),
	STORE("node-permissions", QUOTA_NODE_PERMS, "of one node"),
	STORE("node-size", QUOTA_NODE_SIZE, "bytes, of a value or a list of names"),
	STORE("nodes", QUOTA_NODES, "with those that are made for it"),
	STORE("outstanding", QUOTA_REQUESTS, "answers that it has not read"),
	STORE("path-depth", QUOTA_PATH_DEPTH, "names in a path"),
	STORE("path-length", QUOTA_PATH_LENGTH, "bytes"),
	STORE("queued-events", QUOTA_EVENTS, "then one for each watch"),
	STORE("transaction-nodes", QUOTA_TRANSACTION_NODES, "that one uses"),
	STORE("transactions", QUOTA_TRANSACTIONS, "open at a time"),
	STORE("watches", QUOTA_WATCHES, "of its kernel"),
	ROW_UNSERVED(EXT "/z:llc-colors", HERE, .flags = FIELD_REPEAT),
	ROW(EXT "/z:llc-colors@cache", .flags = FIELD_REQUIRED),
	ROW_KEPT(EXT "/z:no-migrate", HERE),
	ROW(EXT "/z:nr-spis", .handler = read_nr_spis),
	ROW(EXT "/z:nr-spis@number", .flags = FIELD_REQUIRED),
	ROW(EXT "/z:peer", .handler = read_peer, .flags = FIELD_REPEAT,
	    .arg = &(const struct field_kept){ HERE, true }),
	ROW(EXT "/z:peer@name", .flags = FIELD_REQUIRED),
	ROW(EXT "/z:rate", .flags = FIELD_REPEAT),
	ROW(EXT "/z:rate@interface", .flags = FIELD_REQUIRED, .hint = "0 is the first"),
	ROW(EXT "/z:rate@interval", .flags = FIELD_REQUIRED,
	    .note = "us in which it may send its share of bandwidth/outbound@average at once; "
		    "otherwise 50000"),
	{ .path = EXT "/z:runtime", .cls = FIELD_N,
	  .note = "what dumpxml tells of the back-ends of a domain that runs" },
	ROW(EXT "/z:sched", .handler = read_sched),
	ROW(EXT "/z:sched@budget", CONTAINER, .note = "us of each period, by rtds"),
	ROW(EXT "/z:sched@cap", CONTAINER),
	ROW(EXT "/z:sched@class", WORDS(sched_classes), .code = "E353"),
	ROW(EXT "/z:sched@extratime", CONTAINER,
	    .note = "yes or no: more than its budget while nobody with budget waits"),
	ROW(EXT "/z:sched@period", CONTAINER, .note = "us, by rtds"),
	ROW(EXT "/z:sched@weight", CONTAINER),
	ROW(EXT "/z:script", .flags = FIELD_REPEAT),
	ROW(EXT "/z:script@disk", .flags = FIELD_REQUIRED, .hint = "as in <target dev>: xvda"),
	ROW(EXT "/z:script@path", .flags = FIELD_REQUIRED, .hint = "block-iscsi, or a whole path"),
	ROW(EXT "/z:script@target", CONTAINER),
	ROW(EXT "/z:snapshot-dir", CONTAINER),
	ROW(EXT "/z:snapshot-dir@path", .type = &type_path, INTO(cfg.snapshot_dir),
	    .flags = FIELD_REQUIRED, .code = "E353"),
	ROW(EXT "/z:start", .handler = read_start),
	ROW(EXT "/z:start@delay", CONTAINER),
	ROW(EXT "/z:start@on-failure", CONTAINER),
	ROW(EXT "/z:start@order", CONTAINER),
	ROW(EXT "/z:start@stop", .type = &type_enum, .arg = stops, INTO(cfg.start.stop),
	    .code = "E353"),
	ROW(EXT "/z:start@wait-for", CONTAINER),
	ROW(EXT "/z:tee", .handler = read_tee,
	    .arg = &(const struct field_kept){ HERE, false }),
	ROW(EXT "/z:tee@type", WORDS(tees), .flags = FIELD_REQUIRED, .code = "E353",
	    .note = "with another than none " FIELD_LATER),
	ROW_KEPT(EXT "/z:trap-unmapped", HERE),
	/* The short form of <serial type='pty'/>, which may stand beside it. */
	ROW(EXT "/z:vuart", SETS(cfg.vuart)),
	ROW(EXT "/z:watchdog", CONTAINER),
	ROW(EXT "/z:watchdog@action", .type = &type_enum, .arg = field_watchdog_actions,
	    INTO(cfg.on_watchdog), .flags = FIELD_REQUIRED, .code = "E353"),
	ROW_W(EXT "/z:watchdog@timeout", "only the guest arms its watchdog, with a time of its own; "
	      "action says what follows"),
	ROW(EXT "/z:xsm", CONTAINER),
	ROW(EXT "/z:xsm@label", .handler = read_label, .flags = FIELD_REQUIRED,
	    .note = FIELD_LATER),
};

const struct field_table fields_extension = { rows, ARRAY_SIZE(rows) };

/* What stands in <metadata><z:domain>, the first of it; see field_table.h. */
const struct xml_node *config_extension(struct reader *r)
{
	const struct xml_node *n = xml_child(r->tree->root, "metadata");

	for (n = n != NULL ? n->first : NULL; n != NULL; n = n->next)
		if (n->uri != NULL && strcmp(n->uri, CONFIG_NAMESPACE) == 0)
			break;
	return n != NULL ? n->first : NULL;
}
