/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fill all SIMD registers from a seed, and count those that hold something else. */
	.arch	armv8-a
	.altmacro

	.macro	fill_from n
	add	x1, x0, #\n
	dup	v\n\().2d, x1
	.if \n < 31
	fill_from %(\n + 1)
	.endif
	.endm

	.macro	count_from n
	add	x1, x0, #\n
	mov	x2, v\n\().d[0]
	mov	x3, v\n\().d[1]
	cmp	x2, x1
	ccmp	x3, x1, #0, eq
	cinc	x4, x4, ne
	.if \n < 31
	count_from %(\n + 1)
	.endif
	.endm

	.text
	/* x0: seed; q<n> gets seed + n in both halves */
	.globl	fp_fill, fp_count_wrong
fp_fill:
	fill_from 0
	ret

	/* x0: seed; x0: how many registers are not as fp_fill left them */
fp_count_wrong:
	mov	x4, #0
	count_from 0
	mov	x0, x4
	ret
