/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The little library under everything: printing, panic and assertions, memory
 * and string functions. Nothing here allocates or locks, but for the console
 * lock that print takes last.
 */
#pragma once

#include <stdarg.h>
#include <string.h>
#include <xen/types.h>
#include <xen/errno.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Print one line (or part of one) on the hypervisor's console and into its ring. */
void printk(enum log_level level, const char *fmt, ...) __printf(2, 3);
#define pr_err(...)	printk(LOG_ERROR, __VA_ARGS__)
#define pr_warn(...)	printk(LOG_WARNING, __VA_ARGS__)
#define pr_info(...)	printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)	printk(LOG_DEBUG, __VA_ARGS__)

/* What a guest causes to be printed: prefixed "(dN)", stripped, rate-limited per domain. */
void guest_printk(struct domain *d, const char *fmt, ...) __printf(2, 3);

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
unsigned long strtoul_simple(const char *s, const char **end);
size_t strlcpy(char *dst, const char *src, size_t size);

/*
 * The hypervisor's own memory or code is wrong: say so, dump, stop the machine.
 * Nothing a guest, a configuration or a client does may lead here.
 */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;
void assert_failed(const char *cond, const char *file, int line) __noreturn;

#ifdef NDEBUG
#define ASSERT(c)	((void)sizeof(c))
#else
#define ASSERT(c)	do { if (unlikely(!(c))) assert_failed(#c, __FILE__, __LINE__); } while (0)
#endif
#define BUG_ON(c)	do { if (unlikely(c)) assert_failed(#c, __FILE__, __LINE__); } while (0)

/* One more reference where there is one already: false when there is none, or as many as max. */
static inline bool ref_get(uint32_t *count, uint32_t max)
{
	uint32_t n = __atomic_load_n(count, __ATOMIC_RELAXED);

	do {
		if (n == 0 || n >= max)
			return false;
	} while (!__atomic_compare_exchange_n(count, &n, n + 1, false, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

/*
 * Clamp an index that a guest chose, after its bounds check: the result is i when i < n, else 0,
 * also under speculation (robustness rule 9).
 */
static inline uint64_t index_nospec(uint64_t i, uint64_t n)
{
	/* The compiler knows from the check that i < n: it must not reason away what follows. */
	__asm__ volatile("" : "+r"(i));
	/* All ones when i < n, computed without a branch; n - 1 - i borrows when i >= n. */
	uint64_t mask = ~(uint64_t)((int64_t)(i | (n - 1 - i)) >> 63);
	__asm__ volatile("" : "+r"(mask));
	return i & mask;
}
