/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of guest frames: frame n is bit n % 8 of byte n / 8, as hyp_dirty_take() gives them. */
#ifndef TOOLS_SAVE_BITS_H
#define TOOLS_SAVE_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include <xentools/macros.h>

static inline bool bits_has(const uint8_t *bits, uint64_t n)
{
	return bits[n / 8] >> n % 8 & 1;
}

static inline void bits_put(uint8_t *bits, uint64_t n, bool value)
{
	bits[n / 8] = (uint8_t)((bits[n / 8] & ~(1u << n % 8)) | (unsigned int)value << n % 8);
}

/* How many from n on, below end, are as n is: all in, or all out. */
static inline uint64_t bits_run(const uint8_t *bits, uint64_t n, uint64_t end)
{
	bool value = bits_has(bits, n);
	uint64_t i = n + 1;

	while (i < end)
		if (i % 8 == 0 && bits[i / 8] == (value ? 0xff : 0))
			i += 8;
		else if (bits_has(bits, i) == value)
			i++;
		else
			break;
	return MIN(i, end) - n;
}

#endif
