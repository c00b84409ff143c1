/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In host tests the C library keeps its names (the sanitizers watch them) and ours are called
 * xen_*, so that both can be compared. Included after the standard headers by the files that define
 * them.
 */
#ifndef LIB_HOST_NAMES_H
#define LIB_HOST_NAMES_H

#ifdef ZAZEN_HOST_TEST
#include <stdarg.h>
#include <stddef.h>

void *xen_memcpy(void *dst, const void *src, size_t n);
void *xen_memmove(void *dst, const void *src, size_t n);
void *xen_memset(void *p, int c, size_t n);
int xen_memcmp(const void *a, const void *b, size_t n);
void *xen_memchr(const void *p, int c, size_t n);
size_t xen_strlen(const char *s);
size_t xen_strnlen(const char *s, size_t max);
int xen_strcmp(const char *a, const char *b);
int xen_strncmp(const char *a, const char *b, size_t n);
char *xen_strchr(const char *s, int c);
char *xen_strrchr(const char *s, int c);
int xen_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int xen_snprintf(char *buf, size_t size, const char *fmt, ...);

#ifdef LIB_RENAME
#define memcpy		xen_memcpy
#define memmove		xen_memmove
#define memset		xen_memset
#define memcmp		xen_memcmp
#define memchr		xen_memchr
#define strlen		xen_strlen
#define strnlen		xen_strnlen
#define strcmp		xen_strcmp
#define strncmp		xen_strncmp
#define strchr		xen_strchr
#define strrchr		xen_strrchr
#define vsnprintf	xen_vsnprintf
#define snprintf	xen_snprintf
#endif
#endif

#endif
