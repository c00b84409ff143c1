/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomics on memory that a guest writes too: one LSE instruction, or an exclusive loop that gives up after a
 * bound, since a guest can break our reservation for ever (robustness rule 6, XSA-295). Fully ordered.
 */
#include <arch/cpu.h>
#include <arch/guest_atomic.h>
#include <arm64/sysreg.h>
#include "machine.h"

#define MAX_TRIES 4096u

bool cpu_has_lse __attribute__((section(".data.ro_after_init")));

/* new = (old | set) & ~clear on a word of the given type; old is returned. */
#define DEFINE_RMW(name, type, w, sfx)								\
static type name(type *p, type set, type clear, bool *ok)					\
{												\
	type old, val;										\
	uint32_t failed, tries;									\
												\
	*ok = true;										\
	if (cpu_has_lse && !clear) {								\
		__asm__ volatile(".arch_extension lse\n\tldsetal" sfx " %" w "2, %" w "0, %1"	\
				 : "=r"(old), "+Q"(*p) : "r"(set) : "memory");			\
		return old;									\
	}											\
	if (cpu_has_lse) {									\
		__asm__ volatile(".arch_extension lse\n\tldclral" sfx " %" w "2, %" w "0, %1"	\
				 : "=r"(old), "+Q"(*p) : "r"(clear) : "memory");		\
		return old;									\
	}											\
	for (tries = 0; tries < MAX_TRIES; tries++) {						\
		__asm__ volatile("ldaxr" sfx " %" w "0, %1" : "=r"(old) : "Q"(*p) : "memory");	\
		val = (type)((old | set) & (type)~clear);					\
		__asm__ volatile("stlxr" sfx " %w0, %" w "2, %1"				\
				 : "=&r"(failed), "=Q"(*p) : "r"(val) : "memory");		\
		if (!failed) {									\
			smp_mb();								\
			return old;								\
		}										\
	}											\
	*ok = false;										\
	return 0;										\
}

DEFINE_RMW(rmw64, uint64_t, "x", "")
DEFINE_RMW(rmw32, uint32_t, "w", "")
DEFINE_RMW(rmw16, uint16_t, "w", "h")

#define DEFINE_CMPXCHG(name, type, sfx)								\
type name(type *p, type old, type val, bool *ok)						\
{												\
	type found = old;									\
	uint32_t failed, tries;									\
												\
	*ok = true;										\
	if (cpu_has_lse) {									\
		__asm__ volatile(".arch_extension lse\n\tcasal" sfx " %w0, %w2, %1"		\
				 : "+r"(found), "+Q"(*p) : "r"(val) : "memory");		\
		return found;									\
	}											\
	for (tries = 0; tries < MAX_TRIES; tries++) {						\
		__asm__ volatile("ldaxr" sfx " %w0, %1" : "=r"(found) : "Q"(*p) : "memory");	\
		if (found != old) {								\
			__asm__ volatile("clrex" ::: "memory");					\
			return found;								\
		}										\
		__asm__ volatile("stlxr" sfx " %w0, %w2, %1"					\
				 : "=&r"(failed), "=Q"(*p) : "r"(val) : "memory");		\
		if (!failed) {									\
			smp_mb();								\
			return found;								\
		}										\
	}											\
	*ok = false;										\
	return found;										\
}

DEFINE_CMPXCHG(guest_cmpxchg32, uint32_t, "")
DEFINE_CMPXCHG(guest_cmpxchg16, uint16_t, "h")

bool guest_test_and_set_bit(unsigned int bit, uint64_t *word, bool *ok)
{
	return rmw64(word, BIT(bit), 0, ok) & BIT(bit);
}

bool guest_test_and_clear_bit(unsigned int bit, uint64_t *word, bool *ok)
{
	return rmw64(word, 0, BIT(bit), ok) & BIT(bit);
}

bool guest_test_and_set_bit32(unsigned int bit, uint32_t *word, bool *ok)
{
	return rmw32(word, 1u << bit, 0, ok) & (1u << bit);
}

bool guest_test_and_clear_bit32(unsigned int bit, uint32_t *word, bool *ok)
{
	return rmw32(word, 0, 1u << bit, ok) & (1u << bit);
}

void guest_clear_mask16(uint16_t mask, uint16_t *p, bool *ok)
{
	(void)rmw16(p, 0, mask, ok);
}
