/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain control: one function per domctl operation that a domain's life needs. Each fills its
 * part of the union of an envelope, calls, and copies the answer into a struct of ours. vCPU
 * operations are in domctl_vcpu.c.
 */
#include <string.h>

#include "tools/hyp/domctl.h"

#define LIST_FIRST 32			/* domains asked for at first: a page of the buffer pool */
#define LIST_BATCH 256			/* and then: 30 KiB of it */

long domctl_call(struct hyp *h, struct xen_domctl *op)
{
	return hyp_call_arg(h, __HYPERVISOR_domctl, HCALL_NO_CMD, op, sizeof(*op));
}

int domctl_do(struct hyp *h, struct xen_domctl *op, const char *what, struct zerr **err)
{
	int domid = op->domain;

	return hyp_result(err, domctl_call(h, op), what, domid);
}

static uint8_t gic_to_abi(uint8_t version)
{
	switch (version) {
	case 2:
		return XEN_DOMCTL_CONFIG_GIC_V2;
	case 3:
		return XEN_DOMCTL_CONFIG_GIC_V3;
	default:
		return XEN_DOMCTL_CONFIG_GIC_NATIVE;
	}
}

static uint8_t gic_from_abi(uint8_t abi)
{
	switch (abi) {
	case XEN_DOMCTL_CONFIG_GIC_V2:
		return 2;
	case XEN_DOMCTL_CONFIG_GIC_V3:
		return 3;
	default:
		return 0;
	}
}

/*
 * Make an empty, paused domain with an id of the hypervisor's choice. It has no vCPUs and no
 * memory. Classes: ZERR_NO_RESOURCES, ZERR_FAILED for a refused argument.
 */
int hyp_domain_create(struct hyp *h, const struct hyp_create_args *args,
		      struct hyp_create_result *ret, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(createdomain, DOMID_INVALID, .createdomain = {
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap |
			 (args->vpmu ? XEN_DOMCTL_CDF_vpmu : 0),
		.max_vcpus = args->max_vcpus,
		.max_evtchn_port = args->max_evtchn_port ? args->max_evtchn_port : 1023,
		.max_grant_frames = args->max_grant_frames,
		.max_maptrack_frames = args->max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.cpupool_id = args->cpupool,
		.arch = { .gic_version = gic_to_abi(args->gic_version), .nr_spis = args->nr_spis },
	});
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	long rc;

	memcpy(c->handle, args->uuid, sizeof(c->handle));
	rc = domctl_call(h, &op);
	if (rc < 0) {
		hyp_error(err, rc, "createdomain", NO_DOMAIN);
		if (rc == -EINVAL)
			zerr_hint(err, "the host may not offer %u vCPUs or what else the domain "
				  "asks for; zl dmesg may say more", args->max_vcpus);
		return -1;
	}
	ret->domid = op.domain;
	ret->gic_version = gic_from_abi(c->arch.gic_version);
	ret->clock_frequency = c->arch.clock_frequency;
	return 0;
}

/* Begin and finish the end of a domain; the kernel's caller waits while its pages are freed. */
int hyp_domain_destroy(struct hyp *h, uint16_t domid, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(destroydomain, domid);
	long rc;

	do
		rc = domctl_call(h, &op);
	while (rc == -EAGAIN || rc == -ERESTART);
	return hyp_result(err, rc, "destroydomain", domid);
}

int hyp_domain_pause(struct hyp *h, uint16_t domid, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(pausedomain, domid);

	return domctl_do(h, &op, "pausedomain", err);
}

int hyp_domain_unpause(struct hyp *h, uint16_t domid, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(unpausedomain, domid);

	return domctl_do(h, &op, "unpausedomain", err);
}

static void info_from_abi(const struct xen_domctl_getdomaininfo *i, struct hyp_domain_info *ret)
{
	*ret = (struct hyp_domain_info){
		.domid = i->domain,
		.dying = i->flags & XEN_DOMINF_dying,
		.shutdown = i->flags & XEN_DOMINF_shutdown,
		.paused = i->flags & XEN_DOMINF_paused,
		.blocked = i->flags & XEN_DOMINF_blocked,
		.running = i->flags & XEN_DOMINF_running,
		.shutdown_reason = i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask,
		.tot_pages = i->tot_pages,
		.max_pages = i->max_pages,
		.outstanding_pages = i->outstanding_pages,
		.shared_pages = i->shr_pages,
		.cpu_time_ns = i->cpu_time,
		.nr_online_vcpus = i->nr_online_vcpus,
		.max_vcpu_id = i->max_vcpu_id,
		.ssidref = i->ssidref,
		.cpupool = i->cpupool,
		.gpaddr_bits = i->gpaddr_bits,
		.gic_version = gic_from_abi(i->arch_config.gic_version),
		.clock_frequency = i->arch_config.clock_frequency,
		.sve_bits = i->arch_config.sve_vl * 128u,
	};
	memcpy(ret->uuid, i->handle, sizeof(ret->uuid));
}

/* The operation answers with the first domain at or above the id: another one means "none". */
int hyp_domain_info(struct hyp *h, uint16_t domid, struct hyp_domain_info *ret, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(getdomaininfo, domid);
	long rc = domctl_call(h, &op);

	if (rc == -ESRCH || (rc == 0 && op.u.getdomaininfo.domain != domid))
		return 0;
	if (rc < 0)
		return hyp_error(err, rc, "getdomaininfo", domid);
	info_from_abi(&op.u.getdomaininfo, ret);
	return 1;
}

/* Ask for domains from `first` on; their number, or -1. */
static long list_batch(struct hyp *h, uint16_t first, uint32_t max, struct hyp_domain_info *out,
		       struct zerr **err)
{
	struct xen_domctl_getdomaininfo *buf = hcall_alloc(h, max * sizeof(*buf));
	struct xen_sysctl op = SYSCTL(getdomaininfolist, .getdomaininfolist = {
		.first_domain = first, .max_domains = max, .buffer = HANDLE(buf),
	});
	long i, n;

	if (sysctl_do(h, &op, "getdomaininfolist", err) != 0)
		return -1;
	n = MIN((long)op.u.getdomaininfolist.num_domains, (long)max);
	for (i = 0; i < n; i++)
		info_from_abi(&buf[i], &out[i]);
	return n;
}

int hyp_domain_list(struct hyp *h, struct hyp_domain_info **ret, size_t *n, struct zerr **err)
{
	struct hyp_domain_info *all = NULL, *more;
	size_t count = 0;
	uint32_t first = 0, max;
	long got;

	do {
		max = count ? LIST_BATCH : LIST_FIRST;
		more = realloc(all, (count + max) * sizeof(*all));
		if (!more) {
			free(all);
			return hcall_no_memory(err);
		}
		all = more;
		got = list_batch(h, (uint16_t)first, max, all + count, err);
		if (got < 0) {
			free(all);
			return -1;
		}
		count += (size_t)got;
		if (count > 0)
			first = all[count - 1].domid + 1U;
	} while (got == (long)max && first < DOMID_FIRST_RESERVED);
	*ret = all;
	*n = count;
	return 0;
}

/* Must equal the number given at creation; makes the vCPUs, all of them down. */
int hyp_domain_max_vcpus(struct hyp *h, uint16_t domid, uint32_t n, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(max_vcpus, domid, .max_vcpus.max = n);

	return domctl_do(h, &op, "max_vcpus", err);
}

/* Upper limit of the domain's memory, KiB; may be below what it has. */
int hyp_domain_max_mem(struct hyp *h, uint16_t domid, uint64_t kib, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(max_mem, domid, .max_mem.max_memkb = kib);

	return domctl_do(h, &op, "max_mem", err);
}

/* Memory for the domain's page tables; a multiple of the page size. */
int hyp_domain_set_paging_pool(struct hyp *h, uint16_t domid, uint64_t bytes, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(set_paging_mempool_size, domid, .paging_mempool.size = bytes);

	return domctl_do(h, &op, "set_paging_mempool_size", err);
}

/* 64, or 32 where EL1 has AArch32; before any memory is there. */
int hyp_domain_set_address_size(struct hyp *h, uint16_t domid, uint32_t bits, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(set_address_size, domid, .address_size.size = bits);

	return domctl_do(h, &op, "set_address_size", err);
}

int hyp_domain_address_size(struct hyp *h, uint16_t domid, uint32_t *bits, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(get_address_size, domid);

	if (domctl_do(h, &op, "get_address_size", err) != 0)
		return -1;
	*bits = op.u.address_size.size;
	return 0;
}

int hyp_domain_set_handle(struct hyp *h, uint16_t domid, const uint8_t uuid[16],
			  struct zerr **err)
{
	struct xen_domctl op = DOMCTL(setdomainhandle, domid);

	memcpy(op.u.setdomainhandle.handle, uuid, 16);
	return domctl_do(h, &op, "setdomainhandle", err);
}

int hyp_domain_set_time_offset(struct hyp *h, uint16_t domid, int64_t seconds, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(settimeoffset, domid,
				      .settimeoffset.time_offset_seconds = seconds);

	return domctl_do(h, &op, "settimeoffset", err);
}

static long write_memory(struct hyp *h, uint16_t domid, uint64_t address, const void *data,
			 uint64_t size)
{
	struct zazen_domctl op = ZAZEN_DOMCTL(write_memory, domid, .write_memory = {
		.gpa = address, .size = size, .bytes = HANDLE(data),
	});

	return hyp_call_arg(h, __HYPERVISOR_domctl, HCALL_NO_CMD, &op, sizeof(op));
}

/* Write size bytes to a domain's memory: 0, or 1 when the hypervisor met no page there. */
int hyp_domain_write(struct hyp *h, uint16_t domid, uint64_t address, const void *data,
		     uint64_t size, struct zerr **err)
{
	long rc = write_memory(h, domid, address, data, size);

	return rc == -EFAULT ? 1 : hyp_result(err, rc, "write_memory", domid);
}

/*
 * Write size bytes, wherever they come from: each piece is made by fill in memory that the
 * hypervisor can read. Class ZERR_FAILED where the guest has no memory, or fill's.
 */
int hyp_domain_fill(struct hyp *h, uint16_t domid, uint64_t address, uint64_t size,
		    hyp_fill_fn *fill, const void *arg, struct zerr **err)
{
	size_t room;

	for (uint64_t done = 0; done < size; done += room) {
		uint8_t *buf = hcall_alloc_rest(h, sizeof(struct zazen_domctl), &room);

		room = MIN(size - done, (uint64_t)room);
		if ((buf && fill(arg, done, buf, room, err) != 0) ||
		    hyp_result(err, write_memory(h, domid, address + done, buf, room),
			       "write_memory", domid) != 0)
			return -1;
	}
	return 0;
}
