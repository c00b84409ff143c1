/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of xen/arm64 share among themselves and with nobody else. */
#ifndef ARM64_MACHINE_H
#define ARM64_MACHINE_H

#include <arch/vcpu_ctxt.h>
#include <xen/vsysreg.h>

/* head.S, vectors.S, fpsimd.S */
extern const char _start[], _end[], _etext[], _sinittext[], _einittext[], _srodata[], _erodata[];
extern const char _sro_after_init[], _ero_after_init[], __init_begin[], __init_end[];
extern const char secondary_entry[], spin_table_entry[];
extern uint64_t spin_table_context;
void enter_guest(void) __noreturn;
void fp_save(struct fp_regs *fp);
void fp_load(const struct fp_regs *fp);

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
bool cpu_features_add_secondary(unsigned int cpu);

/* gic.c, gicv3.c, gicv3_lr.c */
int gic_init_host(void);
void gic_init_cpu(void);
void gicv2_guest_save(struct vcpu *v);		/* CTXT_GICV2 */
void gicv2_guest_load(struct vcpu *v);
uint32_t gic_ack(void);				/* and drop the priority */
void gic_save(struct vgic_hw *hw);
void gic_load(const struct vgic_hw *hw);

/* timer.c */
void timer_init_boot(void);
void timer_init_cpu(void);

/* pmu.c */
void pmu_init_cpu(void);			/* MDCR_EL2 is set */

/* psci_client.c */
extern bool psci_by_smc;
int psci_cpu_on(uint64_t mpidr, pa_t entry, uint64_t context);

/* smp.c */
void smp_init_boot_cpu(void);
void smp_bring_up_others(void);

/* Movers of vcpu_ctxt.extra: state that not every CPU has. */
void pauth_save(struct vcpu *v);
void pauth_load(struct vcpu *v);
void scxtnum_save(struct vcpu *v);
void scxtnum_load(struct vcpu *v);
void midr_save(struct vcpu *v);
void midr_load(struct vcpu *v);

/* el2_controls.c */
void el2_controls_init(void);			/* of this CPU, when it comes up */
void el2_controls_check(void);			/* that they are there; panics */
void el2_controls_vcpu(struct vcpu *v);		/* v's HCR_EL2, and its extra state */

/* vcpu_ctxt.c */
void fp_trap(struct vcpu *v, uint32_t iss);	/* v used FP/SIMD while it was trapped */

/* trap_*.c; iss: ESR_EL2.ISS. The registers are in v->regs. */
typedef void trap_fn(struct vcpu *v, uint32_t iss);
/* Rows of the table of system registers. */
bool trap_translation_reg(struct vcpu *v, uint32_t iss);
bool trap_set_way(struct vcpu *v, uint32_t iss);
trap_fn trap_data_abort, trap_instruction_abort;
extern trap_fn *const trap_table[64];

/* aarch32.c, trap_cp15.c */
void aarch32_ctxt_init(struct vcpu *v);
void aarch32_save(struct vcpu *v);
void aarch32_load(struct vcpu *v);
void trap_aarch32(struct vcpu *v, uint32_t esr);	/* from vectors.S; the whole ESR_EL2 */
trap_fn trap_cp15, trap_cp15_wide, trap_cp14, trap_cp10, trap_hvc32, trap_smc32;

/* inject.c */
void serror_save(struct vcpu *v);
void serror_load(struct vcpu *v);

#endif
