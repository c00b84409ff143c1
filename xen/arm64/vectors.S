/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vectors. While a guest runs SP_EL2 points at its struct vcpu, so registers are stored
 * straight into the frame; C then runs on the CPU's own stack. Three ways in: the short hypercall
 * path saves only what C may clobber; every other exception from a guest saves all; an exception
 * from EL2 itself is the end. On the way out one word is tested (pcpu.work). Interrupts stay
 * masked in EL2.
 */
#include "asm_offsets.h"

#define REG(n)		(REGS_X0 + 8 * (n))
#define NR_HYPERCALLS	64
/* ESR_EL2 of HVC #0xEA1 from AArch64: EC 0x16, IL. */
#define ESR_XEN_HVC_HI	0x5a00
#define ESR_XEN_HVC_LO	0x0ea1

	/* An eret is not speculated past. */
	.macro	eret_sb
	eret
	dsb	nsh
	isb
	.endm

	/*
	 * Move pairs of registers, each "a, b" side by side in the frame, to or from it (base: sp
	 * or a register).
	 */
	.macro	pair op, base, a, b
	\op	x\a, x\b, [\base, #REG(\a)]
	.endm

	.macro	pairs op, base, list:vararg
	.irp	p, \list
	pair	\op, \base, \p
	.endr
	.endm

	.macro	ventry label
	.balign	128
	b	\label
	.endm

	/*
	 * All but x16, x17, x30 (saved by the caller) into the frame at sp; then onto the CPU's
	 * stack with x0 = vcpu.
	 */
	.macro	save_rest
	pairs	stp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	pairs	stp, sp, "18, 19", "20, 21", "22, 23", "24, 25", "26, 27", "28, 29"
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	stp	x1, x2, [sp, #REGS_ELR]
	mov	x0, sp
	mov	x19, sp
	ldr	x3, [x0, #VCPU_STACK_TOP]
	mov	sp, x3
	.endm

	.section .vectors, "ax"
	.balign	2048
	.global	el2_vectors
el2_vectors:
	/* Current EL with SP_EL0: never used. */
	ventry	el2_exception
	ventry	el2_exception
	ventry	el2_exception
	ventry	el2_exception
	/* Current EL with SP_ELx: a bug of ours (or a physical SError). */
	ventry	el2_exception
	ventry	el2_exception
	ventry	el2_exception
	ventry	el2_exception
	/* Lower EL, AArch64 */
	.balign	128
	str	x30, [sp, #REG(30)]
	stp	x16, x17, [sp, #REG(16)]
	mrs	x17, esr_el2
	movz	w30, #ESR_XEN_HVC_LO
	movk	w30, #ESR_XEN_HVC_HI, lsl #16
	cmp	w17, w30
	b.ne	guest_sync
	cmp	x16, #NR_HYPERCALLS
	b.hs	unknown_hypercall
	pairs	stp, sp, "1, 2", "3, 4", "5, 6", "7, 8", "9, 10", "11, 12", "13, 14"
	str	x15, [sp, #REG(15)]
	str	x19, [sp, #REG(19)]
	b	hypercall
	ventry	guest_irq
	ventry	guest_irq		/* FIQ: group 0 is not ours, treated alike */
	ventry	guest_serror
	/* Lower EL, AArch32: no such guest yet; EL0 of an AArch64 guest may be AArch32. */
	ventry	guest_sync32
	ventry	guest_irq
	ventry	guest_irq
	ventry	guest_serror

	.text
	.balign	64

/*
 * The short way: x0..x4 are the arguments, x16 the number. x19 keeps the vCPU, since C preserves
 * it. The bound is a power of two, so the mask also holds under speculation.
 */
hypercall:
	mov	x19, sp
	ldr	x30, [sp, #VCPU_STACK_TOP]
	mov	sp, x30
	adrp	x17, hypercall_table
	add	x17, x17, :lo12:hypercall_table
	and	x16, x16, #(NR_HYPERCALLS - 1)
	ldr	x17, [x17, x16, lsl #3]
	blr	x17
	mrs	x17, tpidr_el2
	ldr	w17, [x17, #PCPU_WORK]
	cbnz	w17, hypercall_with_work
	mov	sp, x19
	pairs	ldp, sp, "1, 2", "3, 4", "5, 6", "7, 8", "9, 10", "11, 12", "13, 14"
	ldr	x15, [sp, #REG(15)]
	ldr	x17, [sp, #REG(17)]
	ldr	x19, [sp, #REG(19)]
	ldr	x30, [sp, #REG(30)]
	eret_sb

/*
 * The call left work to do: complete the frame (x20..x29 still are the guest's) and go the long
 * way out.
 */
hypercall_with_work:
	str	x0, [x19, #REG(0)]
	str	x18, [x19, #REG(18)]
	pairs	stp, x19, "20, 21", "22, 23", "24, 25", "26, 27", "28, 29"
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	stp	x1, x2, [x19, #REGS_ELR]
	mov	x0, x19
	mov	x29, xzr
	bl	leave_to_guest
	b	restore_all

unknown_hypercall:
	mov	x0, #-38		/* -ENOSYS */
	ldr	x17, [sp, #REG(17)]
	ldr	x30, [sp, #REG(30)]
	eret_sb

guest_sync32:
	str	x30, [sp, #REG(30)]
	stp	x16, x17, [sp, #REG(16)]
	mrs	x17, esr_el2
/*
 * Any other synchronous exception of a guest; x16, x17, x30 are saved, x17 = ESR_EL2. One row a
 * class.
 */
guest_sync:
	save_rest
	adrp	x3, trap_table
	add	x3, x3, :lo12:trap_table
	ubfx	w2, w17, #26, #6
	ubfx	w1, w17, #0, #25
	ldr	x3, [x3, x2, lsl #3]
	blr	x3

/*
 * Back to the guest that x19 names. Without work to do C has preserved x20..x29 (and never
 * touches x18), so they are still the guest's; a handler that wrote one of them into the frame
 * raised WORK_RESTORE.
 */
exit_to_guest:
	mrs	x17, tpidr_el2
	ldr	w17, [x17, #PCPU_WORK]
	cbnz	w17, exit_with_work
	mov	sp, x19
	ldp	x16, x17, [sp, #REGS_ELR]
	msr	elr_el2, x16
	msr	spsr_el2, x17
	pairs	ldp, sp, "0, 1", "2, 3", "4, 5", "6, 7"
	pairs	ldp, sp, "8, 9", "10, 11", "12, 13", "14, 15", "16, 17"
	ldr	x19, [sp, #REG(19)]
	ldr	x30, [sp, #REG(30)]
	eret_sb

guest_irq:
	str	x30, [sp, #REG(30)]
	stp	x16, x17, [sp, #REG(16)]
	save_rest
	bl	arch_handle_irqs
	b	exit_to_guest

guest_serror:
	str	x30, [sp, #REG(30)]
	stp	x16, x17, [sp, #REG(16)]
	save_rest
	bl	trap_serror
	b	exit_to_guest

exit_with_work:
	mov	x0, x19
	bl	leave_to_guest

/* x0 = the vCPU to enter. */
restore_all:
	mov	sp, x0
	ldp	x16, x17, [sp, #REGS_ELR]
	msr	elr_el2, x16
	msr	spsr_el2, x17
	pairs	ldp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13"
	pairs	ldp, sp, "14, 15", "16, 17", "18, 19", "20, 21", "22, 23", "24, 25", "26, 27"
	pair	ldp, sp, 28, 29
	ldr	x30, [sp, #REG(30)]
	eret_sb

/* void enter_guest(void): a CPU that came up goes to its first vCPU. Does not return. */
	.global	enter_guest
enter_guest:
	mov	x0, xzr
	bl	leave_to_guest
	b	restore_all

/*
 * EL2 itself failed. If the stack ran into its guard page SP is no use: bit STACK_VALID_BIT
 * tells, without a register to spare. Then a stack for that purpose takes over.
 */
el2_exception:
	sub	sp, sp, #(34 * 8)
	add	sp, sp, x0
	sub	x0, sp, x0
	tbz	x0, #14, 1f
	sub	x0, sp, x0
	sub	sp, sp, x0
	b	2f
1:	adrp	x0, panic_stack + 4096
	mov	sp, x0
	sub	sp, sp, #(34 * 8)
2:	pairs	stp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	pairs	stp, sp, "16, 17", "18, 19", "20, 21", "22, 23", "24, 25", "26, 27", "28, 29"
	str	x30, [sp, #240]
	mov	x0, sp
	bl	el2_fault
	b	.

	.section .bss.page_aligned, "aw", %nobits
	.balign	4096
panic_stack:
	.skip	4096
