/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both versions of the GIC behind one set of functions. */
#include "gic.h"

#define GICC_CTLR 0x0
#define GICC_PMR 0x4
#define GICC_BPR 0x8
#define GICC_IAR 0xc
#define GICC_EOIR 0x10
#define GICC_RPR 0x14
#define GICC_ACKCTL (1u << 2)	/* IAR and EOIR serve both groups */
#define GICC_DIR 0x1000

unsigned int version, main_group;
uint64_t gicd, gicr, gicc;

static unsigned int this_cpu(void)
{
	return mrs(mpidr_el1) & 0xf;
}

uint64_t frame_of(unsigned int intid, unsigned int cpu)
{
	return version == 3 && intid < 32 ? gicr + cpu * 0x20000 + 0x10000 : gicd;
}

bool irq_bit(uint32_t at, unsigned int intid)
{
	return *reg(frame_of(intid, this_cpu()), at + intid / 32 * 4) >> (intid % 32) & 1;
}

/* Write a 1 to its bit of a register of that kind. */
void set_irq_bit(uint32_t at, unsigned int intid)
{
	*reg(frame_of(intid, this_cpu()), at + intid / 32 * 4) = 1u << (intid % 32);
}

void set_group(unsigned int intid, unsigned int group)
{
	volatile uint32_t *r = reg(frame_of(intid, this_cpu()), IGROUPR + intid / 32 * 4);

	*r = (*r & ~(1u << (intid % 32))) | group << (intid % 32);
}

void set_priority(unsigned int intid, unsigned int priority)
{
	*(volatile uint8_t *)(frame_of(intid, this_cpu()) + IPRIORITYR + intid) =
		(uint8_t)priority;
}

void set_edge(unsigned int intid, bool edge)
{
	volatile uint32_t *r = reg(frame_of(intid, this_cpu()), ICFGR + intid / 16 * 4);
	uint32_t bit = 2u << (intid % 16 * 2);

	*r = edge ? *r | bit : *r & ~bit;
}

void set_target(unsigned int intid, unsigned int cpu)
{
	if (version == 3)
		*(volatile uint64_t *)(gicd + IROUTER + intid * 8) = cpu;
	else
		*(volatile uint8_t *)(gicd + ITARGETSR + intid) = (uint8_t)(1u << cpu);
}

void enable(unsigned int intid)
{
	set_irq_bit(ISENABLER, intid);
}

void forget(unsigned int intid)
{
	set_irq_bit(ICENABLER, intid);
	set_irq_bit(ICPENDR, intid);
	set_irq_bit(ICACTIVER, intid);
	set_group(intid, main_group);
	set_priority(intid, 0xa0);
	if (intid >= 32) {
		set_edge(intid, true);
		set_target(intid, 0);
	}
}

void set_pmr(unsigned int pmr)
{
	if (version == 3)
		msr(s3_0_c4_c6_0, pmr);
	else
		*reg(gicc, GICC_PMR) = pmr;
	isb();
}

void set_eoi_mode(bool split)
{
	if (version == 3) {
		msr(s3_0_c12_c12_4, split ? 2 : 0);
		isb();
	} else {
		*reg(gicc, GICC_CTLR) = (*reg(gicc, GICC_CTLR) & ~(1u << 9)) | (uint32_t)split << 9;
	}
}

void enable_groups(bool group0, bool group1)
{
	if (version == 3) {
		msr(s3_0_c12_c12_6, group0);
		msr(s3_0_c12_c12_7, group1);
		isb();
	} else {
		*reg(gicc, GICC_CTLR) =
			(*reg(gicc, GICC_CTLR) & ~3u) | (uint32_t)group0 | (uint32_t)group1 << 1 |
			GICC_ACKCTL;
	}
}

void iface_init(void)
{
	if (version == 3) {
		*reg(gicr + this_cpu() * 0x20000, 0x14) = 0;	/* WAKER */
		msr(s3_0_c12_c12_5, 7);				/* ICC_SRE_EL1 */
		isb();
		msr(s3_0_c12_c12_3, 0);				/* ICC_BPR1_EL1 */
		msr(s3_0_c12_c8_3, 0);				/* ICC_BPR0_EL1 */
	} else {
		*reg(gicc, GICC_BPR) = 0;
	}
	set_pmr(0xf0);
	set_eoi_mode(false);
	enable_groups(main_group == 0, main_group == 1);
	for (unsigned int i = 0; i < 32; i++)
		forget(i);
}

unsigned int running_priority(void)
{
	return version == 3 ? (unsigned int)mrs(s3_0_c12_c11_3) : *reg(gicc, GICC_RPR);
}

uint32_t take_group(unsigned int group)
{
	uint32_t iar;

	if (version == 3)
		iar = (uint32_t)(group ? mrs(s3_0_c12_c12_0) : mrs(s3_0_c12_c8_0));
	else
		iar = *reg(gicc, GICC_IAR);
	asm volatile("dsb sy" : : : "memory");
	return iar;
}

uint32_t take(void)
{
	return take_group(main_group);
}

void end_group(unsigned int group, uint32_t iar)
{
	if (version == 2)
		*reg(gicc, GICC_EOIR) = iar;
	else if (group)
		msr(s3_0_c12_c12_1, iar);
	else
		msr(s3_0_c12_c8_1, iar);
	isb();
}

void end(uint32_t iar)
{
	end_group(main_group, iar);
}

void deactivate(uint32_t iar)
{
	if (version == 3)
		msr(s3_0_c12_c11_1, iar);
	else
		*reg(gicc, GICC_DIR) = iar;
	isb();
}

void delay_us(uint64_t us)
{
	uint64_t until = mrs(cntvct_el0) + us * mrs(cntfrq_el0) / 1000000;

	while (mrs(cntvct_el0) < until)
		asm volatile("yield");
}

/* Take what comes within so many milliseconds. */
uint32_t wait_take(unsigned int ms)
{
	uint64_t until = mrs(cntvct_el0) + ms * mrs(cntfrq_el0) / 1000;
	uint32_t iar;

	do {
		iar = take();
		if ((iar & 0x3ff) < SPURIOUS)
			return iar;
		asm volatile("yield");
	} while (mrs(cntvct_el0) < until);
	return iar;
}

/* To CPUs 0 to 15 by mask. */
void send_sgi(unsigned int intid, uint32_t targets)
{
	if (version == 3)
		msr(s3_0_c12_c11_5, (uint64_t)intid << 24 | targets);
	else
		*reg(gicd, SGIR) = targets << 16 | intid;
	isb();
}

void send_sgi_others(unsigned int intid)
{
	if (version == 3)
		msr(s3_0_c12_c11_5, 1ul << 40 | (uint64_t)intid << 24);
	else
		*reg(gicd, SGIR) = 1u << 24 | intid;
	isb();
}
