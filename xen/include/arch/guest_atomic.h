/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine contract: atomics on words that a guest can write at the same time. One LSE
 * instruction where the CPU has it; else an exclusive loop with a bound, after which the guest is
 * starving us on purpose: its domain d crashes soon (robustness rule 6), and the answer is the one
 * that leaves the least to do: set bits were set, clear ones clear, a compare found another value.
 * All are fully ordered.
 */
#pragma once

#include <xen/types.h>

bool guest_test_and_set_bit(unsigned int bit, uint64_t *word, struct domain *d);
bool guest_test_and_clear_bit(unsigned int bit, uint64_t *word, struct domain *d);
bool guest_test_and_set_bit32(unsigned int bit, uint32_t *word, struct domain *d);
bool guest_test_and_clear_bit32(unsigned int bit, uint32_t *word, struct domain *d);
/* Compare and swap: returns the value found; equal to old means done. */
uint32_t guest_cmpxchg32(uint32_t *p, uint32_t old, uint32_t val, struct domain *d);
/* Clear bits of a 16-bit word (grant flags). */
void guest_clear_mask16(uint16_t mask, uint16_t *p, struct domain *d);

/* One volatile load or store of natural size on shared memory. */
#define shared_read(p)		(*(const volatile __typeof__(*(p)) *)(p))
#define shared_write(p, v)	(*(volatile __typeof__(*(p)) *)(p) = (v))
