/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free heap memory in debug builds: filled with a pattern that no pointer has, and under the
 * address sanitizer (host tests) closed to every access until it is given out again.
 */
#ifndef MM_POISON_H
#define MM_POISON_H

#include <xen/lib.h>

#define POISON_BYTE	0xd5

#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const void volatile *p, size_t size);
void __asan_unpoison_memory_region(const void volatile *p, size_t size);
static inline void heap_poison(void *p, size_t size) { __asan_poison_memory_region(p, size); }
static inline void heap_unpoison(void *p, size_t size) { __asan_unpoison_memory_region(p, size); }
#elif defined(ZAZEN_DEBUG)
static inline void heap_poison(void *p, size_t size) { memset(p, POISON_BYTE, size); }
static inline void heap_unpoison(void *p, size_t size) { (void)p; (void)size; }
#else
static inline void heap_poison(void *p, size_t size) { (void)p; (void)size; }
static inline void heap_unpoison(void *p, size_t size) { (void)p; (void)size; }
#endif

#endif
