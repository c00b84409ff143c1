/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One instruction, made at run time and executed at EL1 or EL0 (AArch64, or A32 at EL0), that may
 * fault: what it did comes back, the payload goes on.  One CPU probes at a time.  Interrupts are
 * masked while a probe runs, unless the instruction itself unmasks them.  A32 needs the MMU off.
 */
#ifndef TESTS_GUEST_PROBE_H
#define TESTS_GUEST_PROBE_H

#include "guest.h"

/* A system register or SYS instruction as MRS, MSR and SYS hold it: bits 20:5 of the word. */
#define SYSREG(op0, op1, crn, crm, op2) \
	((uint32_t)(op0) << 19 | (uint32_t)(op1) << 16 | (uint32_t)(crn) << 12 | \
	 (uint32_t)(crm) << 8 | (uint32_t)(op2) << 5)
#define INSN_MRS(enc, rt)	(0xd5200000u | (enc) | (rt))
#define INSN_MSR(enc, rt)	(0xd5000000u | (enc) | (rt))
#define INSN_HVC(imm)		(0xd4000002u | (uint32_t)(imm) << 5)
#define INSN_SMC(imm)		(0xd4000003u | (uint32_t)(imm) << 5)

/* Why a probe ended. EC_NONE: it did not fault. */
enum { EC_NONE = ~0u, EC_UNDEF = 0, EC_FP = 7, EC_SYSREG = 0x18, EC_SVE = 0x19, EC_SME = 0x1d,
       EC_IABT_EL0 = 0x20, EC_IABT = 0x21,
       EC_PC_ALIGN = 0x22, EC_DABT_EL0 = 0x24, EC_DABT = 0x25, EC_SERROR = 0x2f };

struct probe {
	uint64_t x[18];			/* x0..x17 before and after */
	uint64_t esr, far;		/* of the fault */
	bool faulted;
	bool jump;			/* set by probe_jump: do not go on behind the fault */
};

enum probe_from { FROM_EL1, FROM_EL0, FROM_EL0_A32, FROM_EL0_T32 };

/* Run COUNT instruction words (they must end in falling through); false when one faulted. */
bool probe_run(struct probe *p, enum probe_from from, const uint32_t *insn, unsigned int count);
/* Jump to ADDRESS: false when the fetch faulted, as it should. */
bool probe_jump(struct probe *p, enum probe_from from, uint64_t address);
static inline uint32_t probe_class(const struct probe *p)
{
	return p->faulted ? (uint32_t)(p->esr >> 26 & 0x3f) : EC_NONE;
}

/* All return false on a fault; probe_last then says which. */
extern struct probe probe_last;
bool try_sysreg_read(uint32_t enc, uint64_t *val);
bool try_sysreg_write(uint32_t enc, uint64_t val);
bool try_sysreg_read_el0(uint32_t enc, uint64_t *val);
bool try_sysreg_write_el0(uint32_t enc, uint64_t val);
bool try_load(uint64_t address, unsigned int width, uint64_t *val);	/* width: 1, 2, 4, 8 */
bool try_store(uint64_t address, unsigned int width, uint64_t val);

/* probe.S, trap.c */
void probe_enter_el1(struct probe *p, const void *code);
void probe_enter_el0(struct probe *p, const void *code, uint64_t spsr);
extern struct probe *volatile probe_current;

#endif
