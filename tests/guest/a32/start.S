/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry of the AArch32 payload: a zImage by its header, linked to where the domain builder puts
 * it, MMU off.  Exceptions are noted in trap_area and end the probe that runs.
 */
	.syntax	unified
	.arch	armv8-a
	.fpu	neon-fp-armv8
	.arm

	.section .head, "ax"
	.globl	_start
_start:
	b	entry
	.rept	8
	nop
	.endr
	.word	0x016f2818		/* zImage */
	.word	0			/* runs anywhere, it says */
	.word	_image_size
	.word	0x04030201
	.rept	4
	.word	0
	.endr

	.text
entry:
	mrs	r4, cpsr
	cpsid	aif
	ldr	sp, =_stack_top
	ldr	r5, =start_r0
	stm	r5, {r0, r1, r2, r4}
	ldr	r0, =arm_vectors
	mcr	p15, 0, r0, c12, c0, 0	/* VBAR */
	mov	r0, #(0xf << 20)
	mcr	p15, 0, r0, c1, c0, 2	/* CPACR: FP and SIMD */
	isb
	mov	r0, #(1 << 30)
	vmsr	fpexc, r0
	bl	set_trap_stacks
	bl	main
1:	wfi
	b	1b

/* The stacks of the modes that exceptions are taken in are the place where they are noted. */
	.globl	set_trap_stacks
set_trap_stacks:
	ldr	r0, =trap_area
	cps	#0x1b
	mov	sp, r0
	cps	#0x17
	mov	sp, r0
	cps	#0x13
	bx	lr

	.globl	probe
probe:
	push	{r4-r11, lr}
	ldr	r2, =probe_sp
	str	sp, [r2]
	str	r1, [r2, #4]
	mov	r2, #0
	ldr	r3, =trap_area
	str	r2, [r3, #64]
	ldr	r2, =0xf00001df		/* OTHER_SPSR */
	msr	spsr_cxsf, r2
	mov	r12, r0
	mov	r8, r1
	ldm	r8, {r0-r7}
	blx	r12
	ldr	r12, =probe_sp
	ldr	r8, [r12, #4]
	stm	r8, {r0-r7}
	ldr	sp, [r12]
	mov	r0, #0
	pop	{r4-r11, pc}

/* A handler: r0 to r12, lr, SPSR, CPSR, kind; then back to who called probe(). */
	.macro	handler kind
	stm	sp, {r0-r12}
	str	lr, [sp, #52]
	mrs	r0, spsr
	str	r0, [sp, #56]
	mrs	r0, cpsr
	str	r0, [sp, #60]
	mov	r0, #\kind
	str	r0, [sp, #64]
	cps	#0x13
	ldr	r1, =probe_sp
	ldr	r1, [r1]
	mov	sp, r1
	mov	r0, #1
	pop	{r4-r11, pc}
	.endm

	.macro	vectors branch
	\branch	.
	\branch	1f
	\branch	.
	\branch	2f
	\branch	3f
	\branch	.
	\branch	.
	\branch	.
1:	handler	1
2:	handler	2
3:	handler	3
	.ltorg
	.endm

	.balign	32
	.globl	arm_vectors
arm_vectors:
	vectors b

	.thumb
	.balign	32
	.globl	thumb_vectors
thumb_vectors:
	vectors b.w

	.data
	.balign	8
	.globl	start_r0, start_r1, start_r2, start_cpsr, trap_area
start_r0:	.word	0
start_r1:	.word	0
start_r2:	.word	0
start_cpsr:	.word	0
probe_sp:	.word	0, 0
trap_area:	.space	17 * 4
