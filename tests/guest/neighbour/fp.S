/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fill all SIMD registers from a seed, and count those that hold something else. */
	.arch	armv8-a
	.text
	/* x0: seed; q<n> gets seed + n in both halves */
	.globl	fp_fill, fp_count_wrong
fp_fill:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	add	x1, x0, #\n
	dup	v\n\().2d, x1
	.endr
	ret

	/* x0: seed; x0: how many registers are not as fp_fill left them */
fp_count_wrong:
	mov	x4, #0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	add	x1, x0, #\n
	mov	x2, v\n\().d[0]
	mov	x3, v\n\().d[1]
	cmp	x2, x1
	ccmp	x3, x1, #0, eq
	cinc	x4, x4, ne
	.endr
	mov	x0, x4
	ret
