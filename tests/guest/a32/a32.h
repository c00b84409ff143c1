/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the AArch32 payload: what start.S and ops.S give to main.c and banks.c. */
#ifndef TESTS_GUEST_A32_H
#define TESTS_GUEST_A32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HYPERVISOR_sched_op 29
#define HYPERVISOR_event_channel_op 32
#define HYPERVISOR_hvm_op 34

enum { NO_TRAP, TRAP_UNDEF, TRAP_PREFETCH, TRAP_DATA };

/* The last exception, as its handler found it. */
struct trap {
	uint32_t r[13], lr, spsr, cpsr, kind;
};
extern struct trap trap_area;

/* What the machine was like at the first instruction. */
extern uint32_t start_r0, start_r1, start_r2, start_cpsr;

/*
 * Run CODE (bit 0: T32) with r0..r7 = IO and take them back; it returns by its lr. True when an
 * exception ended it: trap_area tells.
 */
bool probe(const void *code, uint32_t io[8]);

/* ops.S: code for probe(). */
extern const char mmio_lr[], mmio_sp[], mmio_fiq[], id_lr[], mvfr_lr[], it_mrc[], it_mmio[],
	it_end[], it_undef[], it_not[], t32_odd[], t32_undef[], hvc_keeps[], hvc_1[], svc_mode_only[];
/* T32 entry of another vCPU; what it found there. */
void second_entry(void);
extern volatile uint32_t second_mpidr, second_cpsr, second_context;
extern const char thumb_vectors[], arm_vectors[];

int32_t hypercall(uint32_t n, uint32_t a, uint32_t b, uint32_t c);
void yield_in_system(void);
int32_t smccc_hvc(uint32_t id, uint32_t a, uint32_t b, uint32_t c);
int32_t smccc_smc(uint32_t id, uint32_t a, uint32_t b, uint32_t c);

/* console.c: words to the PV console, once it was found. */
void console_init(void);
void say(const char *s);
void say_number(uint32_t v, uint32_t base);

/* banks.c: fill what is banked with values made from SEED, and see whether they still stand. */
void banks_fill(uint32_t seed);
const char *banks_differ(uint32_t seed);
void banks_restore(void);

#define cp15_read(op1, crn, crm, op2) ({						\
	uint32_t v_;									\
	asm volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(v_));	\
	v_;										\
})
#define cp15_write(op1, crn, crm, op2, value)						\
	asm volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 "\n\tisb"	\
		     : : "r"((uint32_t)(value)) : "memory")

#endif
