/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry of a bare-metal EL1 payload: an arm64 Image that runs where it was put, with its MMU
 * off.  It relocates itself (only R_AARCH64_RELATIVE entries), calls guest_main(device tree)
 * on one CPU, and hands exceptions to guest_trap().  A second CPU enters at secondary_entry
 * with its stack in x0.
 */
#define FRAME_SIZE 272

	.section .head, "ax"
	.globl _start
_start:
	b	entry
	.long	0
	.quad	0			/* text_offset */
	.quad	_image_size
	.quad	0xa			/* 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.text
entry:
	msr	daifset, #0xf
	mov	x20, x0
	adr	x0, _start
	adrp	x1, _rela_start
	add	x1, x1, :lo12:_rela_start
	adrp	x2, _rela_end
	add	x2, x2, :lo12:_rela_end
1:	cmp	x1, x2
	b.hs	2f
	ldp	x3, x4, [x1]		/* place, kind */
	ldr	x5, [x1, #16]		/* addend */
	add	x1, x1, #24
	cmp	w4, #1027		/* R_AARCH64_RELATIVE */
	b.ne	1b
	add	x5, x5, x0
	str	x5, [x0, x3]
	b	1b
2:	adrp	x1, _stack_top
	add	x1, x1, :lo12:_stack_top
	mov	sp, x1
	bl	cpu_setup
	mov	x0, x20
	bl	guest_main
	mov	x0, #0
	bl	guest_exit
3:	wfi
	b	3b

/* x0: top of this CPU's stack, whose first word below it is the function to call. */
	.globl	secondary_entry
secondary_entry:
	msr	daifset, #0xf
	mov	sp, x0
	bl	cpu_setup
	ldr	x1, [sp, #-8]
	sub	sp, sp, #16
	blr	x1
4:	wfi
	b	4b

cpu_setup:
	mov	x1, #(3 << 20)		/* FP and SIMD do not trap */
	msr	cpacr_el1, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	isb
	ret

	.macro	vector kind
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mov	x0, #\kind
	b	trap_common
	.endm

	.balign	2048
	.globl	vectors
vectors:
	vector	0
	vector	1
	vector	2
	vector	3
	vector	4
	vector	5
	vector	6
	vector	7
	vector	8
	vector	9
	vector	10
	vector	11
	vector	12
	vector	13
	vector	14
	vector	15

trap_common:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x1, elr_el1
	stp	x30, x1, [sp, #240]
	mrs	x1, spsr_el1
	str	x1, [sp, #256]
	mov	x1, sp
	bl	guest_trap
	ldr	x1, [sp, #256]
	msr	spsr_el1, x1
	ldp	x30, x1, [sp, #240]
	msr	elr_el1, x1
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME_SIZE
	eret
