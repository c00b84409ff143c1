/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of xen/arm64 share among themselves and with nobody else. */
#ifndef ARM64_MACHINE_H
#define ARM64_MACHINE_H

#include <arch/vcpu_ctxt.h>

/* head.S, vectors.S, fpsimd.S, smccc.S */
extern const char _start[], _end[], _etext[], _sinittext[], _einittext[], _srodata[], _erodata[];
extern const char _sro_after_init[], _ero_after_init[], __init_begin[], __init_end[];
extern const char secondary_entry[];
void enter_guest(void) __noreturn;
void fp_save(struct fp_regs *fp);
void fp_load(const struct fp_regs *fp);
int64_t smccc_smc(uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3);
int64_t smccc_hvc(uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3);

/* mmu.c */
pa_t image_pa(const void *sym);			/* machine address of something in the image */
void mmu_init(void);				/* windows, stacks; image gets its permissions */
/* Map 2 MiB of the frame table at va to RAM at pa, both 2 MiB aligned. */
void mmu_map_frametable(uint64_t va, pa_t pa);
void mmu_drop_identity(void);			/* after the last secondary is up */
void mmu_protect_after_init(void);		/* ro_after_init, init memory unmapped */
void *cpu_stack_map(unsigned int cpu);		/* top of the guarded stack of a CPU */

/* cpu_features.c */
void cpu_features_init_boot(void);
void cpu_features_check_secondary(unsigned int cpu);
/* What a guest reads in ID register op0=3, op1=0, CRn=0, CRm, op2. */
extern uint64_t guest_id_regs[8][8];

/* gic.c, gicv3.c, gicv3_lr.c */
int gic_init_host(void);
void gic_init_cpu(void);
void gicv3_set_sre(bool on);			/* ICC_SRE_EL1 of this CPU's guest */
uint32_t gic_ack(void);				/* and drop the priority */
void gic_save(struct vgic_hw *hw);
void gic_load(const struct vgic_hw *hw);

/* timer.c */
void timer_init_boot(void);
void timer_init_cpu(void);

/* psci_client.c */
extern bool psci_by_smc;
int psci_cpu_on(uint64_t mpidr, pa_t entry, uint64_t context);

/* smp.c */
void smp_init_boot_cpu(void);
void smp_bring_up_others(void);

/* vcpu_ctxt.c */
void el2_controls_init(void);			/* trap controls of this CPU that no vCPU changes */
void fp_trap(struct vcpu *v, uint32_t iss);	/* v used FP/SIMD while it was trapped */

/* trap_*.c; iss: ESR_EL2.ISS. The registers are in v->regs. */
typedef void trap_fn(struct vcpu *v, uint32_t iss);
trap_fn trap_data_abort, trap_instruction_abort, trap_sysreg;

#endif
