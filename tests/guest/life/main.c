/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest whose command line says how it ends: then=poweroff, reboot, crash, fault (an access
 * nobody handles), watchdog (it starts one and does not serve it), idle or spin.  "ms=N" lets it
 * live for so long first.
 */
#include "../lib/guest.h"

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);
	uint32_t watchdog[2] = { 0, 1 };	/* a new one, of a second */
	uint64_t end = mrs(cntvct_el0) + arg_number(args, "ms=", 0) * mrs(cntfrq_el0) / 1000;

	console_init();
	printk("LIFE starts: %s\n", args);
	while (mrs(cntvct_el0) < end)
		hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	printk("LIFE ends\n");
	if (arg_has(args, "then=poweroff"))
		guest_exit(SHUTDOWN_poweroff);
	if (arg_has(args, "then=reboot"))
		guest_exit(SHUTDOWN_reboot);
	if (arg_has(args, "then=crash"))
		guest_exit(SHUTDOWN_crash);
	if (arg_has(args, "then=fault"))
		asm volatile("str wzr, [%0]" : : "r"(0x10ul) : "memory");
	if (arg_has(args, "then=watchdog"))
		hypercall(HYPERVISOR_sched_op, SCHEDOP_watchdog, (uint64_t)watchdog, 0, 0, 0);
	if (arg_has(args, "then=spin"))
		for (;;)
			asm volatile("yield");
	for (;;)
		asm volatile("wfi");
}
