/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As dom0: make two domains that spin on one CPU with the weights w0= and w1=, sleep for ms=, and
 * print how much CPU time each got by the hypervisor's own account and by the domains' own counts.
 */
#include "../lib/domain.h"

extern char spin_loop[], spin_loop_end[];

asm("	.text\n"
    "	.globl	spin_loop, spin_loop_end\n"
    "	.balign 16\n"
    "spin_loop:\n"
    "	mov	x9, #0\n"
    "1:	add	x9, x9, #1\n"
    "	.rept	400\n"		/* long blocks: QEMU counts them at once */
    "	add	x10, x10, x9\n"
    "	.endr\n"
    "	str	x9, [x0]\n"
    "	b	1b\n"
    "spin_loop_end:\n");

static uint8_t pages[2][4096] __attribute__((aligned(4096)));

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);
	unsigned int weight[2] = { (unsigned int)arg_number(args, "w0=", 256),
				   (unsigned int)arg_number(args, "w1=", 512) };
	uint64_t time[2][2], count[2][2];
	struct made_domain d[2] = { { .sve_bits = 0 } };
	int64_t rc;

	console_init();
	if (!gic_init(dtb, 1u << 27)) {
		printk("SCHED-ERROR no GICv3\n");
		guest_exit(SHUTDOWN_poweroff);
	}
	for (int i = 0; i < 2; i++) {
		rc = domain_make(&d[i], pages[i], spin_loop, (size_t)(spin_loop_end - spin_loop));
		if (rc) {
			printk("SCHED-ERROR %s answered %ld\n", d[i].step, rc);
			guest_exit(SHUTDOWN_poweroff);
		}
		rc = domain_pin(d[i].id, 0);
		if (!rc)
			rc = domain_weight(&d[i], weight[i]);
		if (!rc)
			rc = domain_unpause(&d[i]);
		if (rc)
			printk("SCHED-ERROR pin, weight or unpause: %ld\n", rc);
	}
	sleep_ms(200);
	for (int when = 0; when < 2; when++) {
		for (int i = 0; i < 2; i++) {
			domain_cpu_time(&d[i], &time[when][i]);
			count[when][i] = *domain_count(&d[i]);
		}
		if (!when)
			sleep_ms(arg_number(args, "ms=", 3000));
	}
	for (int i = 0; i < 2; i++)
		printk("SCHED domain=%d weight=%u ns=%lu count=%lu\n", i, weight[i],
		       time[1][i] - time[0][i], count[1][i] - count[0][i]);
	printk("SCHED-END\n");
	guest_exit(SHUTDOWN_poweroff);
}
