/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SMC calling convention for guests: who owns a function id, what version and which features
 * there are, and the identity of each service. PSCI is vpsci.c. Whatever is not answered here is
 * unknown: nothing is forwarded to the machine's firmware.
 */
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include "vsmccc.h"

#define SMCCC_VERSION_1_1	0x00010001
#define SMCCC_NOT_SUPPORTED	0xffffffffu

/* Queries that every service has, in its own owner range. */
#define SERVICE_CALL_COUNT	0x8000ff00u
#define SERVICE_UID		0x8000ff01u
#define SERVICE_REVISION	0x8000ff03u

/* Each is at revision 0.1. */
static const struct service {
	uint32_t owner;		/* bits 29:24 */
	uint32_t calls;
	uint32_t uid[4];
} services[] = {
	/* Standard secure service, and Xen's. */
	{ 4, 14, { 0x6f3863f8, 0xbd4c394b, 0x16ce2092, 0x6f9fe541 } },
	{ 5, 3, { 0xdc1218a7, 0x694398c6, 0xd179cf9a, 0x67e6de8d } },
};

/*
 * Answer a query about the service that owns fn. False when it is none, or of no service of ours.
 */
static bool service_query(struct vcpu *v, uint32_t fn)
{
	const struct service *s = services;
	uint32_t n;

	while (s->owner != (fn >> 24 & 0x3f))
		if (++s == &services[ARRAY_SIZE(services)])
			return false;
	switch (fn & 0xc000ffffu) {
	case SERVICE_CALL_COUNT:
		v->regs.x[0] = s->calls;
		return true;
	case SERVICE_UID:
		for (n = 0; n < 4; n++)
			v->regs.x[n] = s->uid[n];
		return true;
	case SERVICE_REVISION:
		v->regs.x[0] = 0;
		v->regs.x[1] = 1;
		return true;
	default:
		return false;
	}
}

/* Carry out the SMCCC call whose function id is in v's x0; results in x0 to x3. */
void vsmccc_call(struct vcpu *v)
{
	uint32_t fn = (uint32_t)v->regs.x[0];

	/* Asked the most: by guests that count on PSCI's presence, and by firmware probes. */
	if (likely(fn == PSCI_BASE)) {
		v->regs.x[0] = PSCI_VERSION_1_1;
		return;
	}
	if (vpsci_call(v, fn, &v->regs.x[0]))
		return;
	if (fn == SMCCC_VERSION) {
		v->regs.x[0] = SMCCC_VERSION_1_1;
	} else if (fn == SMCCC_ARCH_FEATURES) {
		uint32_t what = (uint32_t)v->regs.x[1];

		/* No workaround calls are offered. */
		v->regs.x[0] = what == SMCCC_VERSION || what == SMCCC_ARCH_FEATURES ?
			       0 : SMCCC_NOT_SUPPORTED;
	} else if (!service_query(v, fn)) {
		v->regs.x[0] = SMCCC_NOT_SUPPORTED;
	}
}
