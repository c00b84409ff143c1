/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start-up on the boot CPU, from the switch to virtual addresses to the first entry of dom0: one
 * list of steps. What only start-up needs is freed at its end.
 */
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/drivers.h>
#include <xen/page.h>
#include "machine.h"

/* The tree is at most 2 MiB and may straddle pages. */
#define FDT_PAGES	513u

extern uintptr_t __stack_chk_guard;
void boot_cpu_main(pa_t fdt_pa) __noreturn;

/* Map the tree; its reader checks the header before anything else. */
static __init void find_device_tree(pa_t fdt_pa)
{
	char *va = mmu_map_fixed(pa_to_mfn(fdt_pa), FDT_PAGES, MMU_RO);

	if (!va)
		panic("cannot map the device tree");
	bootinfo.fdt = va + (fdt_pa & (PAGE_SIZE - 1));
	bootinfo.fdt_pa = fdt_pa;
	if (bootinfo_parse(&bootinfo))
		panic("the host's device tree is unusable");
	bootinfo.image = (struct mem_range){ image_pa(_start), (uint64_t)(_end - _start) };
	if (bootinfo_reserve(&bootinfo, bootinfo.image.base, bootinfo.image.size))
		panic("too many reserved ranges");
	domus_find(&bootinfo);
}

/* Stack protector: a value a guest cannot know, from what differs between two starts. */
__attribute__((optimize("no-stack-protector")))
static __init void seed_stack_guard(void)
{
	uint64_t s = read_sysreg(cntpct_el0) ^ bootinfo_seed(&bootinfo);

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	__stack_chk_guard = (uintptr_t)(s & ~0xffUL);
}

/* Not in .init.text, which goes away here. */
static __noinline __noreturn void finish(void)
{
	mmu_unmap_fixed((void *)((uint64_t)bootinfo.fdt & PAGE_MASK), FDT_PAGES);
	bootinfo.fdt = NULL;
	mmu_protect_after_init();
	zone_add(pa_to_mfn(image_pa(__init_begin)),
		 (uint64_t)(__init_end - __init_begin) >> PAGE_SHIFT);
	pr_info("%s; %lu MiB free\n", dom0 ? "dom0 starts" : "no dom0", zone_free_pages() >> 8);
	domus_start(&bootinfo);
	if (dom0 && domain_unpause(dom0))
		panic("dom0 was not paused");
	enter_guest();
}

__attribute__((optimize("no-stack-protector")))
__init void boot_cpu_main(pa_t fdt_pa)
{
	smp_init_boot_cpu();
	mmu_init();
	find_device_tree(fdt_pa);
	seed_stack_guard();
	cmdline_parse(bootinfo.xen_cmdline);
	if (dt_host_parse(bootinfo.fdt, opt.dtuart, &host_info))
		panic("the host's device tree lacks what we need");
	timer_init_boot();
	uart_init(&host_info);
	pr_info("Zazen " PACKAGE_VERSION ", image at 0x%lx\n", image_pa(_start));
	pr_info("command line: %s\n", saved_cmdline);
	host_memory_init(&bootinfo);
	cpu_features_init_boot();
	el2_controls_init();
	if (gic_init_host())
		panic("no usable interrupt controller");
	gic_init_cpu();
	timer_init_cpu();
	el2_controls_check();
	smp_bring_up_others();
	mmu_drop_identity();
	/* Without a kernel for it, and with domains of their own, there is no dom0. */
	if ((bootinfo.kernel.present || !bootinfo.nr_statics) && dom0_build(&bootinfo, &host_info))
		panic("dom0 cannot be built");
	zone_scrub_begin();
	ipi_send_others(IPI_RESCHED);
	domains_alone = domus_build(&bootinfo);
	if (!dom0 && !domains_alone)
		panic("no domain can be built");
	boot_free_modules(&bootinfo);
	console_enable_rx();
	finish();
}
