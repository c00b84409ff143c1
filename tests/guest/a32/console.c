/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PV console of a 32-bit payload, and what the compiler calls. */
#include "a32.h"

#define HVM_PARAM_CONSOLE_PFN 17
#define HVM_PARAM_CONSOLE_EVTCHN 18

static struct console_ring {
	char in[1024], out[2048];
	uint32_t in_cons, in_prod, out_cons, out_prod;
} *ring;
static uint32_t port;

/* The compiler calls it. */
void *memset(void *d, int c, size_t n);
void *memset(void *d, int c, size_t n)
{
	for (volatile char *p = d; n--; p++)
		*p = (char)c;
	return d;
}

static uint64_t hvm_param(uint32_t index)
{
	struct {
		uint16_t domid, pad;
		uint32_t index;
		uint64_t value;
	} arg = { .domid = 0x7ff0, .index = index };

	return hypercall(HYPERVISOR_hvm_op, 1, (uint32_t)&arg, 0) ? 0 : arg.value;
}

void console_init(void)
{
	ring = (struct console_ring *)(uint32_t)(hvm_param(HVM_PARAM_CONSOLE_PFN) << 12);
	port = (uint32_t)hvm_param(HVM_PARAM_CONSOLE_EVTCHN);
}

static void barrier(void)
{
	asm volatile("dmb ish" : : : "memory");
}

void say(const char *s)
{
	volatile struct console_ring *r = ring;

	for (; *s; s++) {
		while (r->out_prod - r->out_cons >= sizeof(r->out))
			hypercall(HYPERVISOR_sched_op, 0, 0, 0);
		r->out[r->out_prod % sizeof(r->out)] = *s;
		barrier();
		r->out_prod++;
	}
	barrier();
	hypercall(HYPERVISOR_event_channel_op, 4, (uint32_t)&port, 0);
}

void say_number(uint32_t v, uint32_t base)
{
	char text[12], *p = text + 11;

	*p = 0;
	do
		*--p = "0123456789abcdef"[v % base];
	while (v /= base);
	say(p);
}
