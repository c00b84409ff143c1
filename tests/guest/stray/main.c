/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that does what no guest should: touches addresses it does not own, reads unknown
 * system registers, makes malformed hypercalls and SMCs.  Each may cost it an exception or an
 * error, never more: at the end it says how many of each it got, and is still alive.
 */
#include "../lib/guest.h"

static unsigned int traps, answers;

/* Run one instruction sequence that may trap once. */
#define try(code)                                                         \
	do {                                                              \
		trap_expected = 1;                                        \
		code;                                                     \
		isb();                                                    \
		if (!trap_expected)                                       \
			traps++;                                          \
		trap_expected = 0;                                        \
	} while (0)

static void stray_accesses(void)
{
	static const uint64_t where[] = { 0x0, 0x1000, 0x9000000, 0x3001000 - 8, 0x4020000,
					  0x38000000, 0x39004000, 0x3ffff000, 0x100000000,
					  0xff000000000, 0xffffffff000 };

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		try((void)*(volatile uint32_t *)where[i]);
		try(*(volatile uint32_t *)where[i] = 0xdeadbeef);
		try((void)*(volatile uint8_t *)(where[i] + 3));
	}
}

static void stray_registers(void)
{
	try(asm volatile("mrs x9, s3_0_c15_c1_0" : : : "x9"));
	try(asm volatile("msr s3_1_c15_c2_0, x9" : : : "x9"));
	try(asm volatile("mrs x9, s3_7_c11_c0_0" : : : "x9"));
	try(asm volatile("mrs x9, pmcr_el0" : : : "x9"));
	try(asm volatile("mrs x9, mdscr_el1" : : : "x9"));
	try(asm volatile("mrs x9, actlr_el1" : : : "x9"));
	try(asm volatile("msr actlr_el1, xzr"));
	try(asm volatile("mrs x9, s3_4_c12_c11_1" : : : "x9"));
	try(asm volatile("dc cisw, xzr" : : : "memory"));
}

static void malformed_calls(void)
{
	static const uint64_t bad[] = { 0, 1, 0xfff, 0x3ffffff8, ~0ul, ~0ul - 7, 1ul << 63,
					0xffff000000000000ul };

	for (uint64_t n = 0; n < 72; n++) {
		/* console output and the end of the guest are not to be guessed */
		if (n == HYPERVISOR_sched_op || n == HYPERVISOR_console_io)
			continue;
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			hypercall(n, bad[i], bad[(i + 1) % 8], bad[(i + 2) % 8], ~0ul, bad[i]);
			hypercall(n, i, bad[i], bad[i], bad[i], bad[i]);
			answers += 2;
		}
	}
	hypercall(~0ul, 0, 0, 0, 0, 0);
	hypercall(1ul << 32, 0, 0, 0, 0, 0);
	for (uint64_t op = 3; op < 24; op++)
		hypercall(HYPERVISOR_sched_op, op, ~0ul, 0, 0, 0);
	smccc_hvc(0xc600ffff, ~0ul, ~0ul, ~0ul);
	smccc_hvc(PSCI_CPU_ON, ~0ul, 3, 0);
	try(asm volatile("mov x0, #0x8400\n\tsmc #0" : : : "x0", "x1", "x2", "x3", "memory"));
	try(asm volatile("hvc #0x1234"));
	try(asm volatile("smc #7"));
}

void guest_main(const void *dtb)
{
	(void)dtb;
	console_init();
	printk("STRAY starts\n");
	stray_accesses();
	stray_registers();
	malformed_calls();
	printk("STRAY alive: %u traps, %u calls answered\n", traps, answers);
	guest_exit(SHUTDOWN_poweroff);
}
