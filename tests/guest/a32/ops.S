/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code for probe(): instructions that trap, in the states that make traps from AArch32 hard - other
 * modes' registers, T32 at addresses that are no multiple of four, IT blocks.
 */
	.syntax	unified
	.arch	armv8-a
	.fpu	neon-fp-armv8
	.text
	.arm

	.macro	code name
	.balign	4
	.globl	\name
\name:
	.endm

	/* r0: a word of the GIC; what was read comes back in r0. */
	code	mmio_lr
	mov	r12, lr
	mov	lr, #0
	ldr	lr, [r0]
	mov	r0, lr
	bx	r12

	code	mmio_sp
	mov	r12, sp
	ldr	sp, [r0]
	mov	r0, sp
	mov	sp, r12
	bx	lr

	/* FIQ mode's r8, and what became of the other one in r1. */
	code	mmio_fiq
	mov	r8, #0x77
	cps	#0x11
	mov	r8, #0
	ldr	r8, [r0]
	mov	r0, r8
	cps	#0x13
	mov	r1, r8
	bx	lr

	code	id_lr
	mov	r12, lr
	mrc	p15, 0, lr, c0, c1, 0
	mov	r0, lr
	bx	r12

	code	mvfr_lr
	mov	r12, lr
	vmrs	lr, mvfr0
	mov	r0, lr
	vmrs	r1, mvfr0
	bx	r12

	/* r5 to r11 must come through, in r1 whether they did. */
	code	hvc_keeps
	push	{r4-r11, lr}
	mov	r5, #5
	mov	r6, #6
	mov	r7, #7
	mov	r8, #8
	mov	r9, #9
	mov	r10, #10
	mov	r11, #11
	mov	lr, #14
	mov	r12, #17
	mov	r0, #0
	mov	r1, #0
	hvc	#0xea1
	mov	r1, #0
	cmp	r5, #5
	cmpeq	r6, #6
	cmpeq	r7, #7
	cmpeq	r8, #8
	cmpeq	r9, #9
	cmpeq	r10, #10
	cmpeq	r11, #11
	cmpeq	lr, #14
	moveq	r1, #1
	pop	{r4-r11, pc}

	code	hvc_1
	hvc	#1
	bx	lr

	/* Condition failed: nothing happens, trap or not. */
	code	svc_mode_only
	cmp	r0, r0
	mrcne	p15, 0, r1, c0, c1, 0
	bx	lr

	.macro	t32 name
	.balign	4
	.globl	\name
	.thumb_func
\name:
	.endm

	.thumb
	/* Read, then r2 = 1; r3 and r4 must stay. */
	t32	it_mrc
	cmp	r0, r0
	ittee	eq
	mrceq	p15, 0, r1, c0, c1, 0
	moveq	r2, #1
	movne	r3, #1
	movne	r4, #1
	bx	lr

	/* The same, with a load of two bytes. */
	t32	it_mmio
	cmp	r0, r0
	ittee	eq
	ldreq.n	r1, [r0]
	moveq	r2, #1
	movne	r3, #1
	movne	r4, #1
	bx	lr

	/* The last one of a block: what follows is outside. */
	t32	it_end
	cmp	r0, r0
	ite	ne
	movne	r3, #1
	mrceq	p15, 0, r1, c0, c1, 0
	mov	r2, #1
	bx	lr

	/* UNDEF in a block: SPSR has its state. */
	t32	it_undef
	cmp	r0, r0
	ittee	eq
	mrceq	p15, 0, r1, c9, c12, 0	/* PMCR */
	moveq	r2, #1
	movne	r3, #1
	movne	r4, #1
	bx	lr

	t32	it_not
	cmp	r0, r0
	it	ne
	mrcne	p15, 0, r1, c0, c1, 0
	bx	lr

	t32	t32_odd
	nop
	mrc	p15, 0, r0, c0, c1, 0
	bx	lr

	t32	t32_undef
	nop
	mrc	p15, 0, r1, c9, c12, 0
	bx	lr

	/* Another vCPU starts, with its stack's end as the context. */
	t32	second_entry
	mrs	r4, cpsr
	mov	sp, r0
	ldr	r1, =second_context
	str	r0, [r1]
	ldr	r1, =second_cpsr
	str	r4, [r1]
	mrc	p15, 0, r4, c0, c0, 5
	ldr	r1, =second_mpidr
	str	r4, [r1]
	mov	r0, #(0xf << 20)
	mcr	p15, 0, r0, c1, c0, 2
	isb
	mov	r0, #(1 << 30)
	vmsr	fpexc, r0
	blx	second_main
1:	wfi
	b	1b
	.ltorg

	.arm
	.globl	hypercall, smccc_hvc, smccc_smc, yield_in_system
/*
 * SCHEDOP_yield from System mode, which has no SPSR: QEMU (7.2 to 10) does not save and restore
 * the SPSR of the mode that is left for EL2.
 */
yield_in_system:
	push	{r4, lr}
	mov	r12, #29
	mov	r0, #0
	mov	r1, #0
	cps	#0x1f
	hvc	#0xea1
	cps	#0x13
	pop	{r4, pc}

hypercall:
	push	{r4, lr}
	mov	r12, r0
	mov	r0, r1
	mov	r1, r2
	mov	r2, r3
	mov	r3, #0
	mov	r4, #0
	hvc	#0xea1
	pop	{r4, pc}

smccc_hvc:
	hvc	#0
	bx	lr

smccc_smc:
	smc	#0
	bx	lr
