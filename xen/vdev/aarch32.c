/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a trapped AArch32 instruction needs that an AArch64 one does not: its condition, a step
 * that is two or four bytes and moves on in an IT block, the AArch64 name of a banked register,
 * and the AArch64 name of a CP15 register. Pure.
 */
#include <xen/aarch32.h>
#include <xen/vsysreg.h>

#define SPSR32_IT_MASK	0x0600fc00UL
#define ISS_CV		BIT(24)
#define ISS_COND(iss)	((iss) >> 20 & 0xf)
#define COND_AL		0xeu
#define ENC		ISS_SYS_ENC

bool host_has_aarch32 __ro_after_init;

/* ITSTATE is in two pieces: bits 7:2 and bits 1:0. */
static uint32_t it_state(uint64_t spsr)
{
	return (uint32_t)((spsr >> 8 & 0xfc) | (spsr >> 25 & 3));
}

/* Of each condition, EQ, NE, CS, ... LE, AL: bit n is set when it passes with N, Z, C, V = n. */
static const uint16_t passing[16] = {
	0xf0f0, 0x0f0f, 0xcccc, 0x3333, 0xff00, 0x00ff, 0xaaaa, 0x5555,
	0x0c0c, 0xf3f3, 0xaa55, 0x55aa, 0x0a05, 0xf5fa, 0xffff, 0xffff,
};

/*
 * Would the trapped instruction have been executed? iss: of a class that has CV and COND. Without
 * CV it is a T32 instruction, whose condition is the IT block's.
 */
bool aarch32_condition_passes(uint64_t spsr, uint32_t iss)
{
	uint32_t it = it_state(spsr), cond = iss & ISS_CV ? ISS_COND(iss) : it ? it >> 4 : COND_AL;

	return passing[cond] >> (spsr >> 28 & 0xf) & 1;
}

/* Step over an instruction, executed or not: PC, and where an IT block is. */
void aarch32_skip(struct guest_regs *r, bool four_bytes)
{
	uint32_t it = it_state(r->spsr);

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	r->elr = (uint32_t)(r->elr + (four_bytes ? 4 : 2));
	r->spsr = (r->spsr & ~(SPSR32_IT_MASK | SPSR_SS)) |
		  (uint64_t)(it & 0xfc) << 8 | (uint64_t)(it & 3) << 25;
}

/*
 * The register of struct guest_regs behind number n of a syndrome. The architecture reports the
 * AArch64 name already, so that a bank's own number never comes from a mode that has another one;
 * QEMU reports the instruction's number for some classes.
 */
unsigned int aarch32_reg(uint64_t spsr, unsigned int n)
{
	/* SP is the odd one of each pair; the modes' LRs. */
	static const uint8_t lr[] = {
		[SPSR32_MODE_IRQ & 0xf] = 16, [SPSR32_MODE_SVC & 0xf] = 18,
		[SPSR32_MODE_ABT & 0xf] = 20, [SPSR32_MODE_UND & 0xf] = 22,
	};
	uint64_t mode = spsr & SPSR32_MODE;

	if (mode == SPSR32_MODE_FIQ)
		return n >= 8 && n <= 14 ? n + 16 : n;
	if ((n != 13 && n != 14) || (mode & 0xf) >= sizeof(lr) || !lr[mode & 0xf])
		return n;
	return lr[mode & 0xf] + (n == 13);
}

/*
 * Name of the AArch64 register that a trapped MCR or MRC (wide: MCRR, MRRC) means, as
 * trap_sysreg() takes it; 0: none that we know. The syndromes have the same layout but for op0.
 */
uint32_t cp15_to_sysreg(uint32_t iss, bool wide)
{
	uint32_t op2 = iss >> 17 & 7, op1 = iss >> 14 & 7, crn = iss >> 10 & 0xf;
	uint32_t crm = iss >> 1 & 0xf;

	if (wide) {
		op1 = iss >> 16 & 0xf;
		/* ICC_SGI1R, ICC_ASGI1R, ICC_SGI0R; CNTP_CVAL; PMCCNTR */
		if (crm == 12 && op1 <= 2)
			return ENC(3, 0, 12, 11, 5 + op1);
		if (crm == 14 && op1 == 2)
			return ENC(3, 3, 14, 2, 2);
		return crm == 9 && op1 == 0 ? ENC(3, 3, 9, 13, 0) : 0;
	}
	/* CTR; CCSIDR, CLIDR, CCSIDR2; CSSELR */
	if (crn == 0 && crm == 0 && ((op1 == 0 && op2 == 1) || (op1 == 1 && op2 <= 2) ||
				     (op1 == 2 && op2 == 0)))
		return ENC(3, op1 ? op1 : 3, 0, 0, op2);
	if (op1 != 0)
		return 0;
	switch (crn) {
	case 0:
		/*
		 * ID registers. What AArch64 has from c3, 0 to 2 on and from c4 on is not CP15's:
		 * those are reserved and read as zero, as does c3, 7 of AArch64.
		 */
		if (crm == 0 || crm > 7)
			return 0;
		return crm > 3 || (crm == 3 && op2 < 3) ? ENC(3, 0, 0, 3, 7) :
							  ENC(3, 0, 0, crm, op2);
	case 1:
		/* ACTLR, ACTLR2 */
		return crm == 0 && (op2 == 1 || op2 == 3) ? ENC(3, 0, 1, 0, 1) : 0;
	case 7:
		/* DCISW, DCCSW, DCCISW */
		return (crm == 6 || crm == 10 || crm == 14) && op2 == 2 ? ENC(1, 0, 7, crm, 2) : 0;
	case 9:
		/* Performance monitors: PMINTENSET and PMINTENCLR are EL1's. */
		return crm == 14 && (op2 == 1 || op2 == 2) ? ENC(3, 0, 9, 14, op2) :
		       crm >= 12 && crm <= 14 ? ENC(3, 3, 9, crm, op2) : 0;
	case 14:
		/* CNTP_TVAL, CNTP_CTL; event counters and their types */
		return (crm == 2 && op2 <= 1) || crm >= 8 ? ENC(3, 3, 14, crm, op2) : 0;
	default:
		return 0;
	}
}
