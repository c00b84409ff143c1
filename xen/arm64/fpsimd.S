/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FP/SIMD registers of a guest, to and from struct fp_regs. The only code of ours that names
 * them.
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
