/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomics on memory that a guest writes too: one LSE instruction, or an exclusive loop that gives
 * up after a bound, since a guest can break our reservation for ever (robustness rule 6, XSA-295).
 * Fully ordered.
 */
#include <arch/guest_atomic.h>
#include <xen/domain.h>

#define MAX_TRIES 4096u

bool cpu_has_lse __ro_after_init;

#define LSE(op, p, old, val)								\
	__asm__ volatile(".arch_extension lse\n\t" op : "+r"(old), "+Q"(*(p)) : "r"(val) : "memory")
#define LOAD_EX(sfx, w, p, old)								\
	__asm__ volatile("ldaxr" sfx " %" w "0, %1" : "=r"(old) : "Q"(*(p)) : "memory")
#define STORE_EX(sfx, w, p, val, failed)						\
	__asm__ volatile("stlxr" sfx " %w0, %" w "2, %1"				\
			 : "=&r"(failed), "=Q"(*(p)) : "r"(val) : "memory")

/* Set the bits of mask in *p, or clear them; what was there is returned. */
#define DEFINE_RMW(name, type, w, sfx)							\
static type name(type *p, type mask, bool set, struct domain *d)			\
{											\
	type old = 0;									\
	uint32_t failed = 1, tries;							\
											\
	if (cpu_has_lse) {								\
		if (set)								\
			LSE("ldsetal" sfx " %" w "2, %" w "0, %1", p, old, mask);	\
		else									\
			LSE("ldclral" sfx " %" w "2, %" w "0, %1", p, old, mask);	\
		return old;								\
	}										\
	for (tries = 0; failed && tries < MAX_TRIES; tries++) {				\
		LOAD_EX(sfx, w, p, old);						\
		STORE_EX(sfx, w, p, (type)(set ? old | mask : old & (type)~mask), failed);	\
	}										\
	smp_mb();									\
	if (!failed)									\
		return old;								\
	domain_starves(d);								\
	return set ? mask : 0;								\
}

DEFINE_RMW(rmw64, uint64_t, "x", "")
DEFINE_RMW(rmw32, uint32_t, "w", "")
DEFINE_RMW(rmw16, uint16_t, "w", "h")

uint32_t guest_cmpxchg32(uint32_t *p, uint32_t old, uint32_t val, struct domain *d)
{
	uint32_t found = old, failed = 1, tries;

	if (cpu_has_lse) {
		LSE("casal %w0, %w2, %1", p, found, val);
		return found;
	}
	for (tries = 0; failed && tries < MAX_TRIES; tries++) {
		LOAD_EX("", "w", p, found);
		if (found != old) {
			__asm__ volatile("clrex" ::: "memory");
			return found;
		}
		STORE_EX("", "w", p, val, failed);
	}
	smp_mb();
	if (!failed)
		return found;
	domain_starves(d);
	return ~old;
}

#define DEFINE_BIT_OP(name, type, rmw, set)						\
bool name(unsigned int bit, type *word, struct domain *d)				\
{											\
	return rmw(word, (type)1 << bit, set, d) >> bit & 1;				\
}

DEFINE_BIT_OP(guest_test_and_set_bit, uint64_t, rmw64, true)
DEFINE_BIT_OP(guest_test_and_clear_bit, uint64_t, rmw64, false)
DEFINE_BIT_OP(guest_test_and_set_bit32, uint32_t, rmw32, true)
DEFINE_BIT_OP(guest_test_and_clear_bit32, uint32_t, rmw32, false)

void guest_clear_mask16(uint16_t mask, uint16_t *p, struct domain *d)
{
	(void)rmw16(p, mask, false, d);
}
