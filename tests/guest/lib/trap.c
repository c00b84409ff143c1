/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions of a payload.  A synchronous one that was announced in trap_expected is counted and
 * stepped over; any other ends the guest as crashed, with its registers on the console.
 */
#include "guest.h"

void (*trap_irq)(void);
volatile uint64_t trap_expected;
volatile uint64_t trap_last_esr;

void guest_trap(uint64_t kind, struct frame *f)
{
	uint64_t esr = mrs(esr_el1);

	if ((kind & 3) == 1 && trap_irq) {
		trap_irq();
		return;
	}
	if ((kind & 3) == 0 && trap_expected) {
		trap_expected--;
		trap_last_esr = esr;
		f->elr += 4;
		return;
	}
	printk("GUEST TRAP kind=%lu esr=%lx elr=%lx far=%lx\n", kind, esr, f->elr, mrs(far_el1));
	guest_exit(SHUTDOWN_crash);
}
