/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The measured operations: each function does one of them between two reads of the counter and
 * returns the difference.  Under -icount and a 1 GHz counter that is a count of instructions;
 * op_empty gives what the reads themselves cost.  x0 is the operation's address argument.  What
 * needs a second CPU is stamped by the receiver: icount adds up the instructions of all CPUs.
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

	op	op_midr
	start
	mrs	x9, midr_el1
	stop

	op	op_mpidr
	start
	mrs	x9, mpidr_el1
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

	/* The virtual timer, due at once, with its interrupt open: to the handler's first line. */
	op	op_timer_now
	adr	x9, stamp_vectors
	mrs	x12, vbar_el1
	msr	vbar_el1, x9
	mov	x9, #1
	mov	x10, #0
	msr	daifclr, #2
	isb
	start
	msr	cntv_cval_el0, x19
	msr	cntv_ctl_el0, x9
1:	cbz	x10, 1b
	msr	daifset, #2
	msr	vbar_el1, x12
	isb
	sub	x0, x10, x19
	ldp	x19, x20, [sp], #16
	ret

	/* x0 ticks from now the timer ends a WFI: from when it is due. */
	op	op_timer_wfi
	mrs	x19, cntvct_el0
	add	x19, x19, x0
	mov	x9, #1
	msr	cntv_cval_el0, x19
	msr	cntv_ctl_el0, x9
	isb
1:	wfi
	mrs	x20, cntvct_el0
	cmp	x20, x19
	b.lo	1b
	msr	cntv_ctl_el0, xzr
	isb
	mrs	x9, s3_0_c12_c12_0
	msr	s3_0_c12_c12_1, x9
	sub	x0, x20, x19
	ldp	x19, x20, [sp], #16
	ret

	/* x0: where the receiver puts its stamp; SGI 1 to CPU 1 (affinity 0, target list bit 1). */
	op	op_ipi
	str	xzr, [x0]
	mov	x9, #2
	movk	x9, #0x0100, lsl #16
	dsb	sy
	start
	msr	s3_0_c12_c11_5, x9
1:	yield
	ldr	x10, [x0]
	cbz	x10, 1b
	sub	x0, x10, x19
	ldp	x19, x20, [sp], #16
	ret

	/* The receiver awake: x0 is the stamp's place, x1 a word that ends it when not 0. */
	.globl	receive_spinning
receive_spinning:
	adr	x9, stamp_vectors
	msr	vbar_el1, x9
	mov	x10, #0
	msr	daifclr, #2
	isb
1:	yield
	cbnz	x10, 2f
	ldr	w9, [x1]
	cbz	w9, 1b
	msr	daifset, #2
	ret
2:	mov	x9, x10
	mov	x10, #0
	str	x9, [x0]
	b	1b

	/* The receiver asleep: the same, its interrupts masked; [x1, #4] is 1 before it sleeps. */
	.globl	receive_sleeping
receive_sleeping:
	mov	w9, #1
	str	w9, [x1, #4]
	wfi
	mrs	x10, cntvct_el0
	mrs	x11, s3_0_c12_c12_0
	cmp	x11, #1020
	b.hs	1f
	msr	s3_0_c12_c12_1, x11
	str	wzr, [x1, #4]
	dsb	sy
	str	x10, [x0]
1:	ldr	w9, [x1]
	cbz	w9, receive_sleeping
	ret

	.balign	2048
stamp_vectors:
	.space	0x280				/* current EL, SP_ELx: IRQ */
	mrs	x10, cntvct_el0
	mrs	x11, s3_0_c12_c12_0		/* ICC_IAR1_EL1 */
	msr	cntv_ctl_el0, xzr
	isb
	msr	s3_0_c12_c12_1, x11		/* ICC_EOIR1_EL1 */
	eret

	/*
	 * Loops that give the CPU away each time, the same for vCPUs and whole domains: x0 is where
	 * to count, x1 how often at most.  Between two yields the second one writes a register of
	 * its address space, the third one does so every 16th time, the last ones use SIMD or SVE.
	 */
	.macro	yield_loop name
	.globl	\name, \name\()_end
	.balign	16
\name:	mov	x20, x0
	mov	x21, x1
	mov	x9, #(3 << 20 | 3 << 16)	/* a domain starts with them closed to itself */
	msr	cpacr_el1, x9
	isb
1:	mov	x16, #29
	mov	x0, #0
	mov	x1, #0
	hvc	#0xea1
	.endm

	.macro	yield_loop_end name
	ldr	x9, [x20]
	add	x9, x9, #1
	str	x9, [x20]
	cmp	x9, x21
	b.ne	1b
	ret
\name\()_end:
	.endm

	yield_loop	yield_plain
	yield_loop_end	yield_plain

	yield_loop	yield_ttbr
	msr	ttbr0_el1, x9
	yield_loop_end	yield_ttbr

	yield_loop	yield_ttbr_seldom
	tst	x9, #15
	b.ne	2f
	msr	ttbr0_el1, x9
2:
	yield_loop_end	yield_ttbr_seldom

	.arch	armv8-a
	yield_loop	yield_simd
	add	v0.2d, v0.2d, v1.2d
	yield_loop_end	yield_simd

	.arch	armv8-a+sve
	yield_loop	yield_sve
	add	z0.d, z0.d, z1.d
	yield_loop_end	yield_sve
	.arch	armv8-a

	/* call_yield_loop(count, limit, loop): with the registers kept that C wants kept. */
	.globl	call_yield_loop
call_yield_loop:
	stp	x29, x30, [sp, #-32]!
	stp	x20, x21, [sp, #16]
	blr	x2
	ldp	x20, x21, [sp, #16]
	ldp	x29, x30, [sp], #32
	ret

	/* 255 samples behind x0, each of one instruction at x9, which goes on by STEP; then 1 in x0. */
	.macro	samples_begin
	add	x2, x0, #8
	mov	x3, #255
1:	isb
	mrs	x4, cntvct_el0
	.endm

	.macro	samples_end	step
	mrs	x5, cntvct_el0
	sub	x5, x5, x4
	str	x5, [x2], #8
	add	x9, x9, #\step
	subs	x3, x3, #1
	b.ne	1b
	mov	x9, #1
	str	x9, [x0]
2:	mov	x16, #29
	mov	x0, #0
	mov	x1, #0
	hvc	#0xea1
	b	2b
	.endm

	/* A domain of one page that reads its serial port's flags. */
	.globl	uart_domain, uart_domain_end
uart_domain:
	mov	x9, #0x22000000
	add	x9, x9, #0x18
	ldr	w10, [x9]
	ldr	w10, [x9]
	samples_begin
	ldr	w10, [x9]
	samples_end	0
uart_domain_end:

	/* A domain that writes once to each of 255 pages behind its own. */
	.globl	write_domain, write_domain_end
write_domain:
	mov	x9, #0x40000000
	add	x9, x9, #0x1000
	samples_begin
	str	x3, [x9]
	samples_end	4096
write_domain_end:
