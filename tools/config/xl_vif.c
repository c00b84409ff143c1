/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xl's words for a network interface, "mac=00:16:3e:01:02:03,bridge=zbr0,rate=10MB/s": for xl.cfg
 * and the command line. Each key is a row. Keys that ask for what the guest could miss are
 * errors, those without a meaning here are told in a note.
 */
#include <ctype.h>

#include "xl_priv.h"

struct vif {
	struct domain_nic nic;
	const char **note;
};

/* NULL, or why the value is refused, as a clause. */
typedef const char *(*setter)(struct vif *v, const char *value, size_t offset);

static const char *set_ifname(struct vif *v, const char *value, size_t offset)
{
	const char *why = domain_ifname_problem(value);

	if (why == NULL)
		memcpy((char *)&v->nic + offset, value, strlen(value) + 1);
	return why;
}

static const char *set_string(struct vif *v, const char *value, size_t offset)
{
	char **dst = (char **)(void *)((char *)&v->nic + offset);

	if (value[0] == '\0')
		return "is empty";
	free(*dst);
	*dst = strdup(value);
	return *dst != NULL ? NULL : "does not fit the memory";
}

static const char *set_mac(struct vif *v, const char *value, size_t)
{
	const char *why = domain_mac_parse(value, v->nic.mac);

	v->nic.mac_set = why == NULL;
	return why;
}

static const char *set_vifname(struct vif *v, const char *value, size_t offset)
{
	if (strncmp(value, "vif", 3) == 0)
		return "begins with vif: such names are given by the kernel";
	return set_ifname(v, value, offset);
}

static const char *set_script(struct vif *v, const char *value, size_t offset)
{
	if (value[0] == '.' || (value[0] != '/' && strchr(value, '/') != NULL))
		return "is neither a script's name nor an absolute path";
	return set_string(v, value, offset);
}

/* Several addresses are separated by blanks. */
static const char *set_ips(struct vif *v, const char *value, size_t)
{
	_cleanup_free_ char *copy = strdup(value);
	char *save = NULL;
	const char *why;

	for (char *ip = copy ? strtok_r(copy, " ", &save) : NULL; ip != NULL;
	     ip = strtok_r(NULL, " ", &save)) {
		why = domain_ip_problem(ip);
		if (why != NULL)
			return why;
		if (v->nic.ip_count == NIC_IPS_MAX)
			return "has more addresses than an interface can have";
		v->nic.ips[v->nic.ip_count] = strdup(ip);
		if (v->nic.ips[v->nic.ip_count++] == NULL)
			return "does not fit the memory";
	}
	return NULL;
}

static const char *set_mtu(struct vif *v, const char *value, size_t)
{
	return parse_u32(value, 68, 65535, &v->nic.mtu) == 0 ? NULL : "is not 68 to 65535";
}

static const char *set_vlan(struct vif *v, const char *value, size_t)
{
	return parse_u32(value, 1, 4094, &v->nic.vlan) == 0 ? NULL :
		"is no VLAN from 1 to 4094 (trunks are not possible)";
}

/* "50ms", "20000us" or "1s", in microseconds. */
static const char *set_interval(struct vif *v, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	unsigned long unit = strcmp(end, "us") == 0 ? 1 : strcmp(end, "ms") == 0 ? 1000 :
		strcmp(end, "s") == 0 ? 1000000 : 0;

	if (!isdigit((unsigned char)text[0]) || unit == 0 || n == 0 || n > NIC_USEC_MAX / unit)
		return "has an interval that is not like 50ms, 20000us or 1s";
	v->nic.rate_usec = (unsigned int)(n * unit);
	return NULL;
}

/* "10MB/s" counts bytes, "10Mb/s" bits, in thousands; "@50ms" may follow. */
static const char *set_rate(struct vif *v, const char *value, size_t)
{
	static const char units[] = "KMG";
	unsigned long long n, scale = 1;
	const char *unit;
	char *end;

	errno = 0;
	n = strtoull(value, &end, 10);
	unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (unit != NULL) {
		for (const char *u = units; u <= unit; u++)
			scale *= 1000;
		end++;
	}
	if (!isdigit((unsigned char)value[0]) || errno != 0 || (*end != 'B' && *end != 'b') ||
	    strncmp(end + 1, "/s", 2) != 0 || (end[3] != '\0' && end[3] != '@'))
		return "is no rate like 10MB/s or 100Mb/s";
	if (n == 0 || n > UINT32_MAX * 1024ull / scale)
		return "is out of range (up to 4398GB/s)";
	n = *end == 'B' ? n * scale : n * scale / 8;
	v->nic.rate_kib = (n + 1023) / 1024;
	return end[3] == '@' ? set_interval(v, end + 4) : NULL;
}

static const char *set_type(struct vif *v, const char *value, size_t)
{
	if (strcmp(value, "ioemu") == 0)
		*v->note = "type=ioemu has no effect: guests see Xen's network device alone";
	else if (strcmp(value, "vif") != 0)
		return "is no type (vif, ioemu)";
	return NULL;
}

static const char *set_model(struct vif *v, const char *, size_t)
{
	*v->note = "model has no effect: guests see Xen's network device alone";
	return NULL;
}

static const char *set_trusted(struct vif *, const char *value, size_t)
{
	return strcmp(value, "1") == 0 ? NULL : "is not possible: back-ends are trusted";
}

static const char *set_devid(struct vif *v, const char *value, size_t)
{
	uint32_t n;

	if (parse_u32(value, 0, 65535, &n) < 0)
		return "is no number";
	*v->note = "devid has no effect: interfaces are numbered in their order";
	return NULL;
}

static const struct {
	const char *key;
	setter set;
	size_t offset;
} keys[] = {
	{ "backend", set_string, offsetof(struct domain_nic, backend_domain) },
	{ "bridge", set_ifname, offsetof(struct domain_nic, bridge) },
	{ "devid", set_devid, 0 },
	{ "gatewaydev", set_ifname, offsetof(struct domain_nic, gatewaydev) },
	{ "ip", set_ips, 0 },
	{ "mac", set_mac, 0 },
	{ "model", set_model, 0 },
	{ "mtu", set_mtu, 0 },
	{ "rate", set_rate, 0 },
	{ "script", set_script, offsetof(struct domain_nic, script) },
	{ "trusted", set_trusted, 0 },
	{ "type", set_type, 0 },
	{ "vifname", set_vifname, offsetof(struct domain_nic, vifname) },
	{ "vlan", set_vlan, 0 },
};

static int set_pair(struct vif *v, char *pair, struct zerr **err)
{
	char *equals = strchr(pair, '='), *key, *value;
	const char *why;

	if (equals == NULL)
		return zerr_set(err, ZERR_BAD_CONFIG, "E420", 0, "\"%.60s\" is no key=value", pair);
	*equals = '\0';
	key = str_trim(pair, " \t");
	value = str_trim(equals + 1, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].key, key) != 0)
			continue;
		why = keys[i].set(v, value, keys[i].offset);
		if (why == NULL)
			return 0;
		return zerr_set(err, ZERR_BAD_CONFIG, "E420", 0, "%s: \"%.60s\" %s", key, value,
				why);
	}
	zerr_set(err, ZERR_BAD_CONFIG, "E420", 0, "unknown key \"%.60s\"", key);
	return zerr_hint(err, "known: backend, bridge, gatewaydev, ip, mac, mtu, rate, script, "
			 "vifname, vlan");
}

/* On which bridge, when that was left open: xl asks its configuration, we ours. */
static int settle(struct domain_nic *nic, struct zerr **err)
{
	const char *script = nic->script != NULL ? nic->script : "vif-bridge";

	nic->openvswitch = strcmp(script, "vif-openvswitch") == 0;
	if (nic->bridge[0] != '\0' && nic->gatewaydev[0] != '\0')
		return zerr_set(err, ZERR_BAD_CONFIG, "E420", 0,
				"bridge and gatewaydev contradict each other");
	if (nic->bridge[0] != '\0' || nic->gatewaydev[0] != '\0' ||
	    (strcmp(script, "vif-bridge") != 0 && !nic->openvswitch))
		return 0;
	nic->network = strdup("default");
	return nic->network != NULL ? 0 : zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM,
						   "out of memory");
}

/* Read xl's words; see config.h. */
int xl_vif_parse_noted(const char *spec, struct domain_nic *ret, const char **note,
		       struct zerr **err)
{
	struct vif v = { .note = note };
	_cleanup_free_ char *copy = strdup(spec);
	char *rest = copy, *pair;
	int rc = copy != NULL ? 0 : zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM,
					     "out of memory");

	*note = NULL;
	while (rc == 0 && (pair = strsep(&rest, ",")) != NULL)
		if (str_trim(pair, " \t")[0] != '\0')
			rc = set_pair(&v, pair, err);
	if (rc == 0)
		rc = settle(&v.nic, err);
	if (rc == 0 && v.nic.openvswitch) {	/* which says the same */
		free(v.nic.script);
		v.nic.script = NULL;
	}
	if (rc == 0)
		*ret = v.nic;
	else
		domain_nic_clear(&v.nic);
	return rc;
}

int xl_vif_parse(const char *spec, struct domain_nic *ret, struct zerr **err)
{
	const char *note;

	return xl_vif_parse_noted(spec, ret, &note, err);
}

/* The key vif: a list of such specifications. */
int xl_put_vifs(struct reader *r, const struct xl_key *, const struct xl_entry *e)
{
	if (e->value.kind != XL_LIST)
		return xl_error(r, e, NULL, "vif = [ 'bridge=zbr0' ]", "this is no list");
	for (const struct xl_value *item = e->value.items; item != NULL; item = item->next) {
		const struct xml_node at = { .name = e->key, .shown = e->key, .line = item->line,
					     .column = item->column };
		_cleanup_zerr_ struct zerr *why = NULL;
		struct domain_nic nic;
		const char *note;

		if (xl_vif_parse_noted(item->text, &nic, &note, &why) < 0) {
			xl_error(r, e, item, why->hint, why->message);
			continue;
		}
		if (note != NULL)
			field_warning(r, &at, NULL, "W101", NULL, "%s", note);
		config_add_nic(r, &at, &nic);
	}
	return r->rc;
}
