/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free heap memory under the address sanitizer: closed; else filled with a pattern. */
#ifndef FAKE_POISON_H
#define FAKE_POISON_H

#include <string.h>

#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const void volatile *p, size_t size);
void __asan_unpoison_memory_region(const void volatile *p, size_t size);
static inline void heap_poison(void *p, size_t size) { __asan_poison_memory_region(p, size); }
static inline void heap_unpoison(void *p, size_t size) { __asan_unpoison_memory_region(p, size); }
#else
static inline void heap_poison(void *p, size_t size) { memset(p, 0xd5, size); }
static inline void heap_unpoison(void *p, size_t size) { (void)p; (void)size; }
#endif

#endif
