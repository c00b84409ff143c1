/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FP/SIMD registers of a guest, to and from struct fp_regs, and its SVE registers, to and from
 * struct vcpu_sve. The only code of ours that names them.
 */
#include "asm_offsets.h"

	.macro	q_pair op, a, b
	\op	q\a, q\b, [x0, #(16 * \a)]
	.endm

	.macro	all_q op
	.irp	p, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15", "16, 17", \
		"18, 19", "20, 21", "22, 23", "24, 25", "26, 27", "28, 29", "30, 31"
	q_pair	\op, \p
	.endr
	.endm

	.text
	.arch_extension fp
	.arch_extension simd
/* void fp_save(struct fp_regs *) */
	.global	fp_save
fp_save:
	all_q	stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	str	x1, [x0, #FP_FPSR]
	str	x2, [x0, #FP_FPCR]
	ret

/* void fp_load(const struct fp_regs *) */
	.global	fp_load
fp_load:
	all_q	ldp
	ldr	x1, [x0, #FP_FPSR]
	ldr	x2, [x0, #FP_FPCR]
	msr	fpsr, x1
	msr	fpcr, x2
	ret

	/* x0: where Z0 is; P0 follows Z31 (a predicate has a bit for each byte of a vector). */
	.arch_extension sve
	.macro	all_z op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	z\n, [x0, #\n, mul vl]
	.endr
	addvl	x0, x0, #16
	addvl	x0, x0, #16
	.endm

	.macro	all_p op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	p\n, [x0, #\n, mul vl]
	.endr
	.endm

/* void sve_save(uint64_t *regs, struct fp_regs *); the registers are as they were afterwards */
	.global	sve_save
sve_save:
	all_z	str
	all_p	str
	rdffr	p0.b
	str	p0, [x0, #16, mul vl]
	ldr	p0, [x0]
	mrs	x2, fpsr
	mrs	x3, fpcr
	str	x2, [x1, #FP_FPSR]
	str	x3, [x1, #FP_FPCR]
	ret

/* void sve_load(const uint64_t *regs, const struct fp_regs *) */
	.global	sve_load
sve_load:
	all_z	ldr
	ldr	p0, [x0, #16, mul vl]
	wrffr	p0.b
	all_p	ldr
	ldr	x2, [x1, #FP_FPSR]
	ldr	x3, [x1, #FP_FPCR]
	msr	fpsr, x2
	msr	fpcr, x3
	ret

/* uint64_t sve_vector_bytes(void) */
	.global	sve_vector_bytes
sve_vector_bytes:
	rdvl	x0, #1
	ret
