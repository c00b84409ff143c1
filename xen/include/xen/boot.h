/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What start-up knows about the host, and the steps that use it (boot/). The host's
 * device tree is mapped read-only at EL2 while start-up lasts and is read through libfdt only.
 */
#pragma once

#include <xen/percpu.h>

#define BOOT_MAX_BANKS	64u
#define BOOT_MAX_RESERVED 64u
#define BOOT_CMDLINE	1024u

struct mem_range { pa_t base; uint64_t size; };
struct boot_module { pa_t base; uint64_t size; bool present; };	/* all 0: not present */

#define BOOT_MAX_STATICS 16u
/* A domain that the host's tree describes; strings are the tree's. */
struct static_domain {
	const char *name, *bootargs;	/* its node; its kernel's command line, NULL none */
	uint64_t memory;		/* bytes */
	uint32_t cpus, nr_spis;
	bool vpl011, enhanced;
	struct boot_module kernel, ramdisk;
};

struct bootinfo {
	const void *fdt;		/* mapped host tree */
	pa_t fdt_pa;
	uint32_t fdt_size;
	struct mem_range banks[BOOT_MAX_BANKS];		/* RAM, sorted, merged */
	uint32_t nr_banks;
	/* /memreserve/, /reserved-memory, image, fdt, modules */
	struct mem_range reserved[BOOT_MAX_RESERVED];
	uint32_t nr_reserved;
	uint32_t nr_firmware;	/* reserved[1 .. nr_firmware - 1]: the first two of these */
	struct boot_module kernel, ramdisk;		/* dom0's */
	struct static_domain statics[BOOT_MAX_STATICS];
	uint32_t nr_statics;
	struct mem_range image;				/* the hypervisor itself */
	char xen_cmdline[BOOT_CMDLINE];
	char dom0_cmdline[BOOT_CMDLINE];
};
extern struct bootinfo bootinfo;

#define GIC_PRIVATE_SPAN	0x20000UL	/* of a guest's CPU in a GICv3: RD and SGI frame */

struct host_irq { uint32_t intid; bool edge; };
struct uart_driver;
struct host_uart {
	pa_t base; const struct uart_driver *driver;	/* NULL: no console UART */
	uint8_t reg_shift, io_width;
};
struct host_info {
	uint32_t nr_cpus;				/* at most MAX_CPUS; the boot CPU first */
	uint64_t cpu_mpidr[MAX_CPUS];
	pa_t cpu_release[MAX_CPUS];			/* where a spin-table CPU looks; 0: PSCI */
	char cpu_compatible[64];
	uint32_t cpu_clock_frequency;			/* 0 unknown */
	bool psci, psci_smc;				/* there is one; method = "smc" */
	uint8_t gic_version;				/* 2 or 3 */
	int gic_node; uint32_t gic_phandle;
	pa_t gicd_base; uint64_t gicd_size;
	/* GICv2; a GICv3 that can show guests a GICv2 has them too. Size 0: not there. */
	struct mem_range gicc, gich, gicv;
	struct mem_range gicr[16];
	uint32_t nr_gicr; uint64_t gicr_stride;		/* stride 0: architectural */
	uint32_t maintenance_ppi;			/* INTIDs */
	uint32_t pmu_ppi;				/* overflow of the CPU's own; 0 none */
	union {
		struct { uint32_t timer_ppi_sec, timer_ppi_phys, timer_ppi_virt, timer_ppi_hyp; };
		uint32_t timer_ppis[4];
	};
	uint32_t timer_clock_frequency;			/* 0: CNTFRQ_EL0 */
	struct host_uart uart;
	struct host_irq uart_irq; int uart_node;	/* INTID 0, node offset -1: none */
};
extern struct host_info host_info;

/*
 * Where the two 4 KiB pages of a GICC or GICV frame are next to each other. In a frame of 128 KiB
 * each of them fills 64 KiB with copies of itself, for hosts with large pages.
 */
static inline pa_t gicv2_first_page(const struct mem_range *r)
{
	return r->base + (r->size >= 0x20000 ? 0xf000 : 0);
}

/*
 * boot/bootinfo.c: banks, reservations, modules, command lines from the tree. -EINVAL with a line
 * printed.
 */
int bootinfo_parse(struct bootinfo *bi) __must_check;
/*
 * Add a range that is not free RAM (the image, what start-up took). Panics never; too many are
 * refused with -ENOSPC.
 */
int bootinfo_reserve(struct bootinfo *bi, pa_t base, uint64_t size);
/* 64 bits of /chosen's rng-seed or kaslr-seed, 0 when there is none. */
uint64_t bootinfo_seed(const struct bootinfo *bi);
/* arm64/host_memory.c: frame table and free pages from what bootinfo says. */
void host_memory_init(struct bootinfo *bi);
/* boot/dt_host.c */
int dt_host_parse(const void *fdt, const char *dtuart, struct host_info *h) __must_check;
/* boot/dt_uart.c: the console's UART and its interrupt. */
void dt_uart_parse(const void *fdt, const char *dtuart, struct host_info *h);
/* Free RAM = banks less reservations: call fn for each piece, page-aligned inwards. */
void bootinfo_for_each_free(const struct bootinfo *bi,
			    void (*fn)(pa_t base, uint64_t size, void *arg), void *arg);

/*
 * boot/dom0_build.c: make dom0 and leave it ready to run (vCPU 0 has its context; not yet
 * unpaused).
 */
int dom0_build(const struct bootinfo *bi, const struct host_info *h) __must_check;

/* boot/domu_dt.c: find the static domains; boot/domu_build.c: make them, let them run. */
void domus_find(struct bootinfo *bi);
uint32_t domus_build(const struct bootinfo *bi);
void domus_start(const struct bootinfo *bi);
/* boot/boot_module.c: give the modules' memory to the allocator. */
void boot_free_modules(const struct bootinfo *bi);

/* boot/dom0_mem.c, dom0_dt.c: pieces, tested on the host */
struct dom0_plan {
	struct mem_range bank[8]; uint32_t nr_banks;	/* 1:1 */
	ipa_t kernel, dtb, initrd; uint64_t initrd_size;
	struct mem_range window[2];	/* for grants; addresses of no memory, or size 0 */
	uint32_t event_ppi;
	uint32_t nr_vcpus;
	bool vpmu;
};
/* Where kernel, device tree and ramdisk go in the banks (pure). -ENOMEM when they do not fit. */
int dom0_place(struct dom0_plan *p, uint64_t text_offset, uint64_t image_size, uint64_t dtb_size,
	       uint64_t initrd_size) __must_check;
/*
 * Write dom0's tree into buf; calls map/route for each device region and interrupt it gives to
 * dom0, and devices_done after the last, before it tells of the plan's windows. Returns size or
 * -errno.
 */
struct dom0_dt_sink {
	int (*map_mmio)(void *arg, pa_t base, uint64_t size);
	int (*route_irq)(void *arg, uint32_t intid, bool edge);
	void (*devices_done)(void *arg);
	void *arg;
};
int dom0_dt_make(const void *host_fdt, const struct host_info *h, const struct dom0_plan *p,
		 const char *bootargs, const struct dom0_dt_sink *sink, void *buf,
		 size_t size) __must_check;
