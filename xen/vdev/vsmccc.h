/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Function ids of the SMC calling convention that vsmccc.c and vpsci.c share. */
#pragma once

#define SMCCC_64		0x40000000u
#define SMCCC_VERSION		0x80000000u
#define SMCCC_ARCH_FEATURES	0x80000001u
#define PSCI_BASE		0x84000000u	/* PSCI_VERSION, and the first function */
#define PSCI_VERSION_1_1	0x00010001u
#define PSCI_0_1_CPU_OFF	1u
#define PSCI_0_1_CPU_ON		2u
