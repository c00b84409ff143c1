/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual CPU interface registers (ICH_*) of the running vCPU: one list register at a time
 * for vgic/, and all of it around a switch. ICH_LR<n> cannot be indexed, hence the switches. A
 * GICv2 has the same in its GICH frame.
 */
#include <arch/gicv2_lr.h>
#include "gic_regs.h"
#include "pairs.h"

#define LR_NAME(n, hi, lo)	S3_4_C12_C##hi##_##lo
#define FOR_EACH_LR(op)									\
	op(0, 12, 0) op(1, 12, 1) op(2, 12, 2) op(3, 12, 3) op(4, 12, 4) op(5, 12, 5)	\
	op(6, 12, 6) op(7, 12, 7) op(8, 13, 0) op(9, 13, 1) op(10, 13, 2) op(11, 13, 3)	\
	op(12, 13, 4) op(13, 13, 5) op(14, 13, 6) op(15, 13, 7)

#define READ_LR(n, hi, lo)	case n: return read_sysreg(LR_NAME(n, hi, lo));
#define WRITE_LR(n, hi, lo)	case n: write_sysreg(LR_NAME(n, hi, lo), v); break;

/* ICH_LR<n>_EL2 of this CPU. */
uint64_t gic_lr_read(unsigned int n)
{
	if (gic_is_v2())
		return gicv2_lr_to_v3(rd32(gich + GICH_LR0 + 4 * n));
	switch (n) {
	FOR_EACH_LR(READ_LR)
	}
	return 0;
}

void gic_lr_write(unsigned int n, uint64_t v)
{
	if (gic_is_v2()) {
		wr32(gich + GICH_LR0 + 4 * n, gicv2_lr_from_v3(v));
		return;
	}
	switch (n) {
	FOR_EACH_LR(WRITE_LR)
	}
}

uint32_t gic_elrsr(void)
{
	return gic_is_v2() ? rd32(gich + GICH_ELRSR0) : (uint32_t)read_sysreg(ICH_ELRSR_EL2);
}

void gic_hcr_set(uint32_t hcr)
{
	if (gic_is_v2())
		wr32(gich + GICH_HCR, hcr);
	else
		write_sysreg(ICH_HCR_EL2, hcr);
}

uint32_t gic_eoi_count(void)
{
	uint32_t hcr = gic_is_v2() ? rd32(gich + GICH_HCR) : (uint32_t)read_sysreg(ICH_HCR_EL2);
	uint32_t n = hcr >> ICH_HCR_EOICOUNT_SHIFT;

	if (n)
		gic_hcr_set(hcr & ~(~0u << ICH_HCR_EOICOUNT_SHIFT));
	return n;
}

/*
 * A vCPU leaves: its priority mask, active priorities and list registers, which vgic_sync folded.
 * GICH_VMCR and GICH_APR are kept where the GICv3 keeps its own; nobody else reads them.
 */
void gic_save(struct vgic_hw *c)
{
	if (gic_is_v2()) {
		c->vmcr = rd32(gich + GICH_VMCR);
		c->ap0r[0] = rd32(gich + GICH_APR);
	} else {
		GIC_SAVE_FEW()
		if (gic_info.nr_pri_bits > 5) {
			c->ap1r[1] = read_sysreg(ICH_AP1R1_EL2);
			c->ap0r[1] = read_sysreg(ICH_AP0R1_EL2);
		}
	}
	for (uint32_t i = 0; i < c->nr_used; i++) {
		c->lr[i] = gic_lr_read(i);
		gic_lr_write(i, 0);
	}
	gic_hcr_set(0);
}

void gic_load(const struct vgic_hw *c)
{
	if (gic_is_v2()) {
		wr32(gich + GICH_VMCR, (uint32_t)c->vmcr);
		wr32(gich + GICH_APR, (uint32_t)c->ap0r[0]);
	} else {
		GIC_LOAD_FEW()
		if (gic_info.nr_pri_bits > 5) {
			write_sysreg(ICH_AP1R1_EL2, c->ap1r[1]);
			write_sysreg(ICH_AP0R1_EL2, c->ap0r[1]);
		}
	}
	for (uint32_t i = 0; i < c->nr_used; i++)
		gic_lr_write(i, c->lr[i]);
	gic_hcr_set((uint32_t)c->hcr | ICH_HCR_EN);
}
