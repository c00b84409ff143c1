/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that overwrites its console and xenstore rings, indices included, again and again and
 * kicks both daemons.  Nobody but itself may suffer.
 */
#include "../lib/guest.h"

void guest_main(const void *dtb)
{
	uint64_t store_pfn = 0, store_port = 0, console_port = 0, seed = mrs(cntvct_el0) | 1;
	uint64_t rounds = arg_number(dt_bootargs(dtb), "rounds=", 200);

	console_init();
	printk("SMASH starts\n");
	if (hvm_param(HVM_PARAM_STORE_PFN, &store_pfn) ||
	    hvm_param(HVM_PARAM_STORE_EVTCHN, &store_port) ||
	    hvm_param(HVM_PARAM_CONSOLE_EVTCHN, &console_port) || !guest_console)
		guest_exit(SHUTDOWN_crash);
	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t *console = (uint64_t *)guest_console;
		uint64_t *store = (uint64_t *)(store_pfn << 12);

		for (int w = 0; w < 512; w++) {
			seed = seed * 6364136223846793005ul + 1442695040888963407ul;
			console[w] = i % 3 ? seed : ~0ul;
			store[w] = i % 2 ? seed >> 7 : ~0ul;
		}
		notify((uint32_t)console_port);
		notify((uint32_t)store_port);
		hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	}
	for (;;)
		asm volatile("wfi");
}
