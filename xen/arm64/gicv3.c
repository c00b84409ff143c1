/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start-up of the physical GICv3: distributor, redistributors, CPU interface. All interrupts are
 * group 1, one priority. EOI mode 1: dropping the priority and deactivating are apart, so that a
 * guest can finish a hardware interrupt itself. Register names and offsets: GIC architecture
 * specification, chapter 12. And what a GICv2 guest needs here.
 */
#include "gic_regs.h"
#include "machine.h"

#define GICR_TYPER		0x0008
#define GICR_WAKER		0x0014
#define GICR_WAKER_SLEEP	BIT(1)
#define GICR_WAKER_ASLEEP	BIT(2)
#define GICR_TYPER_VLPIS	BIT(1)
#define GICR_TYPER_LAST		BIT(4)
#define GICR_SGI_FRAME		0x10000
#define GICR_FRAME_SIZE		0x20000		/* twice that with VLPIS (GICv4) */

#define ICC_CTLR_EOIMODE	BIT(1)
#define ICC_SRE_SRE		BIT(0)
#define ICC_SRE_DFB_DIB		(BIT(1) | BIT(2))

static volatile char *gicr[MAX_CPUS];	/* RD frame of each CPU; the SGI frame follows */

volatile char *gicv3_private_frame(void)
{
	return gicr[this_cpu()->id] + GICR_SGI_FRAME;
}

/* Map the redistributors of one region that belong to CPUs of ours. -ENOMEM. */
static __init int map_redistributors(const struct mem_range *reg)
{
	const unsigned int nr = GICR_FRAME_SIZE / PAGE_SIZE;
	uint64_t off = 0, typer = 0;
	uint32_t i;

	while (off + GICR_FRAME_SIZE <= reg->size && !(typer & GICR_TYPER_LAST)) {
		volatile char *rd = mmu_map_fixed(pa_to_mfn(reg->base + off), nr, MMU_DEVICE);

		if (!rd)
			return -ENOMEM;
		typer = *(volatile uint64_t *)(rd + GICR_TYPER);
		for (i = 0; i < host_info.nr_cpus; i++)
			if (mpidr_affinity(host_info.cpu_mpidr[i]) ==
			    ((typer >> 32 & 0xffffff) | (typer >> 56 << 32)))
				break;
		if (i < host_info.nr_cpus)
			gicr[i] = rd;
		else
			mmu_unmap_fixed((void *)(uintptr_t)rd, nr);
		off += host_info.gicr_stride ? host_info.gicr_stride :
		       typer & GICR_TYPER_VLPIS ? 2 * GICR_FRAME_SIZE : GICR_FRAME_SIZE;
	}
	return 0;
}

__init int gicv3_map(void)
{
	for (uint32_t i = 0; i < host_info.nr_gicr; i++)
		if (map_redistributors(&host_info.gicr[i]))
			return -ENOMEM;
	return gicr[0] ? 0 : -ENODEV;
}

/* What the next guest has: system registers, or a GICv2's frames (GICC is GICV). */
static void set_sre(bool on)
{
	write_sysreg(ICC_SRE_EL1, on ? ICC_SRE_SRE | ICC_SRE_DFB_DIB : 0);
	isb();
}

void gicv2_guest_save(struct vcpu *v __unused) { set_sre(true); }
void gicv2_guest_load(struct vcpu *v __unused) { set_sre(false); }

/* Each CPU: wake its redistributor, take SGIs and PPIs, switch the CPU interface on. */
uint32_t gicv3_init_cpu(void)
{
	volatile char *rd = gicr[this_cpu()->id];

	if (!rd)
		panic("CPU%u has no GIC redistributor", this_cpu()->id);
	wr32(rd + GICR_WAKER, (uint32_t)(rd32(rd + GICR_WAKER) & ~GICR_WAKER_SLEEP));
	while (rd32(rd + GICR_WAKER) & GICR_WAKER_ASLEEP)
		cpu_relax();
	gic_reset_irqs(0, GIC_NR_PRIVATE);
	write_sysreg(ICC_SRE_EL2, ICC_SRE_EL2_VALUE);
	isb();
	/* Is the memory-mapped interface there for guests: the bit can be cleared? */
	set_sre(false);
	if (!this_cpu()->rq)
		gic_info.has_v2_guests = host_info.gicv.size &&
					 !(read_sysreg(ICC_SRE_EL1) & ICC_SRE_SRE);
	set_sre(true);
	write_sysreg(ICC_PMR_EL1, 0xff);
	write_sysreg(ICC_BPR1_EL1, 0);
	write_sysreg(ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
	write_sysreg(ICC_IGRPEN1_EL1, 1);
	return (uint32_t)read_sysreg(ICH_VTR_EL2);
}
