/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The domain that gets SErrors: its page is code and vectors; x0 points to its words, which are:
 * state, ISR_EL1's A bit after every switch while masked (1: always set), ESR_EL1 of the last
 * one, how many were taken, ISR_EL1 after one, ELR_EL1 of the last one.
 */
	.equ	STATE, 0
	.equ	KEPT, 8
	.equ	ESR, 16
	.equ	TAKEN, 24
	.equ	AFTER, 32
	.equ	ELR, 40

	.macro	yield
	mov	x16, #29
	mov	x0, #0
	mov	x1, #0
	hvc	#0xea1
	.endm

	.macro	state n
	mov	x9, #\n
	str	x9, [x19, #STATE]
	.endm

	.text
	.balign	2048
	.globl	serror_domain, serror_domain_end
serror_domain:
	mov	x19, x0
	adr	x9, serror_domain
	msr	vbar_el1, x9
	isb
	state	1
1:	yield					/* until one is pending, masked */
	mrs	x9, isr_el1
	tbz	x9, #8, 1b
	mov	x20, #100
	mov	x21, #0x100
2:	yield					/* it stays so, whoever runs meanwhile */
	mrs	x9, isr_el1
	and	x21, x21, x9
	subs	x20, x20, #1
	b.ne	2b
	lsr	x21, x21, #8
	str	x21, [x19, #KEPT]
	msr	daifclr, #4
	isb
	mrs	x9, isr_el1
	str	x9, [x19, #AFTER]
	state	2
3:	ldr	x9, [x19, #TAKEN]		/* the next one ends a WFI, and is taken at once */
	cmp	x9, #2
	b.eq	4f
	wfi
	b	3b
4:	state	3
5:	yield
	b	5b

	.org	serror_domain + 0x380		/* this EL with SP_ELx: SError */
	mrs	x22, esr_el1
	str	x22, [x19, #ESR]
	mrs	x22, elr_el1
	str	x22, [x19, #ELR]
	ldr	x22, [x19, #TAKEN]
	add	x22, x22, #1
	str	x22, [x19, #TAKEN]
	eret
serror_domain_end:
