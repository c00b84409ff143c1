/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads, stores and cache operations on the address in x1, data in x0, x2, x3: with and without a
 * syndrome, single and in pairs, exclusive, atomic, SIMD, with write-back.  Only ever read as
 * data.
 */
	.arch	armv8.5-a+memtag
	.section .rodata, "a"
	.balign	8
	.globl	access_words, access_words_end
access_words:
	ldrb	w0, [x1]
	ldrh	w0, [x1]
	ldr	w0, [x1]
	ldr	x0, [x1]
	strb	w0, [x1]
	strh	w0, [x1]
	str	w0, [x1]
	str	x0, [x1]
	ldrsb	w0, [x1]
	ldrsb	x0, [x1]
	ldrsh	w0, [x1]
	ldrsh	x0, [x1]
	ldrsw	x0, [x1]
	ldr	wzr, [x1]
	ldr	xzr, [x1]
	str	xzr, [x1]
	ldr	x1, [x1]
	ldr	w0, [x1], #4
	str	w0, [x1], #-8
	ldr	x0, [x1, #8]!
	strb	w0, [x1, #-1]!
	ldur	w0, [x1, #3]
	stur	w0, [x1, #-3]
	ldtr	w0, [x1]
	sttr	w0, [x1]
	ldp	w0, w2, [x1]
	ldp	x0, x2, [x1]
	ldpsw	x0, x2, [x1]
	stp	w0, w2, [x1]
	stp	x0, x2, [x1]
	ldp	x0, x2, [x1], #16
	stp	x0, x2, [x1, #-16]!
	ldnp	x0, x2, [x1]
	stnp	x0, x2, [x1]
	ldr	b0, [x1]
	ldr	h0, [x1]
	ldr	s0, [x1]
	ldr	d0, [x1]
	ldr	q0, [x1]
	str	b0, [x1]
	str	d0, [x1]
	str	q0, [x1]
	ldp	q0, q1, [x1]
	stp	q0, q1, [x1]
	ld1	{v0.16b-v3.16b}, [x1]
	st1	{v0.16b-v3.16b}, [x1]
	ld4	{v0.16b-v3.16b}, [x1]
	st2	{v0.4s-v1.4s}, [x1], #32
	ldxr	w0, [x1]
	ldxr	x0, [x1]
	ldxp	x0, x2, [x1]
	ldaxr	x0, [x1]
	stxr	w3, x0, [x1]
	stlxp	w3, x0, x2, [x1]
	ldar	w0, [x1]
	ldarb	w0, [x1]
	stlr	w0, [x1]
	stlrh	w0, [x1]
	ldapr	w0, [x1]
	cas	w0, w2, [x1]
	casal	x0, x2, [x1]
	casp	x2, x3, x4, x5, [x1]
	swp	w0, w2, [x1]
	ldadd	x0, x2, [x1]
	stset	w0, [x1]
	ldsmax	w0, w2, [x1]
	ldg	x0, [x1]
	stg	x0, [x1]
	prfm	pldl1keep, [x1]
	dc	civac, x1
	dc	cvac, x1
	dc	cvau, x1
	dc	ivac, x1
	dc	zva, x1
	ic	ivau, x1
access_words_end:

	/* smccc_smc(id, a, b, c) */
	.text
	.globl	smccc_smc
smccc_smc:
	smc	#0
	ret

	/* Vectors that only step over what faulted. */
	.balign	2048
	.globl	stepping_vectors
stepping_vectors:
	.rept	16
	.balign	128
	msr	tpidr_el1, x0
	mrs	x0, elr_el1
	add	x0, x0, #4
	msr	elr_el1, x0
	mrs	x0, tpidr_el1
	eret
	.endr
