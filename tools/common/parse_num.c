/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict parsing of numbers and sizes. strtoull() is not used because it skips white space and
 * accepts signs; every digit is added with overflow checks instead.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <xentools/parse_num.h>

#define DOMID_LIMIT 0x7ff0u	/* DOMID_FIRST_RESERVED */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Read digits from *s on, leaving *s at the first other character. */
static int read_digits(const char **s, unsigned int base, uint64_t *ret)
{
	const char *p = *s;
	bool overflow = false;
	uint64_t v = 0;

	while (digit_value(*p) < (int)base) {
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit_value(*p), &v))
			overflow = true;
		p++;
	}
	if (p == *s)
		return -EINVAL;
	*s = p;
	*ret = v;
	return overflow ? -ERANGE : 0;
}

int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	unsigned int base = 10;
	uint64_t v;
	int rc;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	rc = read_digits(&s, base, &v);
	if (rc == -EINVAL || *s)
		return -EINVAL;
	if (rc || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_u32(const char *s, uint32_t min, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	int rc = parse_u64(s, min, max, &v);

	if (!rc)
		*ret = (uint32_t)v;
	return rc;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t magnitude;
	int64_t v;
	int rc;

	rc = parse_u64(s + negative, 0, (uint64_t)INT64_MAX + negative, &magnitude);
	if (rc)
		return rc;
	v = negative ? -(int64_t)(magnitude - (magnitude != 0)) - (magnitude != 0)
		     : (int64_t)magnitude;
	if (v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_domid(const char *s, uint32_t *ret)
{
	uint64_t v;
	const char *p = s;
	int rc = read_digits(&p, 10, &v);

	if (rc == -EINVAL || *p)
		return -EINVAL;
	if (rc || v >= DOMID_LIMIT)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

int parse_size(const char *s, uint64_t bare_unit, uint64_t *ret)
{
	static const char suffixes[] = "bkmgt";
	const char *found;
	uint64_t v, unit = bare_unit;
	int rc = read_digits(&s, 10, &v);

	if (rc == -EINVAL)
		return rc;
	if (*s) {
		found = strchr(suffixes, tolower((unsigned char)*s));
		if (!found)
			return -EINVAL;
		unit = (uint64_t)1 << (10 * (found - suffixes));
		s++;
		if (unit > 1 && tolower((unsigned char)s[0]) == 'i' &&
		    tolower((unsigned char)s[1]) == 'b')
			s += 2;
		if (*s)
			return -EINVAL;
	}
	if (rc || __builtin_mul_overflow(v, unit, &v))
		return -ERANGE;
	*ret = v;
	return 0;
}
