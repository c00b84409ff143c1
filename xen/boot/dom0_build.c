/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Build dom0: a privileged, direct-mapped domain with the loader's kernel and ramdisk, all host
 * devices but those the hypervisor keeps, and a device tree that says so. Runs once at start-up;
 * any failure ends it with a line that names the step.
 */
#include <arch/gic.h>
#include <public/hvm_params.h>
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/p2m_walk.h>
#include <xen/page.h>
#include <xen/vcpu.h>
#include <xen/vgic.h>
#include <xen/vpmu.h>
#include "boot_module.h"

uint32_t dom0_free_ppi(const struct host_info *h)
{
	/* 23: the PMU's, customary */
	uint64_t used = BIT(h->timer_ppi_sec) | BIT(h->timer_ppi_phys) | BIT(h->timer_ppi_virt) |
			BIT(h->timer_ppi_hyp) | BIT(h->maintenance_ppi) | BIT(h->pmu_ppi) |
			BIT(23);
	uint32_t ppi = 16;

	while (ppi < 31 && (used & BIT(ppi)))
		ppi++;
	return ppi;
}

/*
 * Make the pages of a bank dom0's and map them 1:1; the entries hold no reference (xen/p2m.h),
 * the pages stay its own.
 */
static int give_bank(struct domain *d, const struct mem_range *b)
{
	uint64_t nr = b->size >> PAGE_SHIFT, i;
	mfn_t first = pa_to_mfn(b->base);

	d->max_pages += (uint32_t)nr;
	if (domain_own_pages(d, first, nr))
		return -ENOMEM;
	for (i = 0; opt.bootscrub && i < nr; i++) {
		void *page = map_window_get(mfn_add(first, i));

		clear_page(page);
		map_window_put(page);
	}
	for (i = 0; i < nr;) {
		unsigned int order = boot_block_order(first.v + i, nr - i);
		int rc = p2m_map(d, gfn(first.v + i), mfn(first.v + i), order, P2M_RAM_RW);
		if (rc)
			return rc;
		i += BIT(order);
	}
	return 0;
}

struct sink_arg { struct domain *d; const struct bootinfo *bi; struct dom0_plan *p; };

/* Is any of [base, base + size) memory that the firmware does not keep for a device? */
static bool is_memory(const struct bootinfo *bi, pa_t base, uint64_t size)
{
	for (uint32_t i = 1; i < bi->nr_firmware; i++)
		if (boot_contains(&bi->reserved[i], base, size))
			return false;
	for (uint32_t i = 0; i < bi->nr_banks; i++)
		if (boot_overlaps(&bi->banks[i], base, size))
			return true;
	return false;
}

/*
 * Give dom0 the pages of a device 1:1. Small devices share pages; memory is never given as a
 * device.
 */
static int map_mmio(void *arg, pa_t base, uint64_t size)
{
	const struct sink_arg *s = arg;
	uint64_t first = base >> PAGE_SHIFT, limit = 1UL << (p2m_host_ipa_bits - PAGE_SHIFT), end;

	if (checked_add(base, size, &end) || (end - 1) >> PAGE_SHIFT >= limit)
		end = limit;
	else
		end = ROUND_UP(end, PAGE_SIZE) >> PAGE_SHIFT;
	while (first < end) {
		unsigned int order = boot_block_order(first, end - first);
		int rc = 0;

		while (order && is_memory(s->bi, first << PAGE_SHIFT, PAGE_SIZE << order))
			order -= 9;
		if (!is_memory(s->bi, first << PAGE_SHIFT, PAGE_SIZE << order) &&
		    p2m_lookup(s->d, gfn(first)).kind == P2M_HOLE)
			rc = p2m_map(s->d, gfn(first), mfn(first), order, P2M_MMIO);
		if (rc)
			return rc;
		first += BIT(order);
	}
	return 0;
}

static int route_irq(void *arg, uint32_t intid, bool edge)
{
	const struct sink_arg *s = arg;
	int rc = intid == host_info.uart_irq.intid ? 0 :
		 vgic_route_hw_spi(s->d, intid, intid, edge);

	return rc == -EBUSY ? 0 : rc;	/* shared lines (PCI) are listed more than once */
}

/*
 * For what dom0 maps of other domains: addresses behind all memory at which nothing is mapped or
 * emulated, as many as the host has memory, from a section of Linux's on, by which it takes them.
 */
static void choose_window(void *arg)
{
	const struct sink_arg *s = arg;
	uint64_t limit = p2m_nr_gfns(&s->d->p2m), section = LINUX_SECTION >> PAGE_SHIFT;
	uint64_t want = ROUND_UP(zone_total_pages(), section), base = 0, at, next;

	for (uint32_t i = 0; i < s->bi->nr_banks; i++)
		base = MAX(base, s->bi->banks[i].base + s->bi->banks[i].size);
	base = at = ROUND_UP(base >> PAGE_SHIFT, section);
	for (; at < limit && at - base < want; at = next) {
		struct p2m_entry e = p2m_lookup(s->d, gfn(at));

		next = MIN(ROUND_DOWN(at, BIT(e.order)) + BIT(e.order), ROUND_UP(at + 1, section));
		if (e.kind != P2M_HOLE ||
		    mmio_overlaps(s->d, at << PAGE_SHIFT, (next - at) << PAGE_SHIFT))
			base = next = ROUND_UP(next, section);
	}
	at = MIN(at, limit);
	if (at > base)
		s->p->window[1] = (struct mem_range){ base << PAGE_SHIFT,
						      MIN(at - base, want) << PAGE_SHIFT };
}

static int make_domain(const struct host_info *h, struct dom0_plan *p)
{
	struct domain_config cfg = {
		.max_vcpus = opt.dom0_max_vcpus ? MIN(opt.dom0_max_vcpus, 128u) : nr_cpus,
		.max_evtchn_port = ~0u,
		.max_grant_frames = (uint32_t)(p->window[0].size >> PAGE_SHIFT),
		.max_maptrack_frames = opt.gnttab_max_maptrack_frames,
		.nr_spis = gic_info.nr_irqs - 32,
		.gic_version = gic_info.version,
		.is_privileged = true,
		.is_direct_mapped = true,
		.vpmu = opt.dom0_vpmu && vpmu_is_available(),
	};
	struct vgic_layout layout = { .gicd_base = h->gicd_base, .gicr_base = h->gicr[0].base,
				      .gicr_stride = GIC_PRIVATE_SPAN, .gicc = h->gicc };
	uint64_t most = cfg.gic_version == 2 ? GICV2_MAX_VCPUS : h->gicr[0].size / GIC_PRIVATE_SPAN;

	cfg.max_vcpus = (uint32_t)MIN((uint64_t)cfg.max_vcpus, most);
	if (opt.dom0_vpmu && !cfg.vpmu)
		pr_warn("dom0_vpmu: not on this host\n");
	int rc = domain_create(0, &cfg, &dom0);
	if (rc)
		return rc;
	p->vpmu = cfg.vpmu;
	p->nr_vcpus = layout.nr_redists = cfg.max_vcpus;
	p->event_ppi = dom0->event_ppi = dom0_free_ppi(h);
	dom0->hvm_params[HVM_PARAM_CALLBACK_IRQ] = CALLBACK_PPI(p->event_ppi);
	rc = vgic_set_layout(dom0, &layout);
	return rc ? rc : domain_create_vcpus(dom0, cfg.max_vcpus);
}

static int load(const struct bootinfo *bi, const struct host_info *h, struct dom0_plan *p)
{
	struct sink_arg arg = { dom0, bi, p };
	const struct dom0_dt_sink sink = { map_mmio, route_irq, choose_window, &arg };
	void *buf = heap_alloc_pages(BOOT_DTB_ORDER);
	int size = buf ? dom0_dt_make(bi->fdt, h, p, bi->dom0_cmdline, &sink, buf,
				      PAGE_SIZE << BOOT_DTB_ORDER) : 0;

	return boot_load(dom0, p, &bi->kernel, &bi->ramdisk, buf, size);
}

/* Say which step failed, and pass rc on. */
static int failed(const char *step, int rc)
{
	pr_err("dom0: %s failed: error %d\n", step, rc);
	return rc;
}

int dom0_build(const struct bootinfo *bi, const struct host_info *h)
{
	struct dom0_plan p = { .nr_banks = 0 };
	struct image_arm64 img;
	int rc = boot_probe_kernel(&bi->kernel, &img);

	if (rc)
		return failed(rc == -ENOENT ?
			      "finding its kernel (no kernel module, or not page-aligned)" :
			      "reading its kernel (no arm64 Image)", rc);
	if (bi->ramdisk.base & (PAGE_SIZE - 1))
		return failed("reading its ramdisk (not page-aligned)", -EINVAL);
	/*
	 * Where the hypervisor lies no memory of dom0's can be, and that many frames it may have.
	 */
	p.window[0].base = ROUND_UP(bi->image.base, PAGE_SIZE);
	p.window[0].size = MIN((uint64_t)opt.gnttab_max_frames << PAGE_SHIFT,
				  ROUND_DOWN(bi->image.size, PAGE_SIZE));
	rc = make_domain(h, &p);
	if (rc)
		return failed("making the domain", rc);
	struct domain *d = dom0;
	rc = dom0_choose_banks(&p, opt.dom0_mem);
	if (rc)
		return failed("finding its memory (dom0_mem=)", rc);
	for (uint32_t i = 0; i < p.nr_banks && !rc; i++)
		rc = give_bank(d, &p.bank[i]);
	if (rc)
		return failed("mapping its memory", rc);
	rc = dom0_place(&p, img.text_offset, img.mem_size, PAGE_SIZE << BOOT_DTB_ORDER,
			bi->ramdisk.size);
	if (rc)
		return failed("placing kernel and ramdisk: is dom0_mem= too small?", rc);
	rc = load(bi, h, &p);
	if (rc)
		return failed("making its device tree", rc);
	icache_inval_all();
	vcpu_reset(d->vcpu[0], p.kernel, p.dtb);
	vcpu_clear_flag(d->vcpu[0], VPF_DOWN);
	pr_info("dom0: %u vCPUs, %u MiB from 0x%lx, kernel 0x%lx, tree 0x%lx, ramdisk 0x%lx\n",
		p.nr_vcpus, d->tot_pages >> 8, p.bank[0].base, p.kernel, p.dtb, p.initrd);
	return 0;
}
