/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a loader and the firmware enter: the arm64 Image header, the first instructions of the
 * boot CPU and of the others, and the switch to EL2's own address space. All runs with the MMU
 * off at the load address until enable_mmu; nothing here is called later. Stacks are touched as
 * Device memory: aligned accesses only.
 */
#include <arm64/el2_controls.h>
#include <arm64/layout.h>
#include "asm_offsets.h"

	.section .head.text, "ax"
	.global	_start
_start:
	b	primary_entry
	.word	0
	.quad	0			/* text_offset */
	.quad	_image_size		/* incl. bss */
	.quad	0xa			/* little endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

/* x0: physical address of the device tree (abi/boot.md 1.2). */
primary_entry:
	mov	x20, x0
	mrs	x1, CurrentEL
	cmp	x1, #0x8
	b.ne	not_el2
	msr	daifset, #0xf
	ic	iallu
	/* bss: no cache line of it may be dirty; then zero it. */
	adrp	x0, __bss_start
	adrp	x1, __bss_end
	bl	invalidate_range
	adrp	x0, __bss_start
	adrp	x1, __bss_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	adrp	x1, cpu_stacks + 16384
	mov	sp, x1
	adrp	x0, _start
	bl	early_map
	ldr	x30, =primary_virt
	b	enable_mmu

	.text
primary_virt:
	ldr	x1, =STACK_VIRT_START + STACK_VIRT_STRIDE
	mov	sp, x1
	mov	x0, x20
	mov	x29, xzr
	bl	boot_cpu_main
	b	.

	.section .head.text, "ax"
/*
 * Entered without EL2: there is no console to complain on. Ask the firmware to power off, by both
 * conduits' common one.
 */
not_el2:
	movz	w0, #0x0008
	movk	w0, #0x8400, lsl #16
	hvc	#0
1:	wfe
	b	1b

/* dc ivac over [x0, x1). */
invalidate_range:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x2, x3, x2
	sub	x3, x2, #1
	bic	x0, x0, x3
2:	dc	ivac, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	2b
	dsb	sy
	ret

/*
 * Secondary CPUs, from the firmware's CPU_ON. x0: the context id, a pointer (virtual) to our
 * struct pcpu.
 */
	.global	secondary_entry, spin_table_entry
spin_table_entry:
	adrp	x0, spin_table_context
	ldr	x0, [x0, #:lo12:spin_table_context]
secondary_entry:
	mov	x20, x0
	msr	daifset, #0xf
	ldr	x30, =secondary_virt
	b	enable_mmu

	.text
	.global	secondary_again
secondary_virt:
	mov	x0, x20
secondary_again:
	msr	tpidr_el2, x0
	ldr	x1, [x0, #PCPU_STACK_TOP]
	mov	sp, x1
	mov	x29, xzr
	bl	secondary_cpu_main
	b	.

	.section .head.text, "ax"
/*
 * Turn stage 1 on with el2_root and go to x30 (virtual). This page is mapped 1:1 by early_map
 * meanwhile.
 */
enable_mmu:
	adrp	x0, el2_root
	msr	ttbr0_el2, x0
	ldr	x1, =MAIR_EL2_VALUE
	msr	mair_el2, x1
	ldr	x1, =TCR_EL2_VALUE
	mrs	x2, id_aa64mmfr0_el1
	and	x2, x2, #0xf
	mov	x3, #5
	cmp	x2, x3
	csel	x2, x2, x3, lo
	bfi	x1, x2, #16, #3
	msr	tcr_el2, x1
	isb
	tlbi	alle2
	ic	iallu
	dsb	nsh
	ldr	x1, =el2_vectors
	msr	vbar_el2, x1
	isb
	ldr	x1, =SCTLR_EL2_ON
	msr	sctlr_el2, x1
	isb
	br	x30

	.ltorg
