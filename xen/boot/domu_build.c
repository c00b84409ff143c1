/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Build the static domains that the host's tree describes, each like one of the toolstack's but
 * for its channels: memory in the largest blocks there are, kernel and ramdisk copied in, a tree,
 * vCPU 0 ready. One that cannot be built is taken down again with a line that says so.
 */
#include <arch/gic.h>
#include <public/hvm_params.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include <xen/vpl011.h>
#include "boot_module.h"

/* Of memory for page tables and the like, as the toolstack gives: pages. */
#define POOL_PAGES(cpus, bytes)	(256u * (cpus) + (uint32_t)((bytes) >> 20) + 128u)

/* Give d zeroed RAM at [base, base + size), in blocks as large as there are. -ENOMEM. */
static int populate(struct domain *d, const struct mem_range *bank)
{
	uint64_t frame = bank->base >> PAGE_SHIFT, left = bank->size >> PAGE_SHIFT;
	unsigned int largest = PAGE_ORDER_1G;

	while (left) {
		unsigned int order = MIN(boot_block_order(frame, left), largest);
		mfn_t m;
		int rc = domain_try_alloc_pages(d, order, false, &m);

		if (rc && order) {	/* none so large is left */
			largest = order - 9;
			continue;
		}
		if (rc)
			return rc;
		rc = p2m_map(d, gfn(frame), m, order, P2M_RAM_RW);
		if (rc) {
			page_put_range(m, BIT(order));
			return rc;
		}
		frame += BIT(order);
		left -= BIT(order);
	}
	return 0;
}

/* Low bank first, as in the ABI; the rest beyond. */
static void choose_banks(struct dom0_plan *p, uint64_t bytes)
{
	p->bank[0] = (struct mem_range){ GUEST_RAM0_BASE, MIN(bytes, GUEST_RAM0_SIZE) };
	p->bank[1] = (struct mem_range){ GUEST_RAM1_BASE, bytes - p->bank[0].size };
	p->nr_banks = p->bank[1].size ? 2 : 1;
}

/* NULL, or the step that failed with its error in *rc. */
static const char *fill(struct domain *d, const struct static_domain *s, struct dom0_plan *p,
			int *rc)
{
	struct image_arm64 img;

	*rc = boot_probe_kernel(&s->kernel, &img);
	if (*rc)
		return "reading its kernel, which is no arm64 Image,";
	*rc = dom0_place(p, img.text_offset, img.mem_size, PAGE_SIZE << BOOT_DTB_ORDER,
			 s->ramdisk.size);
	if (*rc)
		return "placing kernel and ramdisk in its memory";
	for (uint32_t i = 0; i < p->nr_banks && !*rc; i++)
		*rc = populate(d, &p->bank[i]);
	if (*rc)
		return "finding its memory";
	void *buf = heap_alloc_pages(BOOT_DTB_ORDER);
	*rc = boot_load(d, p, &s->kernel, &s->ramdisk, buf, buf ?
			domu_tree_make(s, p, buf, PAGE_SIZE << BOOT_DTB_ORDER) : 0);
	if (*rc)
		return "making its device tree";
	*rc = s->vpl011 ? vpl011_init_static(d) : 0;
	if (!*rc)
		*rc = domain_create_vcpus(d, s->cpus);
	return *rc ? "making its devices and vCPUs" : NULL;
}

static bool build(domid_t id, const struct static_domain *s)
{
	const struct domain_config cfg = {
		.handle = { [15] = (uint8_t)id },
		.max_vcpus = s->cpus,
		.max_evtchn_port = 1023,
		.max_grant_frames = opt.gnttab_max_frames,
		.max_maptrack_frames = opt.gnttab_max_maptrack_frames,
		.nr_spis = ROUND_UP(MAX(s->nr_spis, (uint32_t)s->vpl011), 32u),
		.gic_version = gic_info.version,
	};
	struct dom0_plan p = {
		.window[0] = { GUEST_GNTTAB_BASE, GUEST_GNTTAB_SIZE },
		.event_ppi = EVTCHN_PPI_DOMU, .nr_vcpus = s->cpus,
	};
	const char *step = "making the domain";
	HELD struct domain *d = NULL;
	int rc = domain_create(id, &cfg, &d);

	choose_banks(&p, s->memory);
	if (!rc) {
		d->max_pages = (uint32_t)(s->memory >> PAGE_SHIFT);
		d->hvm_params[HVM_PARAM_CALLBACK_IRQ] = CALLBACK_PPI(EVTCHN_PPI_DOMU);
		step = fill(d, s, &p, &rc);
	}
	if (rc) {
		pr_err("static domain /chosen/%s is left out: %s failed: error %d\n", s->name, step,
		       rc);
		/* Nobody else knows of it. */
		while (d && domain_kill(d) == -ERESTART)
			cpu_relax();
		return false;
	}
	d->max_heap_pages = d->heap_pages + POOL_PAGES(s->cpus, s->memory);
	vcpu_reset(d->vcpu[0], p.kernel, p.dtb);
	vcpu_clear_flag(d->vcpu[0], VPF_DOWN);
	if (s->vpl011)
		console_add_input_domain(id);
	pr_info("d%u: static domain %s, %u vCPUs, %lu MiB, kernel 0x%lx, tree 0x%lx\n", id,
		s->name, s->cpus, s->memory >> 20, p.kernel, p.dtb);
	return true;
}

/* Build all of them, paused, with ids from 1 on in the tree's order. Returns how many there are. */
uint32_t domus_build(const struct bootinfo *bi)
{
	uint32_t i, nr = 0;

	for (i = 0; i < bi->nr_statics; i++)
		nr += build((domid_t)(i + 1), &bi->statics[i]);
	icache_inval_all();
	return nr;
}

/* Let all of them run. */
void domus_start(const struct bootinfo *bi)
{
	for (uint32_t i = 0; i < bi->nr_statics; i++) {
		HELD struct domain *d = domain_get_by_id((domid_t)(i + 1));

		if (d && domain_unpause(d))
			pr_err("d%u was not paused\n", d->id);
	}
}
