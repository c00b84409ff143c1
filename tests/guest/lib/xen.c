/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A payload's side of the Xen interface: its console (by hypercall as dom0, by ring as a guest),
 * parameters, event channels, its end.  One CPU writes the console at a time.
 */
#include "guest.h"

bool guest_is_dom0;
struct console_ring *guest_console;
bool guest_has_xen = true;
static uint32_t console_port;
static uint64_t uart;

/* Read HVM parameter INDEX of this domain. */
int64_t hvm_param(uint32_t index, uint64_t *value)
{
	struct {
		uint16_t domid, pad;
		uint32_t index;
		uint64_t value;
	} arg = { .domid = DOMID_SELF, .index = index };
	int64_t rc = hypercall(HYPERVISOR_hvm_op, 1, (uint64_t)&arg, 0, 0, 0);

	if (rc == 0)
		*value = arg.value;
	return rc;
}

/* Find out which console there is. */
void console_init(void)
{
	struct {
		uint32_t submap_idx, submap;
	} info = { 0 };
	uint64_t pfn = 0, port = 0;

	hypercall(HYPERVISOR_xen_version, 6, (uint64_t)&info, 0, 0, 0);
	guest_is_dom0 = info.submap & (1u << XENFEAT_dom0);
	if (guest_is_dom0)
		return;
	if (hvm_param(HVM_PARAM_CONSOLE_PFN, &pfn) || hvm_param(HVM_PARAM_CONSOLE_EVTCHN, &port))
		return;
	guest_console = (struct console_ring *)(pfn << 12);
	console_port = (uint32_t)port;
}

/* The same for a payload that also runs on other machines: without Xen a PL011 serves. */
void console_init_any(const void *dtb)
{
	uint64_t size;

	guest_has_xen = dt_region(dtb, "xen,xen", 0, &uart, &size);
	if (guest_has_xen)
		console_init();
	else if (!dt_region(dtb, "arm,pl011", 0, &uart, &size) &&
		 !dt_region(dtb, "arm,sbsa-uart", 0, &uart, &size))
		uart = 0;
}

/* Send an event to PORT's other end. */
void notify(uint32_t port)
{
	hypercall(HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&port, 0, 0, 0);
}

/* Write N bytes; as a guest it waits for room, giving up the CPU. */
void console_write(const char *s, size_t n)
{
	struct console_ring *r = guest_console;

	if (!guest_has_xen) {
		while (uart && n--)
			*(volatile uint32_t *)uart = (uint8_t)*s++;
		return;
	}
	if (guest_is_dom0) {
		hypercall(HYPERVISOR_console_io, 0, n, (uint64_t)s, 0, 0);
		return;
	}
	if (!r)
		return;
	while (n) {
		uint32_t prod = *(volatile uint32_t *)&r->out_prod;
		uint32_t used = prod - *(volatile uint32_t *)&r->out_cons;

		if (used >= sizeof(r->out)) {
			notify(console_port);
			hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
			continue;
		}
		r->out[prod % sizeof(r->out)] = *s++;
		barrier();
		*(volatile uint32_t *)&r->out_prod = prod + 1;
		n--;
	}
	barrier();
	notify(console_port);
}

/* End this domain for REASON (SHUTDOWN_*). */
void guest_exit(unsigned int reason)
{
	uint32_t arg = reason;

	for (;;) {
		if (guest_has_xen)
			hypercall(HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&arg, 0, 0, 0);
		smccc_hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
	}
}

/* Start the vCPU MPIDR in FN on the stack that ends at STACK_TOP; PSCI's answer. */
int start_cpu(uint64_t mpidr, void *stack_top, void (*fn)(void))
{
	extern char secondary_entry[];

	((void **)stack_top)[-1] = (void *)fn;
	barrier();
	return (int)smccc_hvc(PSCI_CPU_ON, mpidr, (uint64_t)secondary_entry, (uint64_t)stack_top);
}
