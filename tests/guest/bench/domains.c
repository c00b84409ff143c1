/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second domain made by hand from a payload that is dom0: one vCPU, one page that holds the
 * yield loop and its count.  The page is written and read through a foreign mapping.
 */
#include "bench.h"

enum { XENMEM_decrease_reservation = 1, XENMEM_populate_physmap = 6,
       XENMEM_add_to_physmap_batch = 23, XENMAPSPACE_gmfn_foreign = 4 };
enum { DOMCTL_createdomain = 1, DOMCTL_unpausedomain = 4, DOMCTL_max_mem = 11,
       DOMCTL_setvcpucontext = 12, DOMCTL_max_vcpus = 15, DOMCTL_set_address_size = 35,
       DOMCTL_set_paging_mempool_size = 86 };
#define GUEST_PFN 0x40000ul
#define COUNT_AT 0x800

struct domctl {
	uint32_t cmd;
	uint32_t interface_version;
	uint16_t domain;
	uint16_t pad[3];
	union {
		uint8_t bytes[128];
		uint32_t u32[32];
		uint64_t u64[16];
	} u;
};

struct reservation {
	uint64_t *extents;
	uint64_t count;
	uint32_t order, flags;
	uint16_t domid;
};

struct physmap_batch {
	uint16_t domid, space, size, foreign_domid;
	uint64_t *idxs, *gpfns;
	int32_t *errs;
};

/* flags, then x0..x30, pc, cpsr; the rest of the 352 bytes stays zero but for sctlr. */
union vcpu_context {
	uint64_t u64[44];
	uint32_t u32[88];
};

static uint8_t window[4096] __attribute__((aligned(4096)));
static struct domctl ctl;

static int64_t domctl(uint32_t cmd, uint16_t domain)
{
	ctl.cmd = cmd;
	ctl.interface_version = 0x15;
	ctl.domain = domain;
	return hypercall(HYPERVISOR_domctl, (uint64_t)&ctl, 0, 0, 0, 0);
}

static int64_t create(void)
{
	memset(&ctl, 0, sizeof(ctl));
	for (uint32_t i = 1; i < 5; i++)
		ctl.u.u32[i] = 0x5a5a0000 + i;		/* handle */
	ctl.u.u32[5] = 3;				/* hvm, hap */
	ctl.u.u32[7] = 1;				/* vCPUs */
	ctl.u.u32[8] = 1023;				/* last event channel */
	ctl.u.u32[9] = ctl.u.u32[10] = ~0u;		/* grant frames, maptrack: default */
	ctl.u.u32[11] = 1;				/* grant table version */
	ctl.u.bytes[56] = 2;				/* GICv3 */
	return domctl(DOMCTL_createdomain, 0);
}

static int64_t give_memory(uint16_t domid)
{
	uint64_t pfn = GUEST_PFN, idx = GUEST_PFN, mine = (uint64_t)window >> 12;
	int32_t error = 0;
	struct reservation r = { &pfn, 1, 0, 0, domid };
	struct physmap_batch b = { DOMID_SELF, XENMAPSPACE_gmfn_foreign, 1, domid, &idx, &mine,
				   &error };
	int64_t rc;

	memset(&ctl.u, 0, sizeof(ctl.u));
	ctl.u.u64[0] = 8 << 20;
	domctl(DOMCTL_set_paging_mempool_size, domid);
	memset(&ctl.u, 0, sizeof(ctl.u));
	ctl.u.u64[0] = 4096;
	rc = domctl(DOMCTL_max_mem, domid);
	if (rc)
		return rc;
	rc = hypercall(HYPERVISOR_memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0, 0, 0);
	if (rc != 1)
		return rc ? rc : -12;
	r = (struct reservation){ &mine, 1, 0, 0, DOMID_SELF };
	rc = hypercall(HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0, 0, 0);
	if (rc != 1)
		return rc ? rc : -12;
	rc = hypercall(HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, (uint64_t)&b, 0, 0, 0);
	return rc ? rc : error;
}

static int64_t start(uint16_t domid)
{
	union vcpu_context c;

	memset(&c, 0, sizeof(c));
	c.u32[0] = 1;						/* online */
	c.u64[1] = (GUEST_PFN << 12) + COUNT_AT;		/* x0 */
	c.u64[2] = ~0ul;					/* x1 */
	c.u64[32] = GUEST_PFN << 12;				/* pc */
	c.u64[33] = 0x1c5;					/* EL1h, masked */
	c.u64[40] = 0x00c50078;					/* sctlr */
	memset(&ctl.u, 0, sizeof(ctl.u));
	ctl.u.u64[1] = (uint64_t)&c;				/* vcpu 0 */
	return domctl(DOMCTL_setvcpucontext, domid);
}

volatile uint64_t *yielding_domain(void)
{
	const char *step = "createdomain";
	int64_t rc = create();
	uint16_t domid = ctl.domain;

	if (!rc) {
		step = "max_vcpus";
		memset(&ctl.u, 0, sizeof(ctl.u));
		ctl.u.u32[0] = 1;
		rc = domctl(DOMCTL_max_vcpus, domid);
	}
	if (!rc) {
		step = "set_address_size";
		ctl.u.u32[0] = 64;
		rc = domctl(DOMCTL_set_address_size, domid);
	}
	if (!rc) {
		step = "memory";
		rc = give_memory(domid);
	}
	if (!rc) {
		memset(window, 0, sizeof(window));
		memcpy(window, yield_loop, (size_t)(yield_loop_end - yield_loop));
		step = "setvcpucontext";
		rc = start(domid);
	}
	if (!rc) {
		step = "unpausedomain";
		rc = domctl(DOMCTL_unpausedomain, domid);
	}
	if (rc) {
		printk("BENCH-ERROR switch_domains: %s answered %ld\n", step, rc);
		return NULL;
	}
	return (volatile uint64_t *)(window + COUNT_AT);
}
