/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions of a payload.  A synchronous one that was announced in trap_expected, or that comes
 * out of a probe, is counted and stepped over (a fetch abort returns to its caller); any other
 * ends the guest as crashed, with its registers on the console.
 */
#include "probe.h"

#define EC_SVC32 0x11
#define EC_SVC64 0x15
#define KIND_IRQ 1
#define KIND_FIQ 2
#define KIND_SERROR 3

void (*trap_irq)(void);
bool (*trap_sync)(uint64_t kind, struct frame *f, uint64_t esr);
volatile uint64_t trap_expected;
volatile uint64_t trap_last_esr;
volatile uint64_t trap_last_far;
volatile uint64_t trap_count;

extern char probe_back[];

/* Go on behind what faulted: the next instruction, or who called the place that does not exist. */
static void step_over(struct frame *f, uint32_t class)
{
	bool fetch = class == EC_IABT || class == EC_PC_ALIGN;

	f->elr = fetch ? f->x[30] : f->elr + 4;
}

static void end_probe(uint64_t kind, struct frame *f, uint64_t esr)
{
	uint32_t class = (uint32_t)(esr >> 26 & 0x3f);
	bool serror = (kind & 3) == KIND_SERROR;

	if (serror)
		esr = (uint64_t)EC_SERROR << 26 | (esr & 0x3ffffff);
	if (kind < 8 || (class != EC_SVC32 && class != EC_SVC64) || serror) {
		probe_current->faulted = true;
		probe_current->esr = esr;
		probe_current->far = mrs(far_el1);
		trap_count++;
	}
	if (kind >= 8 || probe_current->jump) {
		f->elr = (uint64_t)probe_back;
		f->spsr = 0x3c5;
	} else if (!serror) {
		step_over(f, class);
	}
}

void guest_trap(uint64_t kind, struct frame *f)
{
	uint64_t esr = mrs(esr_el1);

	if (((kind & 3) == KIND_IRQ || (kind & 3) == KIND_FIQ) && trap_irq) {
		trap_irq();
		return;
	}
	if ((kind & 3) == 0 && trap_sync && trap_sync(kind, f, esr))
		return;
	if (probe_current && ((kind & 3) == 0 || (kind & 3) == KIND_SERROR)) {
		end_probe(kind, f, esr);
		return;
	}
	if ((kind & 3) == 0 && trap_expected) {
		trap_expected--;
		trap_count++;
		trap_last_esr = esr;
		trap_last_far = mrs(far_el1);
		step_over(f, (uint32_t)(esr >> 26 & 0x3f));
		return;
	}
	printk("GUEST TRAP kind=%lu esr=%lx elr=%lx far=%lx\n", kind, esr, f->elr, mrs(far_el1));
	guest_exit(SHUTDOWN_crash);
}
