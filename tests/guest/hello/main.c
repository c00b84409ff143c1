/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says hello and then waits for ever: the smallest guest that can be created and destroyed. */
#include "../lib/guest.h"

void guest_main(const void *dtb)
{
	console_init();
	printk("HELLO from %s, arguments \"%s\"\n", guest_is_dom0 ? "dom0" : "a guest",
	       dt_bootargs(dtb));
	if (guest_is_dom0)
		guest_exit(SHUTDOWN_poweroff);
	for (;;)
		asm volatile("wfi");
}
