/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model behind test_support_hyp.h: one function per hypercall, a descriptor number per
 * device. Argument pointers are followed directly, as the caller is our own process.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <public/event_channel.h>
#include <public/hvm_op.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/sys/privcmd.h>
#include <public/sysctl.h>
#include <public/version.h>

#include "test_support_hyp.h"

#define FD_PRIVCMD 900
#define FD_HYPERCALL 901

#define PTR(type, value) ((type *)(uintptr_t)(value))

struct fake_domain *fake_hyp_domain(struct fake_hyp *f, uint16_t domid)
{
	size_t i;

	for (i = 0; i < FAKE_DOMAINS; i++)
		if (f->domains[i].exists && f->domains[i].domid == domid)
			return &f->domains[i];
	return NULL;
}

#include "test_support_hyp_vcpu.h"
#include "test_support_hyp_pool.h"
#include "test_support_hyp_memory.h"

static struct fake_domain *lowest_from(struct fake_hyp *f, uint16_t domid)
{
	struct fake_domain *best = NULL;
	size_t i;

	for (i = 0; i < FAKE_DOMAINS; i++)
		if (f->domains[i].exists && f->domains[i].domid >= domid &&
		    (!best || f->domains[i].domid < best->domid))
			best = &f->domains[i];
	return best;
}

static struct fake_domain *new_domain(struct fake_hyp *f, uint16_t domid)
{
	size_t i;

	for (i = 0; i < FAKE_DOMAINS; i++) {
		if (f->domains[i].exists)
			continue;
		memset(&f->domains[i], 0, sizeof(f->domains[i]));
		f->domains[i].exists = true;
		f->domains[i].domid = domid;
		f->domains[i].weight = 256;
		f->domains[i].info.domain = domid;
		f->domains[i].info.gpaddr_bits = 40;
		f->domains[i].info.max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
		return &f->domains[i];
	}
	return NULL;
}

void fake_hyp_add(struct fake_hyp *f, uint16_t domid, const uint8_t uuid[16])
{
	struct fake_domain *d = new_domain(f, domid);

	memcpy(d->info.handle, uuid, 16);
}

static long createdomain(struct fake_hyp *f, struct xen_domctl *op)
{
	struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct fake_domain *d;

	if ((c->flags & ~(f->vpmu ? XEN_DOMCTL_CDF_vpmu : 0)) !=
		    (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap) || c->max_vcpus == 0 ||
	    c->max_vcpus > 128 || op->domain < DOMID_FIRST_RESERVED)
		return -EINVAL;
	d = new_domain(f, ++f->last_domid);
	if (!d)
		return -ENOMEM;
	memcpy(d->info.handle, c->handle, sizeof(d->info.handle));
	d->info.flags = XEN_DOMINF_paused | XEN_DOMINF_hvm_guest;
	d->info.max_vcpu_id = c->max_vcpus - 1;
	d->info.cpupool = c->cpupool_id;
	d->grant_frames = c->max_grant_frames;
	op->domain = d->domid;
	c->arch.gic_version = XEN_DOMCTL_CONFIG_GIC_V3;
	d->info.arch_config.gic_version = XEN_DOMCTL_CONFIG_GIC_V3;
	return 0;
}

static long destroydomain(struct fake_hyp *f, struct fake_domain *d)
{
	f->free_pages += d->info.tot_pages;
	d->exists = false;
	return 0;
}

static long cpu_model(const struct fake_hyp *f, struct fake_domain *d,
		      const struct zazen_domctl_cpu_model *m)
{
	if (m->nr_fields > ZAZEN_CPU_FIELDS || m->sve_vl > 16)
		return -EINVAL;
	/* Of the lengths, it has the powers of two. */
	if (m->sve_vl > f->sve_vl || (m->sve_vl & (m->sve_vl - 1)))
		return -EOPNOTSUPP;
	d->info.arch_config.sve_vl = (uint8_t)m->sve_vl;
	d->cpu_model = *m;
	d->cpu_models++;
	for (unsigned int i = 0; i < m->nr_fields && d->nr_cpu_fields < 256; i++)
		d->cpu_fields[d->nr_cpu_fields++] = m->field[i];
	return 0;
}

static long write_memory(struct fake_hyp *f, const struct fake_domain *d,
			 const struct zazen_domctl_write_memory *w)
{
	uint64_t at, n, done, gfn;
	ssize_t put;

	strbuf_addf(&f->log, "write %llu at 0x%llx\n", (unsigned long long)w->size,
		    (unsigned long long)w->gpa);
	if (f->blind_writes > 0)
		return f->blind_writes--, -EFAULT;
	for (done = 0; done < w->size; done += n) {
		at = w->gpa + done;
		gfn = at / 4096;
		n = 4096 - at % 4096;
		if (n > w->size - done)
			n = w->size - done;
		if (gfn >= FAKE_GFNS || !(d->populated[gfn / 8] >> gfn % 8 & 1))
			return -EFAULT;
		put = pwrite(f->ram_fd, PTR(void, w->bytes.p + done), n, (off_t)at);
		if (put < 0 || (uint64_t)put != n)
			return -EFAULT;
	}
	return 0;
}

static long domctl_on(struct fake_hyp *f, struct fake_domain *d, struct xen_domctl *op)
{
	switch (op->cmd) {
	case XEN_DOMCTL_destroydomain:
		return destroydomain(f, d);
	case XEN_DOMCTL_pausedomain:
		d->info.flags |= XEN_DOMINF_paused;
		d->pauses++;
		return 0;
	case XEN_DOMCTL_unpausedomain:
		if (d->pauses == 0 || --d->pauses == 0)
			d->info.flags &= ~XEN_DOMINF_paused;
		d->started = true;
		return 0;
	case ZAZEN_DOMCTL_cpu_model:
		return cpu_model(f, d, &((struct zazen_domctl *)op)->u.cpu_model);
	case ZAZEN_DOMCTL_write_memory:
		return write_memory(f, d, &((struct zazen_domctl *)op)->u.write_memory);
	case ZAZEN_DOMCTL_trace:
		return trace(f, &((struct zazen_domctl *)op)->u.trace);
	case XEN_DOMCTL_max_vcpus:
		return op->u.max_vcpus.max == d->info.max_vcpu_id + 1 ? 0 : -EINVAL;
	case XEN_DOMCTL_max_mem:
		d->max_kib = op->u.max_mem.max_memkb;
		d->info.max_pages = d->max_kib / 4;
		return 0;
	case XEN_DOMCTL_get_address_size:
		op->u.address_size.size = d->address_size ? d->address_size : 64;
		return 0;
	case XEN_DOMCTL_set_address_size:
		if (op->u.address_size.size == 32 && !f->aarch32)
			return -EINVAL;
		d->address_size = op->u.address_size.size;
		return d->info.tot_pages ? -EBUSY : 0;
	case XEN_DOMCTL_set_paging_mempool_size:
		return op->u.paging_mempool.size % 4096 ? -EINVAL : 0;
	case XEN_DOMCTL_setvcpucontext:
		d->start = *PTR(struct vcpu_guest_context, op->u.vcpucontext.ctxt.p);
		return 0;
	case XEN_DOMCTL_settimeoffset:
		d->time_offset = op->u.settimeoffset.time_offset_seconds;
		return 0;
	case XEN_DOMCTL_getvcpucontext:
		*PTR(struct vcpu_guest_context, op->u.vcpucontext.ctxt.p) = d->start;
		return 0;
	case XEN_DOMCTL_resumedomain:
		d->info.flags &= ~(XEN_DOMINF_shutdown | 0xffu << XEN_DOMINF_shutdownshift);
		return 0;
	case XEN_DOMCTL_setvcpuaffinity:
		return setaffinity(d, &op->u.vcpuaffinity);
	case XEN_DOMCTL_getvcpuaffinity:
		return getaffinity(d, &op->u.vcpuaffinity);
	case XEN_DOMCTL_getvcpuinfo:
		return getvcpuinfo(d, &op->u.getvcpuinfo);
	case XEN_DOMCTL_scheduler_op:
		return sched(f, d, &op->u.scheduler_op);
	case XEN_DOMCTL_setdomainhandle:
		memcpy(d->info.handle, op->u.setdomainhandle.handle, 16);
		return 0;
	case XEN_DOMCTL_iomem_permission:
		d->mmio_permitted += op->u.iomem_permission.nr_mfns;
		return 0;
	case XEN_DOMCTL_memory_mapping:
		if (op->u.memory_mapping.nr_mfns > 64)
			return -E2BIG;
		d->mmio_mapped += op->u.memory_mapping.nr_mfns;
		return d->mmio_mapped > d->mmio_permitted ? -EPERM : 0;
	case XEN_DOMCTL_irq_permission:
		d->irq_permitted = op->u.irq_permission.pirq;
		return 0;
	case XEN_DOMCTL_bind_pt_irq:
		return op->u.bind_pt_irq.machine_irq == d->irq_permitted ? 0 : -EPERM;
	case XEN_DOMCTL_gethvmcontext:
		return get_context(d, &op->u.hvmcontext);
	case XEN_DOMCTL_sethvmcontext:
		return put_context(f, d, &op->u.hvmcontext);
	case XEN_DOMCTL_shadow_op:
		return shadow_op(f, d, &op->u.shadow_op);
	case XEN_DOMCTL_vuart_op:
		op->u.vuart_op.evtchn = 9;
		return 0;
	default:
		return -ENOSYS;
	}
}

static long domctl(struct fake_hyp *f, struct xen_domctl *op)
{
	struct fake_domain *d;

	if (op->interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	strbuf_addf(&f->log, "domctl %u\n", op->cmd);
	if (op->cmd == XEN_DOMCTL_createdomain)
		return createdomain(f, op);
	if (op->cmd == XEN_DOMCTL_getdomaininfo) {
		d = lowest_from(f, op->domain);
		if (!d)
			return -ESRCH;
		op->domain = d->domid;
		op->u.getdomaininfo = d->info;
		return 0;
	}
	d = fake_hyp_domain(f, op->domain);
	return d ? domctl_on(f, d, op) : -ESRCH;
}

static long domainlist(struct fake_hyp *f, struct xen_sysctl_getdomaininfolist *l)
{
	struct xen_domctl_getdomaininfo *out = PTR(struct xen_domctl_getdomaininfo, l->buffer.p);
	struct fake_domain *d;
	uint32_t n = 0, next = l->first_domain;

	while (n < l->max_domains && (d = lowest_from(f, (uint16_t)next)) != NULL) {
		out[n++] = d->info;
		next = d->domid + 1u;
	}
	l->num_domains = n;
	return 0;
}

static long readconsole(struct fake_hyp *f, struct xen_sysctl_readconsole *r)
{
	static const char ring[] = "(Z) one\n(ZZ) [    1.500000 W] two [x]\n"
		"(ZZ) [   12.000000 E] three\n(ZZ) four\n";
	bool late = f->ring_late != 0 && f->calls >= f->ring_late;
	uint32_t len = (uint32_t)(f->ring_cleared ? 0 : sizeof(ring) - (late ? 1 : 11));
	uint32_t left = r->index < len ? len - r->index : 0;
	uint32_t n = left < r->count ? left : r->count;

	f->ring_cleared |= r->clear != 0;
	memcpy(PTR(char, r->buffer.p), ring + r->index, n);
	r->index += n;
	r->count = n;
	return 0;
}

static long cpuinfo(const struct fake_hyp *f, struct xen_sysctl_getcpuinfo *g)
{
	struct xen_sysctl_cpuinfo *out = PTR(struct xen_sysctl_cpuinfo, g->info.p);

	for (g->nr_cpus = 0; g->nr_cpus < 2 && g->nr_cpus < g->max_cpus; g->nr_cpus++)
		out[g->nr_cpus].idletime = f->idle_ns[g->nr_cpus];
	return 0;
}

static long sysctl(struct fake_hyp *f, struct xen_sysctl *op)
{
	if (op->interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	strbuf_addf(&f->log, "sysctl %u\n", op->cmd);
	switch (op->cmd) {
	case XEN_SYSCTL_physinfo:
		op->u.physinfo.nr_cpus = f->offline ? 1 : 2;
		op->u.physinfo.max_cpu_id = 1;
		op->u.physinfo.cpu_khz = 1000000;
		op->u.physinfo.total_pages = 1 << 19;
		op->u.physinfo.free_pages = f->free_pages;
		op->u.physinfo.arch_capabilities = f->sve_vl;
		op->u.physinfo.capabilities = f->vpmu ? XEN_SYSCTL_PHYSCAP_vpmu : 0;
		return 0;
	case XEN_SYSCTL_sched_id:
		op->u.sched_id.sched_id = f->sched_id ? f->sched_id : XEN_SCHEDULER_CREDIT2;
		return 0;
	case XEN_SYSCTL_scheduler_op:
		return ratelimit(f, &op->u.scheduler_op);
	case XEN_SYSCTL_getcpuinfo:
		return cpuinfo(f, &op->u.getcpuinfo);
	case XEN_SYSCTL_perfc_op:
		return perfc(f, &op->u.perfc_op);
	case XEN_SYSCTL_debug_keys:
		memcpy(f->keys, PTR(char, op->u.debug_keys.keys.p), op->u.debug_keys.nr_keys);
		return 0;
	case XEN_SYSCTL_getdomaininfolist:
		return domainlist(f, &op->u.getdomaininfolist);
	case XEN_SYSCTL_readconsole:
		return readconsole(f, &op->u.readconsole);
	case XEN_SYSCTL_cpu_hotplug:
		return cpu_hotplug(f, &op->u.cpu_hotplug);
	case XEN_SYSCTL_cputopoinfo:
		return cputopo(f, &op->u.cputopoinfo);
	case XEN_SYSCTL_cpupool_op:
		return cpupool(f, &op->u.cpupool_op);
	default:
		return -ENOSYS;
	}
}

static long multicall(struct fake_hyp *f, struct multicall_entry *e, uint64_t n)
{
	for (; n > 0; n--, e++)
		e->result = e->op == __HYPERVISOR_memory_op ?
			(uint64_t)memory_op(f, (unsigned int)e->args[0],
					    PTR(void, e->args[1])) : (uint64_t)-ENOSYS;
	return 0;
}

static long hvm_op(struct fake_hyp *f, uint64_t cmd, struct xen_hvm_param *p)
{
	struct fake_domain *d = fake_hyp_domain(f, p->domid);

	if (!d || p->index >= 32)
		return d ? -EINVAL : -ESRCH;
	if (cmd == HVMOP_get_param) {
		p->value = d->params[p->index];
		return 0;
	}
	strbuf_addf(&f->log, "param %u = 0x%llx\n", p->index, (unsigned long long)p->value);
	d->params[p->index] = p->value;
	return 0;
}

static long evtchn_op(struct fake_hyp *f, uint64_t cmd, struct evtchn_alloc_unbound *a)
{
	struct fake_domain *d = fake_hyp_domain(f, a->dom);

	if (cmd != EVTCHNOP_alloc_unbound || !d)
		return cmd != EVTCHNOP_alloc_unbound ? -ENOSYS : -ESRCH;
	strbuf_addstr(&f->log, "alloc_unbound\n");
	a->port = ++d->ports;
	return 0;
}

static long sched_op(struct fake_hyp *f, uint64_t cmd, const struct sched_remote_shutdown *s)
{
	struct fake_domain *d = fake_hyp_domain(f, s->domain_id);

	if (cmd != SCHEDOP_remote_shutdown || !d)
		return cmd != SCHEDOP_remote_shutdown ? -ENOSYS : -ESRCH;
	d->info.flags |= XEN_DOMINF_shutdown | s->reason << XEN_DOMINF_shutdownshift;
	return 0;
}

static long version(struct fake_hyp *f, uint64_t cmd, void *arg)
{
	switch (cmd) {
	case XENVER_version:
		return 4 << 16 | 17;
	case XENVER_pagesize:
		return 4096;
	case XENVER_extraversion:
		memcpy(arg, f->version_extra, sizeof(f->version_extra));
		return 0;
	case XENVER_capabilities:
		strcpy(arg, f->aarch32 ? "xen-3.0-aarch64 xen-3.0-armv7l " : "xen-3.0-aarch64 ");
		return 0;
	case XENVER_get_features:
		((struct xen_feature_info *)arg)->submap = 0x26805;
		return 0;
	case XENVER_build_id:
		return -ENODATA;
	default:
		return 0;
	}
}

static long hypercall(struct fake_hyp *f, const struct privcmd_hypercall *h)
{
	switch (h->op) {
	case __HYPERVISOR_domctl:
		return domctl(f, PTR(struct xen_domctl, h->arg[0]));
	case __HYPERVISOR_sysctl:
		return sysctl(f, PTR(struct xen_sysctl, h->arg[0]));
	case __HYPERVISOR_multicall:
		return multicall(f, PTR(struct multicall_entry, h->arg[0]), h->arg[1]);
	case __HYPERVISOR_hvm_op:
		return hvm_op(f, h->arg[0], PTR(struct xen_hvm_param, h->arg[1]));
	case __HYPERVISOR_event_channel_op:
		return evtchn_op(f, h->arg[0], PTR(struct evtchn_alloc_unbound, h->arg[1]));
	case __HYPERVISOR_sched_op:
		return sched_op(f, h->arg[0], PTR(struct sched_remote_shutdown, h->arg[1]));
	case __HYPERVISOR_xen_version:
		return version(f, h->arg[0], PTR(void, h->arg[1]));
	default:
		return -ENOSYS;
	}
}

static long mmapbatch(struct fake_hyp *f, const struct privcmd_mmapbatch_v2 *b)
{
	struct fake_domain *d = fake_hyp_domain(f, b->dom);
	unsigned int i;
	uint64_t gfn;

	if (!d)
		return -ESRCH;
	strbuf_addf(&f->log, "map num %u first 0x%llx\n", b->num, (unsigned long long)b->arr[0]);
	for (i = 0; i < b->num; i++) {
		gfn = b->arr[i];
		if (gfn >= FAKE_GFNS || !(d->populated[gfn / 8] >> gfn % 8 & 1)) {
			b->err[i] = -EINVAL;
			continue;
		}
		b->err[i] = 0;
		mmap(PTR(void, b->addr + i * 4096ull), 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED, f->ram_fd, (off_t)(gfn * 4096));
	}
	return 0;
}

static int fake_ioctl(void *priv, int fd, unsigned long request, void *arg)
{
	struct fake_hyp *f = priv;
	long rc;

	(void)fd;
	if (++f->calls == f->fail_at) {
		errno = f->fail_errno;
		return -1;
	}
	if (request == IOCTL_PRIVCMD_HYPERCALL)
		rc = hypercall(f, arg);
	else if (request == IOCTL_PRIVCMD_MMAPBATCH_V2)
		rc = mmapbatch(f, arg);
	else
		rc = -ENOTTY;
	if (rc >= 0)
		return (int)rc;
	errno = (int)-rc;
	return -1;
}

static int fake_open(void *priv, const char *path, int flags)
{
	struct fake_hyp *f = priv;

	(void)flags;
	f->open_fds++;
	return strcmp(path, "/dev/xen/privcmd") == 0 ? FD_PRIVCMD : FD_HYPERCALL;
}

static int fake_close(void *priv, int fd)
{
	(void)fd;
	((struct fake_hyp *)priv)->open_fds--;
	return 0;
}

static void *fake_mmap(void *priv, size_t len, int prot, int flags, int fd, off_t offset)
{
	(void)priv;
	(void)flags;
	(void)fd;
	(void)offset;
	return mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int fake_munmap(void *priv, void *addr, size_t len)
{
	(void)priv;
	return munmap(addr, len);
}

const struct hyp_ops fake_hyp_ops = {
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
};

void fake_hyp_init(struct fake_hyp *f)
{
	static const uint8_t none[16];

	memset(f, 0, sizeof(*f));
	f->ram_fd = memfd_create("fake-ram", MFD_CLOEXEC);
	if (f->ram_fd < 0 || ftruncate(f->ram_fd, (off_t)FAKE_GFNS * 4096) != 0)
		abort();
	f->pools[0] = (struct fake_pool){ .exists = true, .cpus = 3 };
	f->free_pages = 0x20000;
	f->big_orders = 1000;
	f->log = (struct strbuf)STRBUF_INIT;
	memcpy(f->version_extra, ".7", 3);
	fake_hyp_add(f, 0, none);
}

void fake_hyp_free(struct fake_hyp *f)
{
	close(f->ram_fd);
	strbuf_free(&f->log);
}

uint8_t *fake_hyp_ram(struct fake_hyp *f, uint64_t gfn, size_t nr)
{
	return mmap(NULL, nr * 4096, PROT_READ, MAP_SHARED, f->ram_fd, (off_t)(gfn * 4096));
}
