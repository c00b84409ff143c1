/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free heap memory in debug builds: filled with a pattern that no pointer has. In host tests
 * (fake/poison.h) the address sanitizer closes it to every access until it is given out again.
 */
#pragma once

#include <xen/lib.h>

#ifdef ZAZEN_HOST_TEST
#include <fake/poison.h>
#else
static inline void heap_unpoison(void *p, size_t size) { (void)p; (void)size; }
#ifdef ZAZEN_DEBUG
static inline void heap_poison(void *p, size_t size) { memset(p, 0xd5, size); }
#else
static inline void heap_poison(void *p, size_t size) { (void)p; (void)size; }
#endif
#endif
