/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All SVE registers from memory and to it, by the length that is set: Z0..Z31, P0..P15, FFR. */
	.arch	armv8-a+sve
	.altmacro

	.macro	each_z op, n
	\op	z\n, [x0, #\n, mul vl]
	.if \n < 31
	each_z	\op, %(\n + 1)
	.endif
	.endm

	.macro	each_p op, n
	\op	p\n, [x0, #\n, mul vl]
	.if \n < 15
	each_p	\op, %(\n + 1)
	.endif
	.endm

	.text
	.globl	sve_bytes, sve_put, sve_get
	/* x0: bytes of a vector */
sve_bytes:
	rdvl	x0, #1
	ret

	/* x0: from where */
sve_put:
	each_z	ldr, 0
	addvl	x0, x0, #31
	addvl	x0, x0, #1
	ldr	p0, [x0, #16, mul vl]
	wrffr	p0.b
	each_p	ldr, 0
	ret

	/* x0: to where; P0 is FFR's afterwards */
sve_get:
	each_z	str, 0
	addvl	x0, x0, #31
	addvl	x0, x0, #1
	each_p	str, 0
	rdffr	p0.b
	str	p0, [x0, #16, mul vl]
	ret
