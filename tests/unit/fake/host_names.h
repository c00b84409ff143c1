/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In host tests the C library keeps its names (the sanitizers watch them) and those of xen/lib are
 * called xen_*, by libc_rename.h, so that both can be compared.
 */
#ifndef FAKE_HOST_NAMES_H
#define FAKE_HOST_NAMES_H

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

#endif
