/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words for the compiler: attributes, one-time memory accesses and small
 * arithmetic helpers that every folder uses. No types of ours live here.
 */
#pragma once

#define __must_check		__attribute__((warn_unused_result))
#define __noreturn		__attribute__((noreturn))
#define __aligned(n)		__attribute__((aligned(n)))
#define __section(s)		__attribute__((section(s)))
#define __unused		__attribute__((unused))
#define __noinline		__attribute__((noinline))	/* keeps a seldom way apart */
#define __inlined		inline __attribute__((always_inline))
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
/* Code and data that only start-up needs; the pages are freed afterwards. */
#ifdef ZAZEN_HOST_TEST
#define __init
#define __ro_after_init
#else
#define __init			__section(".init.text") __attribute__((noinline))
#define __ro_after_init		__section(".data.ro_after_init")
#endif

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) \
	((type *)((char *)(p) - __builtin_offsetof(type, member)))
#define static_assert_size(type, n) \
	_Static_assert(sizeof(type) == (n), #type " is not " #n " bytes")

/* One access of natural size: nothing is read twice or torn by the compiler. */
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define load_acquire(p)		__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)

#define MIN(a, b)	({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define MAX(a, b)	({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define ROUND_UP(x, a)		(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define ROUND_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define DIV_ROUND_UP(x, a)	(((x) + (a) - 1) / (a))
#define BIT(n)			(1UL << (n))
#define GENMASK(hi, lo)		((~0UL >> (63 - (hi))) & (~0UL << (lo)))

/* Overflow-checked arithmetic on values that come from a guest: true on overflow. */
#define checked_add(a, b, res)	__builtin_add_overflow((a), (b), (res))
#define checked_mul(a, b, res)	__builtin_mul_overflow((a), (b), (res))
