/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AArch32 execution state as EL2 has to know it: conditions and IT blocks of trapped
 * instructions, register banks, exceptions raised in it, coprocessor registers as what they are in
 * AArch64. Pure functions of vdev/aarch32.c and vdev/exception.c; the traps are in arm64/.
 */
#pragma once

#include <xen/guest_regs.h>

/* Processor state, as in SPSR_EL2. */
#define SPSR_AARCH32		BIT(4)
#define SPSR32_MODE		0x1fUL
#define SPSR32_MODE_USR		0x10UL
#define SPSR32_MODE_FIQ		0x11UL
#define SPSR32_MODE_IRQ		0x12UL
#define SPSR32_MODE_SVC		0x13UL
#define SPSR32_MODE_ABT		0x17UL
#define SPSR32_MODE_UND		0x1bUL
#define SPSR32_MODE_SYS		0x1fUL
#define SPSR32_T		BIT(5)
/* While a trap from AArch32 is dealt with regs.elr has this, unless an exception was raised. */
#define AARCH32_AT_TRAP		BIT(63)
#define SPSR32_START		0x1d3u	/* SVC, A32; A, I and F masked */

/* SCTLR at the start of an AArch32 EL1: the architecture's RES1 bits; MMU and caches off. */
#define SCTLR32_RESET		0x00c50838u

/* All CPUs have AArch32 at EL1 (arm64/cpu_features.c). */
extern bool host_has_aarch32;

static inline bool guest_is_aarch32(const struct guest_regs *r)
{
	return r->spsr & SPSR_AARCH32;
}

/*
 * The trap goes on from where it was taken: no exception was raised meanwhile. One in AArch64 has
 * the mark's bit in its vector's address, as a rule.
 */
static inline bool aarch32_is_at_trap(const struct guest_regs *r)
{
	return guest_is_aarch32(r) && (r->elr & AARCH32_AT_TRAP);
}

bool aarch32_condition_passes(uint64_t spsr, uint32_t iss);
void aarch32_skip(struct guest_regs *r, bool four_bytes);
unsigned int aarch32_reg(uint64_t spsr, unsigned int n);
uint32_t cp15_to_sysreg(uint32_t iss, bool wide);

enum aarch32_exception { AARCH32_UNDEF, AARCH32_PREFETCH_ABORT, AARCH32_DATA_ABORT };

uint32_t aarch32_enter(struct guest_regs *r, enum aarch32_exception e, uint64_t sctlr,
		       uint64_t vbar);
uint32_t aarch32_fault_status(bool long_format, bool walk, uint32_t abort_iss);
/* The same for an EL1 in AArch64, whose ELR_EL1 and SPSR_EL1 are the caller's to write. */
void aarch64_enter(struct guest_regs *r, uint64_t sctlr, uint64_t vbar);
