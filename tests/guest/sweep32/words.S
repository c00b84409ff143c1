/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A32 accesses to the address in r1, and what else a 32-bit kernel might do there; only data. */
	.syntax	unified
	.arch	armv8-a
	.fpu	neon-fp-armv8
	.section .rodata, "a"
	.balign	8
	.arm
	.globl	access_words, access_words_end
access_words:
	ldrb	r0, [r1]
	ldrh	r0, [r1]
	ldr	r0, [r1]
	strb	r0, [r1]
	strh	r0, [r1]
	str	r0, [r1]
	ldrsb	r0, [r1]
	ldrsh	r0, [r1]
	ldrd	r2, r3, [r1]
	strd	r2, r3, [r1]
	ldr	r0, [r1], #4
	str	r0, [r1, #-8]!
	ldr	r1, [r1]
	ldrt	r0, [r1]
	strt	r0, [r1]
	ldm	r1, {r0, r2, r3, r4}
	stm	r1, {r0, r2, r3, r4}
	ldmia	r1!, {r0, r2}
	stmdb	r1!, {r0, r2}
	ldrex	r0, [r1]
	ldrexd	r2, r3, [r1]
	strex	r3, r0, [r1]
	lda	r0, [r1]
	stl	r0, [r1]
	vldr	s0, [r1]
	vldr	d0, [r1]
	vstr	d0, [r1]
	vldm	r1, {d0-d3}
	vstm	r1!, {d0-d3}
	vld1.8	{d0, d1}, [r1]
	vst1.32	{d0}, [r1]
	ldrne	r0, [r1]
	streq	r0, [r1]
	pld	[r1]
	pli	[r1]
access_words_end:
