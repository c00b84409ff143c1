/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains made by hand through domctl 0x15, from a payload that is dom0.  The new domain's only
 * page is written and read through a foreign mapping in place of one of the payload's own.
 */
#include "domain.h"

enum { XENMEM_decrease_reservation = 1, XENMEM_populate_physmap = 6,
       XENMEM_add_to_physmap_batch = 23, XENMAPSPACE_gmfn_foreign = 4 };
enum { DOMCTL_createdomain = 1, DOMCTL_pausedomain = 3, DOMCTL_unpausedomain = 4,
       DOMCTL_getdomaininfo = 5, DOMCTL_setvcpuaffinity = 9, DOMCTL_shadow_op = 10,
       DOMCTL_max_mem = 11,
       DOMCTL_setvcpucontext = 12, DOMCTL_max_vcpus = 15, DOMCTL_scheduler_op = 16,
       DOMCTL_sendtrigger = 28, DOMCTL_set_address_size = 35, DOMCTL_vuart_op = 81,
       DOMCTL_set_paging_mempool_size = 86, ZAZEN_DOMCTL_cpu_model = 0x5a00 };
#define SCHEDULER_CREDIT2 6

struct domctl {
	uint32_t cmd;
	uint32_t interface_version;
	uint16_t domain;
	uint16_t pad[3];
	union {
		uint8_t bytes[128];
		uint16_t u16[64];
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

/* flags, then x0..x30, pc, cpsr; of the rest of the 352 bytes only sctlr is not zero. */
union vcpu_context {
	uint64_t u64[44];
	uint32_t u32[88];
};

static struct domctl ctl;

static void clear(void)
{
	memset(&ctl.u, 0, sizeof(ctl.u));
}

static int64_t domctl(uint32_t cmd, uint16_t domain)
{
	ctl.cmd = cmd;
	ctl.interface_version = 0x15;
	ctl.domain = domain;
	return hypercall(HYPERVISOR_domctl, (uint64_t)&ctl, 0, 0, 0, 0);
}

static int64_t create(struct made_domain *d)
{
	static uint32_t serial;
	int64_t rc;

	serial++;
	clear();
	for (uint32_t i = 1; i < 5; i++)
		ctl.u.u32[i] = 0x5a5a0000 + i + (serial << 8);	/* handle */
	ctl.u.u32[5] = 3;				/* hvm, hap */
	ctl.u.u32[7] = 1;				/* vCPUs */
	ctl.u.u32[8] = 1023;				/* last event channel */
	ctl.u.u32[9] = ctl.u.u32[10] = ~0u;		/* grant frames, maptrack: default */
	ctl.u.u32[11] = 1;				/* grant table version */
	ctl.u.bytes[56] = 2;				/* GICv3 */
	ctl.u.u32[15] = 32;				/* SPIs: one is the serial port's */
	rc = domctl(DOMCTL_createdomain, 0);
	d->id = ctl.domain;
	return rc;
}

static int64_t set_u32(const struct made_domain *d, uint32_t cmd, uint32_t value)
{
	clear();
	ctl.u.u32[0] = value;
	return domctl(cmd, d->id);
}

static int64_t set_u64(const struct made_domain *d, uint32_t cmd, uint64_t value)
{
	clear();
	ctl.u.u64[0] = value;
	return domctl(cmd, d->id);
}

static int64_t give_page(const struct made_domain *d, uint64_t pfn)
{
	struct reservation r = { &pfn, 1, 0, 0, d->id };
	int64_t rc = hypercall(HYPERVISOR_memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0, 0, 0);

	return rc == 1 ? 0 : rc ? rc : -12;
}

/* Take the frame of d->page out of this domain and put the new domain's page there. */
static int64_t map_page(const struct made_domain *d)
{
	uint64_t idx = DOMAIN_PFN, mine = (uint64_t)d->page >> 12;
	int32_t error = 0;
	struct reservation r = { &mine, 1, 0, 0, DOMID_SELF };
	struct physmap_batch b = { DOMID_SELF, XENMAPSPACE_gmfn_foreign, 1, d->id, &idx, &mine,
				   &error };
	int64_t rc = hypercall(HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0,
			       0, 0);

	if (rc != 1)
		return rc ? rc : -12;
	rc = hypercall(HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, (uint64_t)&b, 0, 0, 0);
	return rc ? rc : error;
}

static int64_t set_context(const struct made_domain *d)
{
	union vcpu_context c;

	memset(&c, 0, sizeof(c));
	c.u32[0] = 1;						/* online */
	c.u64[1] = (DOMAIN_PFN << 12) + DOMAIN_COUNT_AT;		/* x0 */
	c.u64[2] = ~0ul;					/* x1 */
	c.u64[32] = DOMAIN_PFN << 12;				/* pc */
	c.u64[33] = 0x1c5;					/* EL1h, masked */
	c.u64[40] = 0x00c50078;					/* sctlr */
	clear();
	ctl.u.u64[1] = (uint64_t)&c;				/* vcpu 0 */
	return domctl(DOMCTL_setvcpucontext, d->id);
}

/* A paused domain with its vCPU. */
static int64_t make_empty(struct made_domain *d)
{
	int64_t rc;

	d->step = "createdomain";
	rc = create(d);
	if (rc)
		return rc;
	if (d->sve_bits) {
		d->step = "cpu_model";
		clear();
		ctl.u.u32[31] = d->sve_bits / 128;
		rc = domctl(ZAZEN_DOMCTL_cpu_model, d->id);
		if (rc)
			return rc;
	}
	d->step = "max_vcpus";
	rc = set_u32(d, DOMCTL_max_vcpus, 1);
	if (rc)
		return rc;
	d->step = "set_address_size";
	return set_u32(d, DOMCTL_set_address_size, 64);
}

/* Make a paused domain that will run SIZE bytes of CODE in PAGE (of 4 KiB, given up by us). */
int64_t domain_make(struct made_domain *d, uint8_t *page, const void *code, size_t size)
{
	int64_t rc = make_empty(d);

	if (rc)
		return rc;
	d->page = page;
	d->step = "memory limits";
	rc = set_u64(d, DOMCTL_set_paging_mempool_size, 8 << 20);
	if (!rc)
		rc = set_u64(d, DOMCTL_max_mem, 4096);
	if (rc)
		return rc;
	d->step = "populate_physmap";
	rc = give_page(d, DOMAIN_PFN);
	if (rc)
		return rc;
	d->step = "foreign mapping";
	rc = map_page(d);
	if (rc)
		return rc;
	memset(page, 0, 4096);
	memcpy(page, code, size);
	d->step = "setvcpucontext";
	return set_context(d);
}

/* N more pages behind its first. */
int64_t domain_more(struct made_domain *d, uint64_t n)
{
	int64_t rc = 0;

	d->step = "populate_physmap";
	for (uint64_t i = 1; i <= n && !rc; i++)
		rc = give_page(d, DOMAIN_PFN + i);
	return rc;
}

/* Give it a PL011 at the ABI's place; the ring behind it is a second page. */
int64_t domain_serial(struct made_domain *d)
{
	int64_t rc = domain_more(d, 1);

	if (rc)
		return rc;
	d->step = "vuart_op";
	clear();
	ctl.u.u64[1] = DOMAIN_PFN + 1;
	return domctl(DOMCTL_vuart_op, d->id);
}

/* Which of its first N frames were written, as bits, by an operation of domctl shadow_op. */
int64_t domain_written(struct made_domain *d, uint32_t op, void *bits, uint64_t n)
{
	d->step = "shadow_op";
	clear();
	ctl.u.u32[0] = op;
	ctl.u.u64[2] = (uint64_t)bits;
	ctl.u.u64[3] = n;
	return domctl(DOMCTL_shadow_op, d->id);
}

int64_t domain_unpause(const struct made_domain *d)
{
	clear();
	return domctl(DOMCTL_unpausedomain, d->id);
}

/* domctl sendtrigger: button 0 is NMI. */
int64_t domain_trigger(const struct made_domain *d, uint32_t button, uint32_t vcpu)
{
	clear();
	ctl.u.u32[0] = button;
	ctl.u.u32[1] = vcpu;
	return domctl(DOMCTL_sendtrigger, d->id);
}

int64_t domain_pause(const struct made_domain *d)
{
	clear();
	return domctl(DOMCTL_pausedomain, d->id);
}

/* Let vCPU 0 of domain ID run on CPU alone. */
int64_t domain_pin(uint16_t id, unsigned int cpu)
{
	uint64_t map = 1ul << cpu;

	clear();
	ctl.u.u32[1] = 1;					/* hard affinity */
	ctl.u.u64[1] = (uint64_t)&map;
	ctl.u.u32[4] = 64;
	return domctl(DOMCTL_setvcpuaffinity, id);
}

int64_t domain_weight(const struct made_domain *d, unsigned int weight)
{
	clear();
	ctl.u.u32[0] = SCHEDULER_CREDIT2;
	ctl.u.u32[1] = 0;					/* putinfo */
	ctl.u.u16[4] = (uint16_t)weight;
	return domctl(DOMCTL_scheduler_op, d->id);
}

/* CPU time used so far, in nanoseconds. */
int64_t domain_cpu_time(const struct made_domain *d, uint64_t *ns)
{
	int64_t rc;

	clear();
	rc = domctl(DOMCTL_getdomaininfo, d->id);
	if (!rc)
		*ns = ctl.u.u64[7];
	return rc;
}
