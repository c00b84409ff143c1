/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of the vGIC tests: dom0 with three vCPUs and 64 SPIs, vCPU 0 current on CPU 0. The
 * test is the guest: it writes registers through the MMIO space, and acknowledges and ends
 * interrupts in the fake list registers as the virtual CPU interface does.
 */
#ifndef TESTS_VGIC_WORLD_H
#define TESTS_VGIC_WORLD_H

#include <xen/page.h>
#include <xen/vgic/vgic_switch.h>
#include "fake/fake.h"

#define GICD	0x08000000UL
#define GICR	0x080a0000UL
#define STRIDE	0x20000UL

static struct domain *d;
static struct vcpu *v0, *v1;

/* ---- moving vCPUs ---- */

static inline void put(struct vcpu *v)
{
	vcpu_ctxt_save(v);
	vgic_put_cpu(v);
	this_cpu()->el1_owner = NULL;
	fake_set_current(NULL);
}

static inline void load(struct vcpu *v)
{
	fake_set_current(v);
	vgic_load_cpu(this_cpu(), v);
	vcpu_ctxt_load(v);
}

static inline void run_on(struct vcpu *v, unsigned int cpu)
{
	fake_cpu_enter(cpu);
	load(v);
	v->flags = 0;
	cpus[cpu]->work = 0;
}

/* ---- registers ---- */

static inline enum mmio_result mmio(ipa_t ipa, unsigned int size, bool write, uint64_t *data)
{
	struct mmio_access a = { .ipa = ipa, .size = (uint8_t)size, .write = write };
	struct vcpu *v = this_cpu()->current ? this_cpu()->current : v0;
	unsigned int here = this_cpu()->id, turns = 0;
	enum mmio_result r;

	for (;;) {
		a.data = *data;
		r = mmio_dispatch(v, &a);
		if (r != MMIO_AGAIN)
			break;
		/* The instruction is executed again, when the other CPUs have been asked. */
		assert_true(turns++ < 100);
		for (unsigned int i = 0; i < nr_cpus; i++) {
			fake_cpu_enter(i);
			if (cpus[i]->current && i != here)
				vgic_flush(cpus[i]->current);
		}
		fake_cpu_enter(here);
	}
	*data = a.data;
	return r;
}

static inline void mmio_write(ipa_t ipa, unsigned int size, uint64_t data)
{
	assert_int_equal(mmio(ipa, size, true, &data), MMIO_DONE);
}

static inline uint64_t mmio_read(ipa_t ipa, unsigned int size)
{
	uint64_t data = 0xdeadbeefdeadbeef;

	assert_int_equal(mmio(ipa, size, false, &data), MMIO_DONE);
	return data;
}

static inline void gicd_write(uint32_t off, uint32_t val) { mmio_write(GICD + off, 4, val); }
static inline uint32_t gicd_read(uint32_t off) { return (uint32_t)mmio_read(GICD + off, 4); }
static inline void gicr_write(unsigned int n, uint32_t off, uint32_t val)
{
	mmio_write(GICR + n * STRIDE + off, 4, val);
}
static inline void gicr_write_byte(unsigned int n, uint32_t off, uint8_t val)
{
	mmio_write(GICR + n * STRIDE + off, 1, val);
}
static inline uint32_t gicr_read(unsigned int n, uint32_t off)
{
	return (uint32_t)mmio_read(GICR + n * STRIDE + off, 4);
}

static inline void enable(struct vcpu *v, unsigned int intid)
{
	gicr_write(v->id, 0x10100, 1u << intid);
}
static inline void disable(struct vcpu *v, unsigned int intid)
{
	gicr_write(v->id, 0x10180, 1u << intid);
}
static inline void spi_enable(unsigned int intid)
{
	gicd_write(0x100 + intid / 32 * 4, 1u << intid % 32);
}
/* An edge of an SPI that is tied to no physical one. */
static inline void spi_pulse(unsigned int intid)
{
	gicd_write(0x200 + intid / 32 * 4, 1u << intid % 32);
}
static inline struct vgic_irq *spi(unsigned int intid) { return &d->vgic->spi[intid - 32]; }

/* ---- the virtual CPU interface of a CPU ---- */

static inline uint64_t lr_of(unsigned int cpu, unsigned int intid)
{
	for (unsigned int n = 0; n < gic_info.nr_lrs; n++)
		if ((fake_lr[cpu][n] & LR_VINTID_MASK) == intid &&
		    (fake_lr[cpu][n] & (LR_STATE_PENDING | LR_STATE_ACTIVE)))
			return fake_lr[cpu][n];
	return 0;
}

static inline unsigned int nr_valid_lrs(unsigned int cpu)
{
	unsigned int nr = 0;

	for (unsigned int n = 0; n < gic_info.nr_lrs; n++)
		nr += (fake_lr[cpu][n] & (LR_STATE_PENDING | LR_STATE_ACTIVE)) != 0;
	return nr;
}

/* The most urgent pending one of a group becomes active: INTID and source. -1: spurious. */
static inline int guest_iar(unsigned int cpu, bool group1)
{
	uint64_t *best = NULL;

	for (unsigned int n = 0; n < gic_info.nr_lrs; n++) {
		uint64_t *lr = &fake_lr[cpu][n];

		if ((*lr & (LR_STATE_PENDING | LR_STATE_ACTIVE)) != LR_STATE_PENDING ||
		    !(*lr & LR_GROUP1) != !group1)
			continue;
		if (!best ||
		    (*lr >> LR_PRIORITY_SHIFT & 0xff) < (*best >> LR_PRIORITY_SHIFT & 0xff))
			best = lr;
	}
	if (!best)
		return -1;
	*best ^= LR_STATE_PENDING | LR_STATE_ACTIVE;
	return (int)(*best & 0x1fff);
}

/* ICC_IAR1_EL1. */
static inline int guest_ack(unsigned int cpu)
{
	return guest_iar(cpu, true);
}

/* ICC_EOIR1_EL1 with deactivation; a tied physical interrupt is deactivated with it. */
static inline void guest_end(unsigned int cpu, unsigned int intid)
{
	for (unsigned int n = 0; n < gic_info.nr_lrs; n++) {
		uint64_t *lr = &fake_lr[cpu][n];

		if ((*lr & LR_VINTID_MASK) != intid || !(*lr & LR_STATE_ACTIVE))
			continue;
		*lr &= ~LR_STATE_ACTIVE;
		if (*lr & LR_HW)
			fake_irqs[*lr >> LR_PINTID_SHIFT & 0x3ff].active = false;
		return;
	}
	/* In no list register: only counted. */
	if (!(fake_ich_hcr[cpu] & ICH_HCR_LRENPIE))
		fail_msg("INTID %u is not active on CPU %u", intid, cpu);
	fake_eoi_count[cpu]++;
}

/* Would the maintenance interrupt be up, by ICH_HCR_EL2 and the EOI bits? */
static inline bool maintenance_is_up(unsigned int cpu)
{
	unsigned int pending = 0;

	for (unsigned int n = 0; n < gic_info.nr_lrs; n++) {
		uint64_t lr = fake_lr[cpu][n];

		/* "No pending" is about those that are pending and nothing else. */
		pending += (lr & (LR_STATE_PENDING | LR_STATE_ACTIVE)) == LR_STATE_PENDING;
		if (!(lr & (LR_STATE_PENDING | LR_STATE_ACTIVE | LR_HW)) && (lr & LR_EOI))
			return true;
	}
	return ((fake_ich_hcr[cpu] & ICH_HCR_LRENPIE) && fake_eoi_count[cpu]) ||
	       ((fake_ich_hcr[cpu] & ICH_HCR_NPIE) && pending == 0) ||
	       ((fake_ich_hcr[cpu] & ICH_HCR_UIE) && nr_valid_lrs(cpu) <= 1);
}

static inline int set_up_with(unsigned int version, unsigned int nr_vcpus)
{
	static const struct vgic_layout layout = {
		.gicd_base = GICD, .gicr_base = GICR, .gicr_stride = STRIDE, .nr_redists = 123,
		.gicc = { 0x08100000, 0x2000 },
	};
	struct domain_config cfg = {
		.max_vcpus = nr_vcpus, .nr_spis = 64, .gic_version = (uint8_t)version,
		.is_privileged = true
	};

	fake_start();
	gic_info.version = (uint8_t)version;
	host_info.gicv = (struct mem_range){ 0x08200000, 0x2000 };
	assert_int_equal(domain_create(DOMID_NOBODY, &cfg, &d), 0);
	assert_int_equal(vgic_set_layout(d, &layout), 0);
	assert_int_equal(domain_create_vcpus(d, nr_vcpus), 0);
	v0 = d->vcpu[0];
	v1 = nr_vcpus > 1 ? d->vcpu[1] : NULL;
	run_on(v0, 0);
	gicd_write(0, version == 2 ? 1 : 2);
	fake_log_clear();
	return 0;
}

static inline int set_up(void **state)
{
	(void)state;
	return set_up_with(3, 3);
}

static inline int tear_down(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		fake_cpu_enter(i);
		cpus[i]->current = cpus[i]->el1_owner = NULL;
	}
	fake_cpu_enter(0);
	fake_domain_destroy(d);
	return 0;
}

#endif
