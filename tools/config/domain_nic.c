/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct domain_nic as an object: copy, release, and what may stand in it. The readers of XML and
 * of xl's words, and the programs that attach one, ask here.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xentools/domain_config.h"
#include "xentools/parse_num.h"
#include "xentools/str_table.h"

void domain_nic_clear(struct domain_nic *nic)
{
	free(nic->network);
	free(nic->script);
	free(nic->backend_domain);
	for (unsigned int i = 0; i < nic->ip_count; i++)
		free(nic->ips[i]);
	*nic = (struct domain_nic){ .mac_set = false };
}

static bool copy_string(char **s)
{
	char *copy = *s != NULL ? strdup(*s) : NULL;
	bool ok = *s == NULL || copy != NULL;

	*s = copy;
	return ok;
}

/* Deep copy into an uninitialised *dst; 0 or -ENOMEM, then *dst is empty. */
int domain_nic_copy(struct domain_nic *dst, const struct domain_nic *src)
{
	bool ok = true;

	*dst = *src;
	ok &= copy_string(&dst->network);
	ok &= copy_string(&dst->script);
	ok &= copy_string(&dst->backend_domain);
	for (unsigned int i = 0; i < src->ip_count; i++)
		ok &= copy_string(&dst->ips[i]);
	if (!ok)
		domain_nic_clear(dst);
	return ok ? 0 : -ENOMEM;
}

/* The address it has or gets; see domain_config.h. FNV-1a over UUID and index. */
void domain_nic_mac(const struct domain_nic *nic, const uint8_t uuid[16], unsigned int index,
		    uint8_t ret[6])
{
	uint32_t hash = 2166136261u;

	if (nic->mac_set) {
		memcpy(ret, nic->mac, 6);
		return;
	}
	for (unsigned int i = 0; i < 20; i++) {
		hash ^= i < 16 ? uuid[i] : (uint8_t)(index >> (8 * (i - 16)));
		hash *= 16777619u;
	}
	hash ^= hash >> 24;
	memcpy(ret, (uint8_t[]){ 0x00, 0x16, 0x3e, (uint8_t)(hash >> 16), (uint8_t)(hash >> 8),
				 (uint8_t)hash }, 6);
}

unsigned int domain_config_nic(const struct domain_config *cfg, const char *mac)
{
	uint8_t want[6], its[6];
	unsigned int i;

	if (mac == NULL || domain_mac_parse(mac, want) != NULL)
		return (unsigned int)cfg->nic_count;
	for (i = 0; i < cfg->nic_count; i++) {
		domain_nic_mac(&cfg->nics[i], cfg->uuid, i, its);
		if (memcmp(its, want, sizeof(its)) == 0)
			break;
	}
	return i;
}

void domain_mac_format(const uint8_t mac[6], char text[DOMAIN_MAC_TEXT])
{
	snprintf(text, DOMAIN_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

static int hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Six hex octets; see domain_config.h. *ret is touched only when it is one. */
const char *domain_mac_parse(const char *text, uint8_t ret[6])
{
	uint8_t mac[6], any = 0;

	for (unsigned int i = 0; i < 6; i++) {
		int high = hex_digit(*text), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return "is no MAC address (six octets, as in 00:16:3e:01:02:03)";
		mac[i] = (uint8_t)(high << 4 | low);
		any |= mac[i];
		text += 3;
	}
	if (mac[0] & 1)
		return "is a multicast address, no interface can have it";
	if (any == 0)
		return "is all zero";
	memcpy(ret, mac, sizeof(mac));
	return NULL;
}

const char *domain_script_problem(const char *path)
{
	bool good = path[0] == '/' ||
		    (path[0] != '\0' && path[0] != '.' && strchr(path, '/') == NULL);

	for (const char *p = path; *p != '\0'; p++)
		if (str_control(p, 2))
			return "has control characters";
	return good ? NULL : "is neither a script's name nor an absolute path";
}

/* Why it is no name, as a clause; see domain_config.h. What Linux and libvirt both take. */
const char *domain_ifname_problem(const char *name)
{
	if (name[0] == '\0')
		return "is empty";
	if (strlen(name) >= NIC_NAME_MAX)
		return "is longer than 15 bytes, which is all that Linux allows";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return "is no name of a network interface";
	for (const char *p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL)
			return "is no name of a network interface (letters, digits and ._-)";
	return name[0] == '-' ? "begins with a dash" : NULL;
}

/* "10.0.0.2/24", "fe80::1": why not, as a clause; see domain_config.h. */
const char *domain_ip_problem(const char *text)
{
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	uint8_t binary[16];
	bool v6 = memchr(text, ':', len) != NULL;
	uint32_t prefix;

	if (len >= sizeof(address))
		return "is no IP address";
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(v6 ? AF_INET6 : AF_INET, address, binary) != 1)
		return "is no IP address";
	if (slash != NULL && parse_u32(slash + 1, 0, v6 ? 128 : 32, &prefix) < 0)
		return v6 ? "has a prefix that is not 0 to 128" : "has a prefix that is not 0 to "
		"32";
	return NULL;
}
