/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that take long stop when something else waits for their CPU, and are executed again by
 * the guest's own HVC instruction. What is done so far travels in the arguments; each handler
 * checks them anew, so a guest that forges them gets only what it could have asked for afresh.
 */
#include "ops.h"

/*
 * Let the current call be executed again with these arguments: by the exit path (WORK_RESTART),
 * or by do_multicall when it is one of its entries. Returns -ERESTART.
 */
int64_t hypercall_restart(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct hypercall_state *h = &this_vcpu()->hcall;

	memcpy(h->args, (uint64_t[]){ a0, a1, a2, a3, a4 }, sizeof(h->args));
	h->restart = true;
	if (!h->in_multicall)
		cpu_raise_work(WORK_RESTART);
	return -ERESTART;
}

/* Does something wait that should not wait for a long loop? */
bool hypercall_preempt(void)
{
	return cpu_irq_pending() || (this_cpu()->work & (WORK_RESCHED | WORK_TIMER));
}
