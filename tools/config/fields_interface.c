/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows for <interface>. Rows fill one struct domain_nic in the build; it goes to the list when the
 * next <interface> begins or the document ends, after the rules that need more than one field.
 * Nothing is asked of the host: whether a bridge or a script is there is found at the start.
 */
#include "field_rows.h"
#include "xentools/zl_conf.h"

#define NICS_MAX 64u

#define OTHER_TYPE(word) \
	{ word, 0, FIELD_D, "guests are on a bridge, or routed", \
	  "write type='network' and <source network='default'/>" }

static FIELD_WORDS(types, WORD("bridge", 0), WORD("ethernet", 0), WORD("network", 0),
	OTHER_TYPE("user"), OTHER_TYPE("direct"), OTHER_TYPE("internal"), OTHER_TYPE("vdpa"),
	OTHER_TYPE("vhostuser"), OTHER_TYPE("udp"), OTHER_TYPE("mcast"), OTHER_TYPE("server"),
	OTHER_TYPE("client"),
	{ "hostdev", 0, FIELD_R, "host devices cannot be given to a guest", NULL });

static FIELD_WORDS(models, WORD("xen", 0), WORD("netfront", 0), WORD("xen-vif", 0),
	{ "*", 0, FIELD_W, "the guest sees Xen's network device", NULL });

static FIELD_WORDS(links, WORD("up", 0), WORD("down", 1));

static FIELD_WORDS(virtualports, WORD("openvswitch", 1),
	{ "*", 0, FIELD_D, "only Open vSwitch has virtual ports here", NULL });

static FIELD_WORDS(trunks, WORD("no", 0),
	{ "*", 0, FIELD_D, "a guest has one VLAN, untagged", "keep one <tag>" });

static FIELD_WORDS(families, WORD("ipv4", 0), WORD("ipv6", 0));

static const struct field_range mtu_range = { 68, 65535 }, vlan_range = { 1, 4094 },
	rate_range = { 1, UINT32_MAX };

/* Into what is being read of one <interface>. */
#define NIC(member) .offset = offsetof(struct config_build, nic.member)
#define ROW_IW(p, why) ROW_W("domain/devices/interface/" p, why)
#define IFACE "domain/devices/interface"
#define OF_OTHER_TYPES "it belongs to other types of interface"
#define NOT_SETTABLE "the two ends of a Xen network agree on it themselves"

static const char *type_of(const struct xml_node *node)
{
	const char *type = xml_attr_get(node, "type");

	return type != NULL ? type : "";
}

/* Of a type that there is not: what takes its place in a conversion. */
static void adapt_source(struct reader *r)
{
	struct domain_nic *nic = &r->build->nic;

	nic->bridge[0] = nic->gatewaydev[0] = '\0';
	free(nic->network);
	nic->network = strdup("default");
	if (nic->network == NULL)
		r->rc = -ENOMEM;
}

static bool is_ours(const char *type)
{
	return strcmp(type, "bridge") == 0 || strcmp(type, "network") == 0 ||
		strcmp(type, "ethernet") == 0;
}

static void check_source(struct reader *r, const struct xml_node *node, const char *type)
{
	struct domain_nic *nic = &r->build->nic;
	const struct xml_node *source = xml_child(node, "source");
	const char *bridge = source != NULL ? xml_attr_get(source, "bridge") : NULL;
	const char *network = source != NULL ? xml_attr_get(source, "network") : NULL;

	if (strcmp(type, "bridge") == 0 && bridge == NULL)
		field_error(r, node, NULL, "E320", "add <source bridge='zbr0'/>",
			    "the bridge is missing");
	if (strcmp(type, "network") == 0 && network == NULL)
		field_error(r, node, NULL, "E320", "add <source network='default'/>",
			    "the network is missing");
	if (strcmp(type, "network") == 0 && bridge != NULL) {
		/* libvirt tells so of a running domain. */
		(void)field_report_class(r, FIELD_N, source, field_row_of(source, "bridge"), NULL,
					 "zl.conf says which bridge the network is", NULL);
		nic->bridge[0] = '\0';
	} else if (strcmp(type, "bridge") != 0 && bridge != NULL)
		field_error(r, source, "bridge", "E320", "write type='bridge'",
			    "only an interface of type bridge has one");
	if (strcmp(type, "network") != 0 && network != NULL)
		field_error(r, source, "network", "E320", "write type='network'",
			    "only an interface of type network has one");
	if (nic->network != NULL && r->opt != NULL && r->opt->conf != NULL &&
	    zl_conf_bridge(r->opt->conf, nic->network) == NULL)
		field_error(r, source, "network", "E321", "zl.conf says in [network] which bridge "
			    "a name means: NAME = BRIDGE",
			    "the network \"%.40s\" is not known here", nic->network);
	if (nic->gatewaydev[0] != '\0' && strcmp(type, "ethernet") != 0)
		field_error(r, source, "dev", "E320", "write type='ethernet'",
			    "only an interface of type ethernet has one");
}

/* Into the list, which takes it over; node is where a report would be. */
void config_add_nic(struct reader *r, const struct xml_node *node, struct domain_nic *nic)
{
	struct domain_config *c = &r->build->cfg;
	struct domain_nic *nics = NULL;

	if (c->nic_count == NICS_MAX)
		field_error(r, node, NULL, "E328", NULL, "more than %u of these", NICS_MAX);
	else if (!(nics = realloc(c->nics, (c->nic_count + 1) * sizeof(*nics))))
		r->rc = -ENOMEM;
	if (nics == NULL) {
		domain_nic_clear(nic);
		return;
	}
	c->nics = nics;
	nics[c->nic_count++] = *nic;
	*nic = (struct domain_nic){ .mac_set = false };
}

/* The rules of one <interface>, and it goes to the list. */
void config_finish_nic(struct reader *r)
{
	static const uint8_t none[6];
	struct config_build *b = r->build;
	const struct xml_node *node = b->nic_node;

	if (node == NULL || r->rc != 0)
		return;
	b->nic_node = NULL;
	b->nic.mac_set = memcmp(b->nic.mac, none, sizeof(none)) != 0;
	b->nic.link_down = b->nic_link_down != 0;
	b->nic.openvswitch = b->nic_openvswitch != 0;
	/* Of a type that there is not, and the walk has said so: a conversion goes on. */
	if (r->opt != NULL && (r->opt->flags & CONFIG_CONVERT) && b->nic.bridge[0] == '\0' &&
	    b->nic.network == NULL && strcmp(type_of(node), "ethernet") != 0)
		b->nic.network = strdup("default");
	if (is_ours(type_of(node)))
		check_source(r, node, type_of(node));
	else
		adapt_source(r);
	if (b->nic.openvswitch && strcmp(type_of(node), "ethernet") == 0)
		field_error(r, xml_child(node, "virtualport"), NULL, "E326", "write type='bridge'",
			    "Open vSwitch needs a bridge");
	for (size_t i = 0; b->nic.mac_set && i < b->cfg.nic_count; i++)
		if (b->cfg.nics[i].mac_set && memcmp(b->cfg.nics[i].mac, b->nic.mac, 6) == 0)
			field_warning(r, xml_child(node, "mac"), "address", "W402", NULL,
				      "another interface of this guest has the same address");
	config_add_nic(r, node, &b->nic);
}

/* After its attributes, before its children. */
FIELD_HANDLER(begin_nic)
{
	struct config_build *b = r->build;

	config_finish_nic(r);
	domain_nic_clear(&b->nic);
	b->nic_link_down = b->nic_openvswitch = 0;
	b->nic_node = node;
}

/* vif3.0 is what a running domain's file shows; a new domain gets its own. */
FIELD_HANDLER(read_target)
{
	char *name = r->build->nic.vifname;
	unsigned int domid, devid;
	int end = 0;

	if (strncmp(name, "vif", 3) != 0)
		return;
	if (sscanf(name, "vif%u.%u%n", &domid, &devid, &end) == 2 && name[end] == '\0')
		(void)field_report_class(r, FIELD_N, node, row, name,
					 "the name is given at the start", NULL);
	else
		field_error(r, node, "dev", "E323", "leave it out to get vifDOMID.NUMBER",
			    "\"%s\": names that begin with vif are given by the kernel", name);
	name[0] = '\0';
}

/* An interface of the host; other types have a device's path, or what goes with them. */
FIELD_PARSER(parse_source_dev)
{
	if (is_ours(type_of(r->build->nic_node)))
		type_ifname.parse(r, node, row, value, dst);
}

static const struct field_type type_source_dev = {
	"name of a network interface", parse_source_dev
};

FIELD_HANDLER(read_script)
{
	const char *path = r->build->nic.script;

	if (path != NULL && domain_script_problem(path) != NULL)
		field_error(r, node, "path", "E324", "a bare name is looked for in /etc/zl/scripts",
			    "\"%.200s\" %s", path, domain_script_problem(path));
}

/* "ADDRESS/PREFIX" or "ADDRESS", as the scripts take it. */
FIELD_HANDLER(read_ip)
{
	const char *address = xml_attr_get(node, "address"), *prefix = xml_attr_get(node, "prefix");
	const char *family = xml_attr_get(node, "family"), *why;
	struct domain_nic *nic = &r->build->nic;
	char *text;

	if (address == NULL)
		return;		/* the walk has said so */
	if (asprintf(&text, "%s%s%s", address, prefix != NULL ? "/" : "",
		     prefix ? prefix : "") < 0) {
		r->rc = -ENOMEM;
		return;
	}
	why = domain_ip_problem(text);
	if (why == NULL && family != NULL &&
	    (strchr(address, ':') != NULL) != (strcmp(family, "ipv6") == 0))
		why = "is of another family";
	if (why != NULL)
		field_error(r, node, NULL, "E325", NULL, "\"%.60s\" %s", text, why);
	else if (nic->ip_count == NIC_IPS_MAX)
		field_error(r, node, NULL, "E325", NULL, "more than %u addresses", NIC_IPS_MAX);
	else
		nic->ips[nic->ip_count++] = steal_ptr(text);
	free(text);
}

static const struct field_row rows[] = {
	ROW(IFACE, .handler = begin_nic, .flags = FIELD_REPEAT),
	ROW_IW("acpi", NOT_ON_ARM),
	ROW_N(IFACE "/address"),
	ROW_N(IFACE "/alias"),
	ROW_IW("backend", "the back-end is the kernel's"),
	ROW(IFACE "/backenddomain", CONTAINER),
	ROW(IFACE "/backenddomain@name", .type = &type_line, NIC(backend_domain),
	    .flags = FIELD_REQUIRED),
	ROW(IFACE "/bandwidth", CONTAINER),
	ROW_IW("bandwidth/inbound", "only what the guest sends has a limit"),
	ROW(IFACE "/bandwidth/outbound", CONTAINER),
	ROW(IFACE "/bandwidth/outbound@average", .type = &type_uint, NIC(rate_kib),
	    .arg = &rate_range, .code = "E327", .flags = FIELD_REQUIRED),
	ROW_IW("bandwidth/outbound@burst", "there is only an average"),
	ROW_IW("bandwidth/outbound@floor", "there is only an average"),
	ROW_IW("bandwidth/outbound@peak", "there is only an average"),
	ROW_IW("boot", "guests do not boot from a network"),
	ROW_IW("coalesce", NOT_SETTABLE),
	ROW_IW("driver", NOT_SETTABLE),
	ROW_R(IFACE "/filterref", "E329",
	      "a packet filter that is left out is a hole in somebody's security"),
	ROW_IW("guest", "the guest names its interfaces itself"),
	ROW(IFACE "/ip", .handler = read_ip, .flags = FIELD_REPEAT),
	ROW(IFACE "/ip@address", CONTAINER, .flags = FIELD_REQUIRED),
	ROW(IFACE "/ip@family", WORDS(families), .code = "E325"),
	ROW_IW("ip@peer", "the other end's address is the script's choice"),
	ROW(IFACE "/ip@prefix", CONTAINER),
	ROW(IFACE "/link", CONTAINER),
	ROW(IFACE "/link@state", .type = &type_enum, INTO(nic_link_down), .arg = links),
	ROW(IFACE "/mac", CONTAINER),
	ROW(IFACE "/mac@address", .type = &type_mac, NIC(mac), .code = "E322",
	    .flags = FIELD_REQUIRED),
	ROW_IW("mac@check", "nobody else checks it"),
	ROW_IW("mac@type", "an address that is there is used"),
	ROW(IFACE "/model", CONTAINER),
	ROW(IFACE "/model@type", WORDS(models)),
	ROW(IFACE "/mtu", CONTAINER),
	ROW(IFACE "/mtu@size", .type = &type_unsigned, NIC(mtu), .arg = &mtu_range, .code = "E327",
	    .flags = FIELD_REQUIRED),
	ROW(IFACE "/port", CONTAINER),
	ROW(IFACE "/port@isolated", .type = &type_bool, NIC(isolated)),
	ROW_IW("portOptions", "there is no such device"),
	ROW_IW("rom", "there is no boot ROM"),
	ROW_IW("route", "the script sets the routes"),
	ROW(IFACE "/script", CONTAINER),
	ROW(IFACE "/script@path", .type = &type_line, NIC(script), .handler = read_script,
	    .flags = FIELD_REQUIRED),
	ROW(IFACE "/source", CONTAINER),
	ROW_IW("source/local", OF_OTHER_TYPES),
	ROW_IW("source/reconnect", OF_OTHER_TYPES),
	ROW_IW("source@address", OF_OTHER_TYPES),
	ROW(IFACE "/source@bridge", .type = &type_ifname, NIC(bridge), .code = "E320"),
	ROW(IFACE "/source@dev", .type = &type_source_dev, NIC(gatewaydev), .code = "E320"),
	ROW_IW("source@mode", OF_OTHER_TYPES),
	ROW_IW("source@name", OF_OTHER_TYPES),
	ROW(IFACE "/source@network", .type = &type_line, NIC(network)),
	ROW_IW("source@path", OF_OTHER_TYPES),
	ROW_IW("source@port", OF_OTHER_TYPES),
	ROW_IW("source@portgroup", "networks have no port groups here"),
	ROW_N(IFACE "/source@portid"),
	ROW_IW("source@type", OF_OTHER_TYPES),
	ROW(IFACE "/target", CONTAINER),
	ROW(IFACE "/target@dev", .type = &type_ifname, NIC(vifname), .handler = read_target,
	    .code = "E323"),
	ROW_IW("target@managed", "the interface is always made at the start"),
	ROW_D(IFACE "/teaming", "E328", "there is no failover of devices", NULL),
	ROW_IW("tune", NOT_SETTABLE),
	ROW(IFACE "/virtualport", CONTAINER),
	ROW_IW("virtualport/parameters", "ports get no such names"),
	ROW(IFACE "/virtualport@type", .type = &type_enum, INTO(nic_openvswitch),
	    .arg = virtualports, .code = "E326", .flags = FIELD_REQUIRED),
	ROW(IFACE "/vlan", CONTAINER),
	ROW(IFACE "/vlan/tag", CONTAINER),
	ROW(IFACE "/vlan/tag@id", .type = &type_unsigned, NIC(vlan), .arg = &vlan_range,
	    .code = "E326", .flags = FIELD_REQUIRED),
	ROW(IFACE "/vlan@trunk", WORDS(trunks), .code = "E326"),
	ROW_W(IFACE "@trustGuestRxFilters", "the guest's filters are never trusted"),
	ROW(IFACE "@type", WORDS(types), .code = "E328", .flags = FIELD_REQUIRED),
};

const struct field_table fields_interface = { rows, ARRAY_SIZE(rows) };
