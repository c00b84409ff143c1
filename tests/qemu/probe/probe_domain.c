/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Golden probes that make, fill, run and destroy one small domain. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe.h"
#include <xen/sys/privcmd.h>

#define RAM_PFN 0x40000ul
#define MAGIC_PFN 0x39000ul

static domid_t dom;

/* Fill in a request for a domain like the toolstack's; the caller changes a field. */
static struct xen_domctl_createdomain *create_arg(void)
{
	struct xen_domctl_createdomain *c = &domctl.u.createdomain;

	memset(&domctl, 0, sizeof(domctl));
	c->flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
	c->max_vcpus = 2;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 64;
	c->max_maptrack_frames = 1024;
	c->grant_opts = 1;
	c->arch.gic_version = XEN_DOMCTL_CONFIG_GIC_NATIVE;
	memcpy(c->handle, "golden-probe-dom", sizeof(c->handle));
	return c;
}

static void probe_create(void)
{
	struct xen_domctl_createdomain *c = create_arg();
	long rc = do_domctl(XEN_DOMCTL_createdomain, 0);

	dom = domctl.domain;
	row("create", "%ld dom=%u gic=%u clk=%u spis=%u", rc, dom, c->arch.gic_version,
	    c->arch.clock_frequency, c->arch.nr_spis);
	row_domain(dom);
	create_arg();
	row("create same id", "%ld", do_domctl(XEN_DOMCTL_createdomain, dom));
	create_arg()->flags = 1;
	row("create flags1", "%ld", do_domctl(XEN_DOMCTL_createdomain, 0));
	create_arg()->grant_opts = 2;
	row("create grant2", "%ld", do_domctl(XEN_DOMCTL_createdomain, 0));
	create_arg()->max_vcpus = 0;
	row("create 0vcpu", "%ld", do_domctl(XEN_DOMCTL_createdomain, 0));
	create_arg()->max_vcpus = 500;
	row("create 500vcpu", "%ld", do_domctl(XEN_DOMCTL_createdomain, 0));
}

static long with_u32(uint32_t cmd, uint32_t value)
{
	memset(&domctl, 0, sizeof(domctl));
	memcpy(&domctl.u, &value, sizeof(value));
	return do_domctl(cmd, dom);
}

static long with_u64(uint32_t cmd, uint64_t value)
{
	memset(&domctl, 0, sizeof(domctl));
	memcpy(&domctl.u, &value, sizeof(value));
	return do_domctl(cmd, dom);
}

static long populate(domid_t d, unsigned long first, unsigned int order, unsigned int count)
{
	static xen_pfn_t pfn[64];
	static struct xen_memory_reservation r;

	memset(&r, 0, sizeof(r));
	for (unsigned int i = 0; i < count; i++)
		pfn[i] = first + ((unsigned long)i << order);
	set_xen_guest_handle_raw(r.extent_start, pfn);
	r.nr_extents = count;
	r.extent_order = order;
	r.domid = d;
	return memory_op(XENMEM_populate_physmap, &r);
}

static void probe_build(void)
{
	long rc;

	row("max_vcpus 1", "%ld", with_u32(XEN_DOMCTL_max_vcpus, 1));
	row("max_vcpus 2", "%ld", with_u32(XEN_DOMCTL_max_vcpus, 2));
	row_domain(dom);
	row("max_mem", "%ld", with_u64(XEN_DOMCTL_max_mem, 65 << 10));
	row("mempool", "%ld", with_u64(XEN_DOMCTL_set_paging_mempool_size, 2000 * 4096));
	row("mempool unaligned", "%ld", with_u64(XEN_DOMCTL_set_paging_mempool_size, 4097));
	rc = with_u64(XEN_DOMCTL_get_paging_mempool_size, 0);
	row("mempool get", "%ld %lu", rc, (unsigned long)domctl.u.paging_mempool.size);
	row("shadow_op", "%ld", with_u32(XEN_DOMCTL_shadow_op, XEN_DOMCTL_SHADOW_OP_OFF));
	row("addrsize", "%ld", with_u32(XEN_DOMCTL_set_address_size, 64));
	row("populate 8x2M", "%ld", populate(dom, RAM_PFN, 9, 8));
	row("populate magic", "%ld", populate(dom, MAGIC_PFN, 0, 4));
	row("populate nodom", "%ld", populate(77, RAM_PFN, 0, 1));
	row("populate again same gfn", "%ld", populate(dom, RAM_PFN, 0, 1));
	row("populate beyond max", "%ld", populate(dom, RAM_PFN + 0x1000, 9, 64));
	row("addrsize after ram", "%ld", with_u32(XEN_DOMCTL_set_address_size, 64));
	row_domain(dom);
}

static long alloc_unbound(domid_t d, domid_t remote, uint32_t *port)
{
	static struct evtchn_alloc_unbound a;
	long rc;

	a = (struct evtchn_alloc_unbound){ .dom = d, .remote_dom = remote };
	rc = evtchn_op(EVTCHNOP_alloc_unbound, &a);
	*port = a.port;
	return rc;
}

static long bind_interdomain(uint32_t remote, uint32_t *local)
{
	static struct evtchn_bind_interdomain b;
	long rc;

	b = (struct evtchn_bind_interdomain){ .remote_dom = dom, .remote_port = remote };
	rc = evtchn_op(EVTCHNOP_bind_interdomain, &b);
	*local = b.local_port;
	return rc;
}

static void probe_channels(void)
{
	static struct evtchn_close close_arg;
	uint32_t port, local, other;
	long rc;

	rc = alloc_unbound(dom, 0, &port);
	row("alloc_unbound", "%ld port=%u", rc, port);
	rc = alloc_unbound(dom, 0, &other);
	row("alloc_unbound2", "%ld port=%u", rc, other);
	row("alloc nodom", "%ld", alloc_unbound(77, 0, &other));
	rc = bind_interdomain(port, &local);
	row("bind", "%ld local=%u", rc, local);
	row("bind again", "%ld", bind_interdomain(port, &other));
	row("bind port0", "%ld", bind_interdomain(0, &other));
	close_arg.port = local;
	row("close local", "%ld", evtchn_op(EVTCHNOP_close, &close_arg));
}

static long set_param(uint32_t index, uint64_t value)
{
	static struct xen_hvm_param p;

	p = (struct xen_hvm_param){ .domid = dom, .index = index, .value = value };
	return hyp(__HYPERVISOR_hvm_op, HVMOP_set_param, PTR(&p), 0, 0);
}

static long acquire(domid_t d, uint16_t type, uint32_t *nr)
{
	static struct xen_mem_acquire_resource a;
	long rc;

	memset(&a, 0, sizeof(a));
	a.domid = d;
	a.type = type;
	a.nr_frames = *nr;
	rc = memory_op(XENMEM_acquire_resource, &a);
	*nr = a.nr_frames;
	return rc;
}

static void probe_resources(void)
{
	static struct xen_hvm_param p;
	uint32_t nr = 0;
	long rc, set0;

	p = (struct xen_hvm_param){ .domid = dom, .index = 0 };
	rc = hyp(__HYPERVISOR_hvm_op, HVMOP_get_param, PTR(&p), 0, 0);
	row("guest param0", "%ld %lu", rc, (unsigned long)p.value);
	set0 = set_param(0, 0x020000000000021f);
	rc = set_param(1, MAGIC_PFN + 1);
	row("set0", "%ld set1=%ld set17=%ld set28=%ld set5=%ld", set0, rc,
	    set_param(17, MAGIC_PFN), set_param(28, MAGIC_PFN + 2), set_param(5, 1));
	rc = acquire(dom, XENMEM_resource_grant_table, &nr);
	row("acquire size", "%ld nr=%u", rc, nr);
	nr = 0;
	row("acquire self", "%ld", acquire(0, XENMEM_resource_grant_table, &nr));
	nr = 0;
	row("acquire ioreq", "%ld", acquire(dom, XENMEM_resource_ioreq_server, &nr));
	nr = 0;
	row("acquire type9", "%ld", acquire(dom, 9, &nr));
	nr = 0;
	row("acquire vmtrace", "%ld", acquire(dom, XENMEM_resource_vmtrace_buf, &nr));
}

/* Map COUNT of the domain's pages; the errors of each go to ERR. */
static uint32_t *map_pages(const xen_pfn_t *pfn, int *err, unsigned int count, int *rc)
{
	void *at = mmap(NULL, count * 4096ul, PROT_READ | PROT_WRITE, MAP_SHARED, privcmd_fd, 0);
	struct privcmd_mmapbatch_v2 m = { .num = count, .dom = dom, .addr = PTR(at), .arr = pfn,
					  .err = err };

	*rc = ioctl(privcmd_fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &m);
	return at;
}

/* Code that asks for a reboot: SCHEDOP_shutdown(1) with its argument in the page. */
static const uint32_t reboot_code[] = {
	0xd28003b0,	/* mov x16, #29: sched_op */
	0xd2800040,	/* mov x0, #2: SCHEDOP_shutdown */
	0x100000c1,	/* adr x1, 1f */
	0xd401d422,	/* hvc #0xea1 */
	0x14000000,	/* b . */
	0, 0, 0,
	1,		/* 1: SHUTDOWN_reboot */
};

static void probe_mapping(void)
{
	static xen_pfn_t pfn[2] = { RAM_PFN, 0x70000 };
	static int err[2];
	uint32_t *page;
	int rc, was;

	errno = EINVAL;
	page = map_pages(pfn, err, 1, &rc);
	was = errno;
	row("mmapbatch", "%d err=%d errno=%d", rc, err[0], was);
	if (rc == 0 && err[0] == 0) {
		memcpy(page, reboot_code, sizeof(reboot_code));
		munmap(page, 4096);
	}
	err[0] = err[1] = 0;
	page = map_pages(pfn, err, 2, &rc);
	row("mmapbatch hole", "%d errs=%d,%d", rc, err[0], err[1]);
	munmap(page, 8192);
	memset(&domctl, 0, sizeof(domctl));
	domctl.u.cacheflush.start_pfn = RAM_PFN;
	domctl.u.cacheflush.nr_pfns = 1;
	row("cacheflush", "%d", (int)do_domctl(XEN_DOMCTL_cacheflush, dom));
	domctl.u.cacheflush.nr_pfns = 1ul << 40;
	row("cacheflush big", "%d", (int)do_domctl(XEN_DOMCTL_cacheflush, dom));
}

static long context(uint32_t cmd, struct vcpu_guest_context *c)
{
	memset(&domctl, 0, sizeof(domctl));
	set_xen_guest_handle_raw(domctl.u.vcpucontext.ctxt, c);
	return do_domctl(cmd, dom);
}

static void probe_vcpus(void)
{
	static struct vcpu_guest_context c;
	long rc;

	row("getctx uninit", "%ld", context(XEN_DOMCTL_getvcpucontext, &c));
	memset(&c, 0, sizeof(c));
	c.flags = VGCF_online;
	c.user_regs.pc64 = RAM_PFN << 12;
	c.user_regs.cpsr = PSR_GUEST64_INIT;
	c.sctlr = SCTLR_GUEST_INIT;
	row("setctx", "%ld", context(XEN_DOMCTL_setvcpucontext, &c));
	memset(&c, 0, sizeof(c));
	rc = context(XEN_DOMCTL_getvcpucontext, &c);
	row("getctx", "%ld flags=%u pc=%#lx cpsr=%#lx sctlr=%#lx", rc, c.flags,
	    (unsigned long)c.user_regs.pc64, (unsigned long)c.user_regs.cpsr,
	    (unsigned long)c.sctlr);
	rc = with_u32(XEN_DOMCTL_getvcpuinfo, 0);
	row("vcpuinfo0", "%ld online=%u blocked=%u running=%u", rc, domctl.u.getvcpuinfo.online,
	    domctl.u.getvcpuinfo.blocked, domctl.u.getvcpuinfo.running);
	rc = with_u32(XEN_DOMCTL_getvcpuinfo, 1);
	row("vcpuinfo1", "%ld online=%u", rc, domctl.u.getvcpuinfo.online);
	row("vcpuinfo2", "%ld", with_u32(XEN_DOMCTL_getvcpuinfo, 2));
}

static void probe_scheduling(void)
{
	static uint64_t hard, soft;
	struct xen_domctl_vcpuaffinity *a = &domctl.u.vcpuaffinity;
	long rc;

	for (uint32_t id = XEN_SCHEDULER_CREDIT2; id >= XEN_SCHEDULER_CREDIT; id--) {
		struct xen_domctl_scheduler_op *s = &domctl.u.scheduler_op;

		memset(&domctl, 0, sizeof(domctl));
		s->sched_id = id;
		s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
		rc = do_domctl(XEN_DOMCTL_scheduler_op, dom);
		row("sched dom get id", "%u rc=%ld w=%u cap=%u", id, rc, s->u.credit2.weight,
		    s->u.credit2.cap);
	}
	memset(&domctl, 0, sizeof(domctl));
	hard = soft = 0x5555555555555555;
	a->flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	set_xen_guest_handle_raw(a->cpumap_hard.bitmap, (uint8_t *)&hard);
	a->cpumap_hard.nr_bits = 64;
	set_xen_guest_handle_raw(a->cpumap_soft.bitmap, (uint8_t *)&soft);
	a->cpumap_soft.nr_bits = 16;
	rc = do_domctl(XEN_DOMCTL_getvcpuaffinity, dom);
	row("affinity", "%ld hard=%#lx soft=%#lx", rc, (unsigned long)hard, (unsigned long)soft);
	hard = 0;
	a->flags = XEN_VCPUAFFINITY_HARD;
	row("affinity empty", "%ld", do_domctl(XEN_DOMCTL_setvcpuaffinity, dom));
	a->flags = 0;
	row("affinity flags0", "%ld", do_domctl(XEN_DOMCTL_setvcpuaffinity, dom));
	row("sendtrigger", "%ld", with_u32(XEN_DOMCTL_sendtrigger,
					XEN_DOMCTL_SENDTRIGGER_RESET));
	row("setvnuma", "%ld", with_u32(XEN_DOMCTL_setvnumainfo, 0));
	row("vm_event", "%ld", with_u32(XEN_DOMCTL_vm_event_op, 0));
	row("assign_device", "%ld", with_u32(XEN_DOMCTL_assign_device, 0));
}

static void probe_end(void)
{
	long rc;

	row("unpause", "%ld", with_u32(XEN_DOMCTL_unpausedomain, 0));
	/* The guest asks for its reboot within this second. */
	for (int i = 0; i < 1000; i++) {
		memset(&domctl, 0, sizeof(domctl));
		do_domctl(XEN_DOMCTL_getdomaininfo, dom);
		if (domctl.u.getdomaininfo.flags & XEN_DOMINF_shutdown)
			break;
		usleep(1000);
	}
	row_domain(dom);
	row("unpause again", "%ld", with_u32(XEN_DOMCTL_unpausedomain, 0));
	row("pause", "%ld", with_u32(XEN_DOMCTL_pausedomain, 0));
	row_domain(dom);
	do
		rc = with_u32(XEN_DOMCTL_destroydomain, 0);
	while (rc == -ERESTART);
	row("destroy", "%ld", rc);
	row_domain(dom);
	row("destroy again", "%ld", with_u32(XEN_DOMCTL_destroydomain, 0));
	create_arg();
	rc = do_domctl(XEN_DOMCTL_createdomain, 0);
	dom = domctl.domain;
	row("create2", "%ld dom=%u", rc, dom);
	row_domain(dom);
	row("destroy2", "%ld", with_u32(XEN_DOMCTL_destroydomain, 0));
}

void probe_domain(void)
{
	probe_create();
	probe_build();
	probe_channels();
	probe_resources();
	probe_mapping();
	probe_vcpus();
	probe_scheduling();
	probe_end();
}
