/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offsets of C structs for the assembly files; the build turns the marked lines into
 * asm_offsets.h.
 */
#include <xen/domain.h>
#include <xen/vcpu.h>

#define DEFINE(name, value) __asm__ volatile("\n->" #name " %0" :: "i"(value))

void asm_offsets(void);
void asm_offsets(void)
{
	DEFINE(REGS_X0, offsetof(struct vcpu, regs.x[0]));
	DEFINE(REGS_ELR, offsetof(struct vcpu, regs.elr));
	DEFINE(VCPU_STACK_TOP, offsetof(struct vcpu, stack_top));
	DEFINE(PCPU_STACK_TOP, offsetof(struct pcpu, stack_top));
	DEFINE(VCPU_MMIO_OFFSET, offsetof(struct vcpu, mmio_offset));
	DEFINE(VCPU_MMIO_PAGE, offsetof(struct vcpu, mmio_page));
	DEFINE(VCPU_MMIO_KEY, offsetof(struct vcpu, mmio_key));
	DEFINE(VCPU_SGI_KEY, offsetof(struct vcpu, sgi_key));
	DEFINE(VCPU_ID_KEY, offsetof(struct vcpu, id_key));
	DEFINE(VCPU_DOMAIN, offsetof(struct vcpu, domain));
	DEFINE(DOMAIN_ID_REGS, offsetof(struct domain, id_regs));
	DEFINE(PCPU_CURRENT, offsetof(struct pcpu, current));
	DEFINE(WORK_RESCHED, WORK_RESCHED);
	DEFINE(WORK_YIELD, WORK_YIELD);
	DEFINE(PCPU_WORK, offsetof(struct pcpu, work));
	DEFINE(PCPU_TRAPS, offsetof(struct pcpu, traps));
	DEFINE(TRAP_IRQ, TRAP_IRQ);
	DEFINE(TRAP_FIQ, TRAP_FIQ);
	DEFINE(TRAP_SERROR, TRAP_SERROR);
	DEFINE(FP_FPSR, offsetof(struct fp_regs, fpsr));
	DEFINE(FP_FPCR, offsetof(struct fp_regs, fpcr));
}
