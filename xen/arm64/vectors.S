/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vectors. While a guest runs SP_EL2 points at its struct vcpu, so registers are stored
 * straight into the frame; C then runs on the CPU's own stack. Hypercalls and the short ways (ID
 * registers, PSCI_VERSION, reads of emulated words) save only what they clobber; every other
 * exception from a guest saves all; an exception from EL2 itself is the end. On the way out one
 * word is tested (pcpu.work). Interrupts stay masked in EL2.
 *
 * Each way in begins with x30 and x17 stored side by side: x17 in the place of ELR, which only
 * the long way needs. A short way is taken when ESR_EL2 fits its key in struct vcpu, which is
 * how a vCPU can be kept from it (vcpu_short_ways).
 *
 * All of it exists twice: vectors_recording.S makes a copy that tells core/trace.c of each way in
 * and out. So nobody pays for that while no trace is taken.
 */
#include <arm64/layout.h>
#include "asm_offsets.h"

#define REG(n)		(REGS_X0 + 8 * (n))
#define NR_HYPERCALLS	64		/* rows of the table: a power of two */
#define END_HYPERCALLS	48		/* none of ours from here on */
/* ESR_EL2 of HVC #0xEA1 from AArch64: EC 0x16, IL. */
#define HVC_XEN_IMM	0xea1
#define ESR_XEN_HVC	(0x5a000000 + HVC_XEN_IMM)
/* Bits of ESR_EL2 that tell the classes with short ways apart: aborts from MSR, MRS from HVC. */
#define ESR_EC_HIGH	31
#define ESR_EC_SYS	29
#define PSCI_VERSION_HI	0x8400
#define PSCI_1_1	0x10001

	/* An eret is not speculated past. */
	.macro	eret_sb
#ifdef RECORDING
	enter
	record	trace_close
	ldp	x30, x17, [sp, #REG(30)]
#endif
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

	/* First of each way in: two registers to work with. */
	.macro	enter
	stp	x30, x17, [sp, #REG(30)]
	.endm

	/* All that a call of C may clobber, after enter. */
	.macro	save_low
	pairs	stp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	ldr	x1, [sp, #REGS_ELR]
	stp	x16, x1, [sp, #REG(16)]
	.endm

	/* The rest into the frame at sp; then onto the CPU's stack with x0 = vcpu. */
	.macro	save_high
	pairs	stp, sp, "18, 19", "20, 21", "22, 23", "24, 25", "26, 27", "28, 29"
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	stp	x1, x2, [sp, #REGS_ELR]
	mov	x0, sp
	mov	x19, sp
	ldr	x3, [x0, #VCPU_STACK_TOP]
	mov	sp, x3
	.endm

	/*
	 * After enter: call function(vcpu, trap), which answers the vCPU. The frame is free for what
	 * C may clobber: while a guest runs nothing in it counts.
	 */
	.macro	record function, trap=0
	pairs	stp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	str	x16, [sp, #REG(16)]
	mov	x0, sp
	mov	w1, #\trap
	ldr	x30, [sp, #VCPU_STACK_TOP]
	mov	sp, x30
	bl	\function
	mov	sp, x0
	pairs	ldp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	ldr	x16, [sp, #REG(16)]
	.endm

	.section .vectors, "ax"
	.balign	2048
el2_vectors:
	/* Current EL, four with SP_EL0: never used; with SP_ELx: a bug of ours, or serror_take. */
	.rept	7
	ventry	el2_exception
	.endr
	ventry	el2_serror
	/* Lower EL, AArch64 */
	.balign	128
guest_sync64:
	enter
	mrs	x17, esr_el2
	ldr	w30, =ESR_XEN_HVC
	sub	w30, w17, w30
	cbnz	w30, other_sync
	cmp	x16, #END_HYPERCALLS
	b.hs	unknown_hypercall
	/*
	 * x0..x4 are the arguments, x16 the number. The number of rows is a power of two, so the
	 * mask also holds under speculation.
	 */
	pairs	stp, sp, "1, 2", "3, 4", "5, 6", "7, 8", "9, 10", "11, 12", "13, 14", "15, 16"
	ldr	x30, [sp, #VCPU_STACK_TOP]
	mov	sp, x30
	adr	x17, hypercall_table
	and	x16, x16, #(NR_HYPERCALLS - 1)
	ldr	x17, [x17, x16, lsl #3]
	blr	x17
	mrs	x17, tpidr_el2
	ldp	x17, x16, [x17, #PCPU_CURRENT]	/* and pcpu.work */
	cbnz	w16, hypercall_with_work
	mov	sp, x17
	pairs	ldp, sp, "1, 2", "3, 4", "5, 6", "7, 8", "9, 10", "11, 12"
	b	hypercall_end
	ventry	guest_irq
	ventry	guest_irq		/* FIQ: group 0 is not ours, treated alike */
	ventry	guest_serror
	/* Lower EL, AArch32: a 32-bit guest, or 32-bit programs of a 64-bit one. */
	ventry	guest_sync32
	ventry	guest_irq
	ventry	guest_irq
	ventry	guest_serror
	.ltorg

	/*
	 * A way in that is observed and goes on behind what "enter" did for the plain one. trap: one
	 * of enum TRAP_*, or 0: ESR_EL2 tells. It counts in pcpu.traps.
	 */
	.macro	observed label, trap=0
	.balign	128
	enter
#ifdef RECORDING
	record	trace_enter, \trap
#else
	mrs	x17, esr_el2
	.if	\trap
	mov	x17, #\trap
	.else
	ubfx	x17, x17, #26, #6
	.endif
	mrs	x30, tpidr_el2
	add	x30, x30, x17, lsl #3
	ldr	x17, [x30, #PCPU_TRAPS]
	add	x17, x17, #1
	str	x17, [x30, #PCPU_TRAPS]
#endif
	b	\label + 4
	.endm

/* In place of the vectors above for those who want to know (trap.c). */
	.balign	2048
#ifdef RECORDING
	.global	el2_recording_vectors
el2_recording_vectors:
#else
	.global	el2_vectors, el2_counting_vectors
el2_counting_vectors:
#endif
	.rept	7
	ventry	el2_exception
	.endr
	ventry	el2_serror
	.irp	sync, guest_sync64, guest_sync32
	observed \sync
	observed guest_irq, TRAP_IRQ
	observed guest_irq, TRAP_FIQ
	observed guest_serror, TRAP_SERROR
	.endr

	.text
	.balign	64

hypercall_end:
	pairs	ldp, sp, "13, 14", "15, 16"
	ldp	x30, x17, [sp, #REG(30)]
	eret_sb

/*
 * The call left work to do: complete the frame of the vCPU in x17 (x20..x29 still are the
 * guest's) and go the long way out.
 */
hypercall_with_work:
	str	x0, [x17, #REG(0)]
	ldr	x1, [x17, #REGS_ELR]
	stp	x1, x18, [x17, #REG(17)]
	pair	stp, x17, 19, 20
	pairs	stp, x17, "21, 22", "23, 24", "25, 26", "27, 28"
	str	x29, [x17, #REG(29)]
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	stp	x1, x2, [x17, #REGS_ELR]
	mov	x0, x17
	mov	x29, xzr
/* Only another vCPU is to be chosen: mostly that is all there is to do. w16 = work, x0 = vcpu. */
leave_with_work:
	cmp	w16, #(WORK_RESCHED + WORK_YIELD)
	b.hi	1f
	bl	sched_switch
	mrs	x17, tpidr_el2
	ldr	w17, [x17, #PCPU_WORK]
	cbz	w17, restore_all
1:	bl	leave_to_guest
	b	restore_all

unknown_hypercall:
	mov	x0, #-38		/* -ENOSYS */
	ldp	x30, x17, [sp, #REG(30)]
	eret_sb

	/*
	 * Go to label unless ESR_EL2, in x17, fits the key at this offset of the vCPU: the bits
	 * that count below, their values above.
	 */
	.macro	unless_key offset, label
	ldr	x30, [sp, #\offset]
	eor	x30, x30, x17, lsl #32
	tst	x30, x30, lsl #32
	b.ne	\label
	.endm

/* Not Xen's HVC: x17 = ESR_EL2, w30 = how far it is from that. */
other_sync:
	tbnz	w17, #ESR_EC_HIGH, sync_abort
	tbnz	w17, #ESR_EC_SYS, sync_sysreg
	cmn	w30, #HVC_XEN_IMM		/* HVC #0: SMCCC */
	movz	w30, #PSCI_VERSION_HI, lsl #16
	ccmp	w0, w30, #0, eq
	b.ne	guest_sync
	mov	w0, #PSCI_1_1
	ldp	x30, x17, [sp, #REG(30)]
	eret_sb

/*
 * MSR of ICC_SGI1R_EL1 from one of x0..x16: the vGIC's short way, which may leave no work; else as
 * any other register.
 */
sync_sgi:
	unless_key VCPU_SGI_KEY, guest_sync
	ubfx	x17, x17, #5, #5		/* Rt */
	cmp	x17, #16
	b.hi	guest_sync_esr
	pairs	stp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	str	x16, [sp, #REG(16)]
	ldr	x1, [sp, x17, lsl #3]
	mov	x0, sp
	ldr	x30, [sp, #VCPU_STACK_TOP]
	mov	sp, x30
	bl	vgic_sgi1r_short
	mrs	x17, tpidr_el2
	ldr	x17, [x17, #PCPU_CURRENT]
	mov	sp, x17
	tbz	w0, #0, not_short
	mrs	x17, elr_el2
	add	x17, x17, #4
	msr	elr_el2, x17
	pairs	ldp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	ldr	x16, [sp, #REG(16)]
	ldp	x30, x17, [sp, #REG(30)]
	eret_sb

/* MRS of an ID register: domain.id_regs[CRm][op2], six bits of the syndrome. */
sync_sysreg:
	unless_key VCPU_ID_KEY, sync_sgi
	str	x16, [sp, #REG(16)]
	ldr	x16, [sp, #VCPU_DOMAIN]
	ldr	x16, [x16, #DOMAIN_ID_REGS]
	ubfiz	w30, w17, #2, #4
	bfxil	w30, w17, #17, #3
	ldr	x16, [x16, x30, lsl #3]
	ubfx	x17, x17, #5, #5		/* Rt */

/* End an emulated read: step over it, x16 is what register x17 gets; the rest is the guest's. */
end_read:
	mrs	x30, elr_el2
	add	x30, x30, #4
	msr	elr_el2, x30
	adr	x30, set_rt
	add	x30, x30, x17, lsl #3
	br	x30

/* Two instructions a register. */
	.macro	set_rt_row n
	.if \n == 16 || \n == 30
	str	x16, [sp, #REG(\n)]
	.elseif \n == 17
	str	x16, [sp, #REGS_ELR]
	.elseif \n == 31
	nop
	.else
	mov	x\n, x16
	.endif
	b	set_rt_end
	.endm

set_rt:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	set_rt_row \n
	.endr
set_rt_end:
	ldr	x16, [sp, #REG(16)]
	ldp	x30, x17, [sp, #REG(30)]
	eret_sb

/*
 * A word read from the emulated page that this vCPU read last: ask its function. It may leave no
 * work, and touches nothing of the frame.
 */
sync_abort:
	unless_key VCPU_MMIO_KEY, guest_sync
	mrs	x17, hpfar_el2
	ldr	x30, [sp, #VCPU_MMIO_PAGE]
	cmp	x17, x30
	b.ne	guest_sync_esr
	mrs	x17, far_el2
	tst	x17, #3
	b.ne	guest_sync_esr
	pairs	stp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	str	x16, [sp, #REG(16)]
	ldp	x1, x2, [sp, #VCPU_MMIO_OFFSET]	/* and mmio_ctx */
	bfxil	x1, x17, #0, #12
	mov	x0, sp
	ldp	x30, x17, [sp, #VCPU_STACK_TOP]	/* and mmio_fn */
	mov	sp, x30
	blr	x17
	mrs	x17, tpidr_el2
	ldr	x17, [x17, #PCPU_CURRENT]
	mov	sp, x17
	tbnz	x0, #63, not_short
	mov	x16, x0
	pairs	ldp, sp, "0, 1", "2, 3", "4, 5", "6, 7", "8, 9", "10, 11", "12, 13", "14, 15"
	mrs	x17, esr_el2
	ubfx	x17, x17, #16, #5		/* SRT */
	b	end_read

/* The function left it to the long way: save what is not yet. */
not_short:
	ldr	x1, [sp, #REGS_ELR]
	str	x1, [sp, #REG(17)]
	mrs	x17, esr_el2
	b	guest_sync_saved

guest_sync_esr:
	mrs	x17, esr_el2
/*
 * Any other synchronous exception of a guest, after enter; x17 = ESR_EL2. One row a class.
 */
guest_sync:
	save_low
guest_sync_saved:
	save_high
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
	ldr	w16, [x17, #PCPU_WORK]
	cbnz	w16, exit_with_work
	mov	sp, x19
	ldp	x16, x17, [sp, #REGS_ELR]
	msr	elr_el2, x16
	msr	spsr_el2, x17
	pairs	ldp, sp, "0, 1", "2, 3", "4, 5", "6, 7"
	pairs	ldp, sp, "8, 9", "10, 11", "12, 13", "14, 15", "16, 17"
	ldr	x19, [sp, #REG(19)]
	ldr	x30, [sp, #REG(30)]
	eret_sb

	/* A way in that leads to one function in C, of the vCPU. */
	.macro	way_in label, function
\label:
	enter
	save_low
	save_high
	bl	\function
	b	exit_to_guest
	.endm

	way_in	guest_sync32, trap_aarch32
	way_in	guest_irq, arch_handle_irqs
	way_in	guest_serror, trap_serror

exit_with_work:
	mov	x0, x19
	b	leave_with_work

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

#ifndef RECORDING
/* void enter_guest(void): a CPU that came up goes to its first vCPU. Does not return. */
	.global	enter_guest
enter_guest:
	mov	x0, xzr
	bl	leave_to_guest
	b	restore_all

/*
 * bool serror_take(void): complete what the vCPU that was here has stored and take the SError that
 * came of it: true. Everywhere else EL2 has them masked. The vCPU's frame is complete.
 */
	.global	serror_take, el2_serror, el2_exception
serror_take:
	mov	x0, xzr
	msr	daifclr, #4
	dsb	sy
	hint	#16			/* ESB */
	isb
	msr	daifset, #4
	ret

el2_serror:
	mov	x0, #1
	eret_sb

/*
 * EL2 itself failed. If the stack ran into its guard page SP is no use: bit STACK_VALID_BIT
 * tells, without a register to spare. Then a stack for that purpose takes over.
 */
el2_exception:
	sub	sp, sp, #(34 * 8)
	add	sp, sp, x0
	sub	x0, sp, x0
	tbz	x0, #STACK_VALID_BIT, 1f
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
#endif
