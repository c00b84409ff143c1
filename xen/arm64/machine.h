/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of xen/arm64 share among themselves and with nobody else, and the headers that
 * many of them need.
 */
#pragma once

#include <arch/mmu.h>
#include <arm64/el2_controls.h>
#include <arm64/layout.h>
#include <arm64/sysreg.h>
#include <xen/boot.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <xen/vsysreg.h>

/* head.S, vectors.S, fpsimd.S */
extern const char _start[], _end[], _etext[], _sinittext[], _einittext[], _srodata[], _erodata[];
extern const char _sro_after_init[], _ero_after_init[], __init_begin[], __init_end[];
extern const char secondary_entry[], spin_table_entry[], el2_vectors[],
		  el2_counting_vectors[], el2_recording_vectors[];
extern uint64_t spin_table_context;
void enter_guest(void) __noreturn;
bool serror_take(void);
void trap_serror(struct vcpu *v);
void secondary_again(struct pcpu *c) __noreturn;	/* from the top of its stack */
void fp_save(struct fp_regs *fp);
void fp_load(const struct fp_regs *fp);
/* With SVE, by ZCR_EL2's length: Z, P and FFR as struct vcpu_sve has them; of fp FPSR and FPCR. */
void sve_save(uint64_t *regs, struct fp_regs *fp);
void sve_load(const uint64_t *regs, const struct fp_regs *fp);
uint64_t sve_vector_bytes(void);
/* EL1's length, which its own SVE registers are by; what EL2 allows it and itself. */
#define ZCR_EL1	S3_0_C1_C2_0
#define ZCR_EL2	S3_4_C1_C2_0

/* The boot CPU's steps, in that order; the last two are when all CPUs are up, and at the end. */
typedef void start_fn(void);
start_fn smp_init_boot_cpu, mmu_init, timer_init_boot, cpu_features_init_boot;
start_fn smp_bring_up_others, mmu_drop_identity, mmu_protect_after_init;
void mmu_map_identity(void);	/* for CPUs that start later */
/* Each CPU's when it comes up: controls, which PMU needs; then that they are there, or panic. */
start_fn el2_controls_init, pmu_init_cpu, gic_init_cpu, timer_init_cpu, el2_controls_check;

/* mmu.c */
pa_t image_pa(const void *sym);			/* machine address of something in the image */
/* Map 2 MiB at va to RAM at pa, both 2 MiB aligned. -ENOMEM when no static table is left. */
int mmu_map_block(uint64_t va, pa_t pa);
void *cpu_stack_map(unsigned int cpu);		/* top of the guarded stack of a CPU */

/* cpu_features.c */
extern bool cpu_has_lse;
bool cpu_features_add_secondary(unsigned int cpu);

/* gic.c, gicv3.c, gic_lr.c */
int gic_init_host(void);
void gic_stop_cpu(void);			/* no interrupts for this CPU until gic_init_cpu */
uint32_t gic_ack(void);				/* and drop the priority */
uint32_t gic_pending(void);
void gic_save(struct vgic_hw *hw);
void gic_load(const struct vgic_hw *hw);

/* psci_client.c */
int psci_cpu_on(uint64_t mpidr, pa_t entry, uint64_t context);

/* For lists of registers, rows op(register, member of struct vcpu_ctxt): move all of v's. */
#define SAVE_REG(reg, member)	v->ctxt.member = read_sysreg(reg);
#define LOAD_REG(reg, member)	write_sysreg(reg, v->ctxt.member);

/* Movers of vcpu_ctxt.extra: state that not every CPU or vCPU has. */
typedef void mover_fn(struct vcpu *v);
mover_fn pauth_save, pauth_load, scxtnum_save, scxtnum_load, midr_save, midr_load;
mover_fn disr_save, disr_load, device_save;
mover_fn gicv2_guest_save, gicv2_guest_load, aarch32_save, aarch32_load, serror_save, serror_load;

/* el2_controls.c */
void el2_controls_vcpu(struct vcpu *v);		/* v's HCR_EL2, and its extra state */

/* vcpu_ctxt.c */
void fp_trap(struct vcpu *v, uint32_t iss);	/* v used FP/SIMD while it was trapped */
void sve_trap(struct vcpu *v, uint32_t iss);	/* or SVE */

/* trap_*.c; iss: ESR_EL2.ISS. The registers are in v->regs. */
typedef void trap_fn(struct vcpu *v, uint32_t iss);
void traps_vectors_here(void);		/* this CPU uses those that are wanted now */
/* Rows of the table of system registers. */
sysreg_trap_fn trap_translation_reg, trap_set_way;
trap_fn trap_data_abort, trap_instruction_abort;
extern trap_fn *const trap_table[64];

/* aarch32.c, trap_cp15.c */
void aarch32_ctxt_init(struct vcpu *v);
void trap_aarch32(struct vcpu *v);	/* from vectors.S */
trap_fn trap_cp15, trap_cp15_wide, trap_cp14, trap_cp10, trap_hvc32, trap_smc32;
