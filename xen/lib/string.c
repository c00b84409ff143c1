/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and string functions of the freestanding image: what our code and libfdt call, and what
 * the compiler calls by itself. Words are moved eight bytes at a time, unaligned where need be:
 * normal memory allows it once the MMU is on. Whole pages have functions of their own (arch/mmu.h).
 */
#include <xen/lib.h>
#ifdef ZAZEN_HOST_TEST
#include <fake/libc_rename.h>
#endif

/* Else the compiler sees that the loop in memcpy is a memcpy, and calls it. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

/* A word anywhere in memory; may_alias since it overlays objects of any type. */
typedef struct { uint64_t v; } __attribute__((packed, may_alias)) word_t;

#define WORD	sizeof(uint64_t)

/* Copy n bytes between objects that do not overlap. */
void *memcpy(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (n >= WORD) {
		/* The last word may overlap what the loop copied: no byte-wise tail. */
		char *d_last = d + n - WORD;
		const char *s_last = s + n - WORD;

		for (; n >= 4 * WORD; n -= 4 * WORD, d += 4 * WORD, s += 4 * WORD) {
			word_t a = ((const word_t *)s)[0], b = ((const word_t *)s)[1];
			word_t c = ((const word_t *)s)[2], e = ((const word_t *)s)[3];

			((word_t *)d)[0] = a;
			((word_t *)d)[1] = b;
			((word_t *)d)[2] = c;
			((word_t *)d)[3] = e;
		}
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
			*(word_t *)d = *(const word_t *)s;
		*(word_t *)d_last = *(const word_t *)s_last;
		return dst;
	}
	while (n--)
		*d++ = *s++;
	return dst;
}

/* Copy n bytes; source and destination may overlap. */
void *memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= n) {
		/*
		 * dst is below src, or beyond its end: forwards, each word read before it can be
		 * overwritten.
		 */
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
			*(word_t *)d = *(const word_t *)s;
		while (n--)
			*d++ = *s++;
		return dst;
	}
	for (; n >= WORD; n -= WORD)
		*(word_t *)(d + n - WORD) = *(const word_t *)(s + n - WORD);
	while (n--)
		d[n] = s[n];
	return dst;
}

/* Set n bytes to c. */
void *memset(void *p, int c, size_t n)
{
	char *d = p;
	word_t w = { (uint8_t)c * 0x0101010101010101UL };

	if (n >= WORD) {
		char *last = d + n - WORD;

		for (; n >= 4 * WORD; n -= 4 * WORD, d += 4 * WORD) {
			((word_t *)d)[0] = w;
			((word_t *)d)[1] = w;
			((word_t *)d)[2] = w;
			((word_t *)d)[3] = w;
		}
		for (; n >= WORD; n -= WORD, d += WORD)
			*(word_t *)d = w;
		*(word_t *)last = w;
		return p;
	}
	while (n--)
		*d++ = (char)c;
	return p;
}

/* Compare n bytes as unsigned: below, equal, above zero. */
int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n >= WORD; n -= WORD, x += WORD, y += WORD)
		if (((const word_t *)x)->v != ((const word_t *)y)->v)
			break;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

/* First byte equal to c among n; NULL. */
void *memchr(const void *p, int c, size_t n)
{
	const uint8_t *s = p;

	for (; n; n--, s++)
		if (*s == (uint8_t)c)
			return (void *)(uintptr_t)s;
	return NULL;
}

/* Length of s. */
size_t strlen(const char *s)
{
	return strnlen(s, ~0UL);
}

/* Length of s, max when it has no end within max bytes. */
size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

/* Compare strings, bytes as unsigned. */
int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, ~0UL);
}

/* Compare at most n bytes of strings. */
int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (uint8_t)*a - (uint8_t)*b;
		if (!*a)
			break;
	}
	return 0;
}

/* First c in s, its end included; NULL. */
char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

/* Last c in s, its end included; NULL. */
char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)(uintptr_t)found;
}

/*
 * Copy a string into size bytes, always with an end (size > 0). Returns the length of src: >= size
 * means cut.
 */
size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		size_t k = MIN(n, size - 1);

		memcpy(dst, src, k);
		dst[k] = '\0';
	}
	return n;
}

/* ~0: none. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : ~0u;
}

/*
 * Number at the start of s: decimal, or hexadecimal after "0x". *end is the first character not
 * used; equal to s: no number. Saturates at ULONG_MAX.
 */
unsigned long strtoul_simple(const char *s, const char **end)
{
	unsigned int base = 10;
	unsigned long n = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16) {
		s += 2;
		base = 16;
	}
	for (; digit_value(*s) < base; s++)
		if (checked_mul(n, base, &n) || checked_add(n, digit_value(*s), &n))
			break;
	for (; digit_value(*s) < base; s++)
		n = ~0UL;
	*end = s;
	return n;
}
