/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct xenctl_bitmap: a set of CPUs or nodes as bytes in the caller's memory, least
 * significant bit first. The hypervisor's own sets are one 64-bit word, since it has at most 64
 * of either.
 */
#include "ops.h"

#define MAX_BITS	32768u	/* a page of them: more than any caller's machine has CPUs */

/* Read the guest's set; bits beyond 63 are ignored. 0 or -EFAULT. */
int bitmap_from_guest(const struct xenctl_bitmap *b, uint64_t *bits)
{
	uint64_t word = 0;
	uint32_t n = MIN(b->nr_bits, 64u);

	if (n && copy_from_guest(&word, b->bitmap.p, (n + 7) / 8))
		return -EFAULT;
	*bits = n == 64 ? word : word & (BIT(n) - 1);
	return 0;
}

/*
 * Write bits into the guest's set, with zeroes in what it has room for beyond. 0, -EFAULT,
 * -EINVAL: absurd size.
 */
int bitmap_to_guest(const struct xenctl_bitmap *b, uint64_t bits)
{
	uint32_t own = DIV_ROUND_UP(nr_cpus, 8u);
	uint32_t room = b->nr_bits / 8 + (b->nr_bits % 8 != 0);
	uint32_t n = MIN(own, room);

	if (b->nr_bits > MAX_BITS)
		return -EINVAL;
	return copy_to_guest(b->bitmap.p, &bits, n) ||
	       clear_guest(b->bitmap.p + n, room - n) ? -EFAULT : 0;
}
