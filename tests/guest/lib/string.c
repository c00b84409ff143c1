/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few string functions that payloads and gcc itself call. */
#include "guest.h"

void *memset(void *d, int c, size_t n)
{
	for (char *p = d; n--; p++)
		*p = (char)c;
	return d;
}

void *memcpy(void *d, const void *s, size_t n)
{
	const char *from = s;

	for (char *p = d; n--; p++)
		*p = *from++;
	return d;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n--; x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n--; a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}
