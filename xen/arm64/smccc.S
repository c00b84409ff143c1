/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to the firmware: int64_t smccc_smc(fn, a1, a2, a3) and smccc_hvc, SMCCC 1.1 (x4..x17 are
 * kept by callee).
 */
	.text
	.global	smccc_smc
smccc_smc:
	smc	#0
	ret

	.global	smccc_hvc
smccc_hvc:
	hvc	#0
	ret
