/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of physical CPUs: "0-3,^2,8". Parsing and printing are pure functions on struct cpuset;
 * the field type wraps them. An exclusion applies to what stands before it, as in libvirt.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static void mark(struct cpuset *set, unsigned int first, unsigned int last, bool on)
{
	for (unsigned int cpu = first; cpu <= last; cpu++) {
		if (on)
			set->bits[cpu / 64] |= 1ull << (cpu % 64);
		else
			set->bits[cpu / 64] &= ~(1ull << (cpu % 64));
	}
}

/* Parse a CPU list; see domain_config.h. *set is untouched on failure. */
int cpuset_parse(const char *text, struct cpuset *set)
{
	static const struct cpuset empty;
	struct cpuset s = empty;
	const char *p = text;

	for (;;) {
		unsigned int first, last;
		bool on = true;
		int rc;

		while (*p == ' ')
			p++;
		if (*p == '^') {
			on = false;
			p++;
		}
		rc = parse_cpu(&p, &first);
		if (rc < 0)
			return rc;
		last = first;
		if (*p == '-') {
			p++;
			rc = parse_cpu(&p, &last);
			if (rc < 0)
				return rc;
			if (last < first)
				return -EINVAL;
		}
		mark(&s, first, last, on);
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

static void parse_set(struct reader *r, const struct xml_node *node, const struct field_row *row,
		      const char *value, void *dst)
{
	const char *text = field_trim(r, value);

	if (text == NULL)
		return;
	switch (cpuset_parse(text, dst)) {
	case 0:
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
