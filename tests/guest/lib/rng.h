/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that only look random: the same seed gives the same ones everywhere. */
#ifndef TESTS_GUEST_RNG_H
#define TESTS_GUEST_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t x = r->s ? r->s : 0x9e3779b97f4a7c15ull;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	r->s = x;
	return x * 0x2545f4914f6cdd1dull;
}

/* 0 to N - 1; N is not 0. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
#if __SIZEOF_POINTER__ == 4
	return (rng_next(r) >> 32) * (uint32_t)n >> 32;	/* no library to divide 64 bits by */
#else
	return (rng_next(r) >> 1) % n;
#endif
}

/* Random bits, or (every other time) a value at which code tends to break. */
static inline uint64_t rng_edge(struct rng *r)
{
	uint64_t x = rng_next(r), bit = x >> 8 & 63;

	switch (x & 15) {
	case 0: return 0;
	case 1: return ~0ull;
	case 2: return 1ull << bit;
	case 3: return (1ull << bit) - 1;
	case 4: return ~(1ull << bit);
	case 5: return (uint32_t)~0u;
	case 6: return 1ull << 63 | bit;
	case 7: return bit;
	default: return rng_next(r);
	}
}

#endif
