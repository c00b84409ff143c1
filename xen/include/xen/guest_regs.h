/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The general registers of an interrupted vCPU. The vectors store straight into this struct,
 * which is the first member of struct vcpu; its offsets reach the assembly through
 * arm64/asm_offsets.c. elr and spsr are valid after a full save only (every trap but the short
 * hypercall path).
 */
#pragma once

#include <xen/types.h>

struct guest_regs {
	uint64_t x[31];		/* x0 .. x30 */
	uint64_t elr;		/* ELR_EL2: where the guest goes on */
	uint64_t spsr;		/* SPSR_EL2 */
};

/* Register Rt of a trapped instruction: 31 is xzr. */
static inline uint64_t guest_reg_get(const struct guest_regs *r, unsigned int n)
{
	return n < 31 ? r->x[n] : 0;
}

#define SPSR_IL		BIT(20)
#define SPSR_SS		BIT(21)

/* Step over the trapped instruction; what AArch32 needs besides, arm64/aarch32.c does. */
static inline void guest_regs_skip(struct guest_regs *r)
{
	r->elr += 4;
	r->spsr &= ~SPSR_SS;
}
