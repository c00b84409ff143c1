/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of physical CPUs: "0-3,^2,8". Parsing and printing are pure functions on struct cpuset;
 * the field type wraps them. An exclusion applies to what stands before it, as in libvirt. The
 * words that xl has too are for command lines and xl.cfg: XML has numbers alone. A set that goes
 * up to the last number stands for all further CPUs of a host, however many it has.
 */
#include <ctype.h>

#include "field_table.h"

static int parse_cpu(const char **p, unsigned int *ret)
{
	unsigned int v = 0;

	if (!isdigit((unsigned char)**p))
		return -EINVAL;
	for (; isdigit((unsigned char)**p); (*p)++) {
		v = v * 10 + (unsigned int)(**p - '0');
		if (v >= DOMAIN_CPU_MAX)
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

static void mark(struct cpuset *set, const struct cpuset *more, bool on)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		set->bits[i] = on ? set->bits[i] | more->bits[i] : set->bits[i] & ~more->bits[i];
}

/* The CPUs first to last. */
struct cpuset cpuset_range(unsigned int first, unsigned int last)
{
	struct cpuset s = { .bits = { 0 } };

	for (unsigned int cpu = first; cpu <= last && cpu < DOMAIN_CPU_MAX; cpu++)
		s.bits[cpu / 64] |= 1ull << cpu % 64;
	return s;
}

static bool skip(const char **p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*p, word, len) != 0)
		return false;
	*p += len;
	return true;
}

/* One part between commas. A host has one node: that is what the hypervisor says of any. */
static int parse_part(const char **p, const struct cpuset_words *w, struct cpuset *set)
{
	bool on = !skip(p, "^"), node = skip(p, "nodes:") || skip(p, "node:");
	unsigned int first, last;
	struct cpuset range;
	int rc;

	if (node && skip(p, "^"))
		on = false;
	if (!node && skip(p, "none"))
		return 0;
	if (!node && skip(p, "pool")) {
		if (w->pool == NULL)
			return -EDOM;
		mark(set, w->pool, on);
		return 0;
	}
	if (skip(p, "all")) {
		mark(set, node ? w->host : w->all, on);
		return 0;
	}
	rc = parse_cpu(p, &first);
	last = first;
	if (rc == 0 && skip(p, "-"))
		rc = parse_cpu(p, &last);
	if (rc < 0 || last < first)
		return rc < 0 ? rc : -EINVAL;
	if (node && last > 0)
		return -ENXIO;
	range = cpuset_range(first, last);
	mark(set, node ? w->host : &range, on);
	return 0;
}

/* Parse a CPU list; see domain_config.h. *set is untouched on failure. */
int cpuset_parse(const char *text, const struct cpuset_words *words, struct cpuset *set)
{
	const struct cpuset every = cpuset_range(0, DOMAIN_CPU_MAX - 1);
	const struct cpuset_words any = { .all = &every, .host = &every, .pool = &every };
	static const struct cpuset empty;
	struct cpuset s = empty;
	const char *p = text;

	for (;;) {
		int rc;

		while (*p == ' ')
			p++;
		rc = parse_part(&p, words != NULL ? words : &any, &s);
		if (rc < 0)
			return rc;
		while (*p == ' ')
			p++;
		if (*p == '\0')
			break;
		if (*p++ != ',')
			return -EINVAL;
	}
	if (memcmp(&s, &empty, sizeof(s)) == 0)
		return -ENOENT;
	*set = s;
	return 0;
}

/* Print as ranges; 0 or -ENOSPC. An empty set is "none". */
int cpuset_format(const struct cpuset *set, char *buf, size_t size)
{
	size_t used = 0;

	for (unsigned int cpu = 0; cpu < DOMAIN_CPU_MAX; cpu++) {
		unsigned int last = cpu;
		int n;

		if (!cpuset_has(set, cpu))
			continue;
		while (cpuset_has(set, last + 1))
			last++;
		if (last == cpu)
			n = snprintf(buf + used, size - used, "%s%u", used > 0 ? "," : "", cpu);
		else
			n = snprintf(buf + used, size - used, "%s%u-%u", used > 0 ? "," : "", cpu,
				     last);
		if (n < 0 || (size_t)n >= size - used)
			return -ENOSPC;
		used += (size_t)n;
		cpu = last;
	}
	if (used == 0 && snprintf(buf, size, "none") >= (int)size)
		return -ENOSPC;
	return 0;
}

FIELD_PARSER(parse_set)
{
	const char *text = field_trim(r, value);
	struct cpuset set;
	int rc;

	if (text == NULL)
		return;
	rc = cpuset_parse(text, NULL, &set);
	if (rc == 0 && text[strspn(text, "0123456789-^, ")] != '\0')
		rc = -EINVAL;
	switch (rc) {
	case 0:
		*(struct cpuset *)dst = set;
		return;
	case -ENXIO:
		field_error(r, node, field_attr(row), "E344", NULL,
			    "\"%.40s\": there is no such node, a host has node 0", text);
		return;
	case -ERANGE:
		field_error(r, node, field_attr(row), "E344", NULL,
			    "a CPU number is larger than %u", DOMAIN_CPU_MAX - 1);
		return;
	case -ENOENT:
		field_error(r, node, field_attr(row), "E344", NULL, "the list selects no CPU");
		return;
	default:
		field_error(r, node, field_attr(row), "E344", "a list looks like 0-3,^2,8",
			    "\"%.40s\" is not a list of CPUs", text);
	}
}

const struct field_type type_cpuset = { "CPU list", parse_set };
