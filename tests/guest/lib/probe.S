/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way into and out of a probe: x0..x17 come from and go to struct probe, everything that C
 * wants kept is on the stack.  From EL0 the way back is an exception, whatever it is: guest_trap
 * returns to probe_back.
 */
	.macro	keep
	stp	x29, x30, [sp, #-112]!
	stp	x27, x28, [sp, #16]
	stp	x25, x26, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x21, x22, [sp, #64]
	stp	x19, x20, [sp, #80]
	stp	x0, x18, [sp, #96]
	mov	x19, x1
	mov	x18, x0
	.endm

	.macro	load_args
	ldp	x0, x1, [x18]
	ldp	x2, x3, [x18, #16]
	ldp	x4, x5, [x18, #32]
	ldp	x6, x7, [x18, #48]
	ldp	x8, x9, [x18, #64]
	ldp	x10, x11, [x18, #80]
	ldp	x12, x13, [x18, #96]
	ldp	x14, x15, [x18, #112]
	ldp	x16, x17, [x18, #128]
	.endm

	.text
	/* x0: struct probe, x1: code that ends in RET */
	.globl	probe_enter_el1
probe_enter_el1:
	keep
	load_args
	blr	x19

	.globl	probe_back
probe_back:
	ldr	x19, [sp, #96]
	stp	x0, x1, [x19]
	stp	x2, x3, [x19, #16]
	stp	x4, x5, [x19, #32]
	stp	x6, x7, [x19, #48]
	stp	x8, x9, [x19, #64]
	stp	x10, x11, [x19, #80]
	stp	x12, x13, [x19, #96]
	stp	x14, x15, [x19, #112]
	stp	x16, x17, [x19, #128]
	ldp	x0, x18, [sp, #96]
	ldp	x19, x20, [sp, #80]
	ldp	x21, x22, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #32]
	ldp	x27, x28, [sp, #16]
	ldp	x29, x30, [sp], #112
	ret

	/* x0: struct probe, x1: code that ends in SVC, x2: SPSR */
	.globl	probe_enter_el0
probe_enter_el0:
	keep
	msr	elr_el1, x1
	msr	spsr_el1, x2
	load_args
	eret
	dsb	nsh
	isb
