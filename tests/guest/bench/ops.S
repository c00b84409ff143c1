/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The measured operations: each function does one of them between two reads of the counter and
 * returns the difference.  Under -icount and a 1 GHz counter that is a count of instructions;
 * op_empty gives what the reads themselves cost.  x0 is the operation's address argument.
 */
	.macro	op name
	.globl	\name
\name:	stp	x19, x20, [sp, #-16]!
	.endm

	.macro	start
	mrs	x19, cntvct_el0
	.endm

	.macro	stop
	mrs	x20, cntvct_el0
	sub	x0, x20, x19
	ldp	x19, x20, [sp], #16
	ret
	.endm

	.text
	op	op_empty
	start
	stop

	op	op_null_hypercall		/* XENVER_version */
	mov	x16, #17
	mov	x0, #0
	mov	x1, #0
	start
	hvc	#0xea1
	stop

	op	op_unknown_hypercall
	mov	x16, #60
	start
	hvc	#0xea1
	stop

	op	op_id_register
	start
	mrs	x9, id_aa64mmfr0_el1
	stop

	op	op_psci_version
	movz	w0, #0x8400, lsl #16
	start
	hvc	#0
	stop

	op	op_load32			/* GICD_TYPER, GICR_WAKER */
	mov	x9, x0
	start
	ldr	w10, [x9]
	stop

	/* SGI 1 to this CPU, taken at once; the handler below sets x10. */
	op	op_self_sgi
	adr	x9, sgi_vectors
	mrs	x12, vbar_el1
	msr	vbar_el1, x9
	mov	x9, #1
	movk	x9, #0x0100, lsl #16		/* INTID 1, target list: CPU 0 */
	mov	x10, #0
	msr	daifclr, #2
	isb
	start
	msr	s3_0_c12_c11_5, x9		/* ICC_SGI1R_EL1 */
1:	cbz	x10, 1b
	mrs	x20, cntvct_el0
	msr	daifset, #2
	msr	vbar_el1, x12
	isb
	sub	x0, x20, x19
	ldp	x19, x20, [sp], #16
	ret

	/* The same SGI while it is pending already: interrupts stay masked. */
	op	op_pending_sgi
	mov	x9, #1
	movk	x9, #0x0100, lsl #16
	start
	msr	s3_0_c12_c11_5, x9
	stop

	/* Let a pending SGI be taken. */
	.globl	take_sgi
take_sgi:
	adr	x9, sgi_vectors
	mrs	x12, vbar_el1
	msr	vbar_el1, x9
	mov	x10, #0
	isb
	msr	daifclr, #2
1:	cbz	x10, 1b
	msr	daifset, #2
	msr	vbar_el1, x12
	isb
	ret

	.balign	2048
sgi_vectors:
	.space	0x280				/* current EL, SP_ELx: IRQ */
	mrs	x11, s3_0_c12_c12_0		/* ICC_IAR1_EL1 */
	msr	s3_0_c12_c12_1, x11		/* ICC_EOIR1_EL1 */
	mov	x10, #1
	eret

	/* x0: where to count, x1: how often at most; gives the CPU away each time. */
	.globl	yield_loop, yield_loop_end
	.balign	16
yield_loop:
	mov	x20, x0
	mov	x21, x1
1:	mov	x16, #29
	mov	x0, #0
	mov	x1, #0
	hvc	#0xea1
	ldr	x9, [x20]
	add	x9, x9, #1
	str	x9, [x20]
	cmp	x9, x21
	b.ne	1b
	ret
yield_loop_end:

	/* The same with the registers kept that C wants kept. */
	.globl	call_yield_loop
call_yield_loop:
	stp	x29, x30, [sp, #-32]!
	stp	x20, x21, [sp, #16]
	bl	yield_loop
	ldp	x20, x21, [sp, #16]
	ldp	x29, x30, [sp], #32
	ret
