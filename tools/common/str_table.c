/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Look-up in small constant tables of words, and the edit distance that turns a misspelt word
 * into a suggestion. Linear search: the tables have tens of rows.
 */
#include <errno.h>
#include <string.h>

#include <xentools/macros.h>
#include <xentools/str_table.h>

#define WORD_MAX 63

/* Find the value of a word: 0 or -ENOENT, *ret_value untouched then. */
int str_table_value(const struct str_row *rows, size_t n, const char *name, int *ret_value)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(rows[i].name, name)) {
			*ret_value = rows[i].value;
			return 0;
		}
	}
	return -ENOENT;
}

const char *str_table_name(const struct str_row *rows, size_t n, int value)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].value == value)
			return rows[i].name;
	return NULL;
}

/* The classical table of prefixes, three rows of it kept; a swap of neighbours counts once. */
unsigned int str_distance(const char *a, const char *b)
{
	unsigned int row[3][WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);
	unsigned int *before = row[0], *prev = row[1], *cur = row[2], *tmp;

	if (la > WORD_MAX || lb > WORD_MAX)
		return 99;
	for (size_t j = 0; j <= lb; j++)
		prev[j] = (unsigned int)j;
	memset(before, 0, sizeof(row[0]));
	for (size_t i = 1; i <= la; i++) {
		cur[0] = (unsigned int)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int best = prev[j - 1] + (a[i - 1] != b[j - 1]);

			best = MIN(best, prev[j] + 1);
			best = MIN(best, cur[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, before[j - 2] + 1);
			cur[j] = best;
		}
		tmp = before;
		before = prev;
		prev = cur;
		cur = tmp;
	}
	return prev[lb];
}

void str_near_try(struct str_near *near, const char *name)
{
	unsigned int d = str_distance(near->word, name);

	if (d < near->below) {
		near->below = d;
		near->best = name;
	}
}

size_t str_control(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];

	if (c < 0x20 || c == 0x7f)
		return 1;
	return c == 0xc2 && len > 1 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0 ?
	       2 : 0;
}

uint64_t str_hash(uint64_t hash, const char *s, size_t len)
{
	for (; len > 0; s++, len--)
		hash = (hash ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return hash;
}

char *str_trim(char *s, const char *blanks)
{
	size_t len;

	s += strspn(s, blanks);
	len = strlen(s);
	while (len > 0 && strchr(blanks, s[len - 1]) != NULL)
		s[--len] = '\0';
	return s;
}
