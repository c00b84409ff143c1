/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices given to a domU: only what dom0 has and does not use, only what was permitted, and all
 * of it dom0's again when the domain is gone.
 */
#include "domctl_world.h"
#include <xen/vgic.h>
#include "../../xen/vgic/vgic.h"

#define DEVICE	0x9000UL	/* frames of a device of dom0's */
#define PLACE	0x10000UL	/* where the guest has it */
#define SPI	45u

/* The usual world, but the domU has shared interrupts. */
static int setup(void **state)
{
	world_setup(state);
	fake_domain_destroy(domu);
	domu = fake_domain_create_spis(2, 32);
	assert_int_equal(domain_unpause(domu), 0);
	return 0;
}

static int64_t permit_mmio(uint64_t first, uint64_t nr, bool allow)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.iomem_permission.first_mfn = first;
	op.u.iomem_permission.nr_mfns = nr;
	op.u.iomem_permission.allow_access = allow;
	return call(XEN_DOMCTL_iomem_permission, domu->id);
}

static int64_t map_mmio(uint64_t g, uint64_t first, uint64_t nr, bool add)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.memory_mapping.first_gfn = g;
	op.u.memory_mapping.first_mfn = first;
	op.u.memory_mapping.nr_mfns = nr;
	op.u.memory_mapping.add_mapping = add;
	return call(XEN_DOMCTL_memory_mapping, domu->id);
}

static int64_t permit_irq(uint32_t intid, bool allow)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.irq_permission.pirq = intid;
	op.u.irq_permission.allow_access = allow;
	return call(XEN_DOMCTL_irq_permission, domu->id);
}

static int64_t bind(uint32_t cmd, uint32_t intid)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.bind_pt_irq.machine_irq = intid;
	op.u.bind_pt_irq.irq_type = PT_IRQ_TYPE_SPI;
	op.u.bind_pt_irq.u.spi.spi = (uint16_t)intid;
	return call(cmd, domu->id);
}

static void give_dom0_a_device(void)
{
	uint64_t f;

	for (f = DEVICE; f < DEVICE + 4; f++)
		assert_int_equal(p2m_map(dom0, gfn(f), mfn(f), 0, P2M_MMIO), 0);
	assert_int_equal(vgic_route_hw_spi(dom0, SPI, SPI, true), 0);
	assert_int_equal(vgic_route_hw_spi(dom0, SPI + 1, SPI + 1, false), 0);
}

static struct vgic_irq *irq_of(struct domain *d)
{
	return vgic_irq_get(d->vgic, NULL, SPI);
}

static void test_memory(void **state)
{
	(void)state;
	give_dom0_a_device();
	assert_int_equal(domu->vcpu[0]->ctxt.extra & CTXT_DEVICE, 0);
	assert_int_equal(map_mmio(PLACE, DOM0_RAM >> PAGE_SHIFT, 1, true), -EPERM);
	/* Memory, other people's memory, and nothing at all are no devices. */
	assert_int_equal(permit_mmio(DOM0_RAM >> PAGE_SHIFT, 1, true), -EPERM);
	assert_int_equal(permit_mmio(DEVICE + 3, 2, true), -EPERM);
	assert_int_equal(permit_mmio(~0UL, 2, true), -EINVAL);
	assert_int_equal(permit_mmio(DEVICE, 0, true), -EINVAL);
	assert_int_equal(permit_mmio(DEVICE, 3, true), 0);
	assert_int_equal(permit_mmio(1, 1, false), 0);
	assert_int_equal(map_mmio(PLACE, DEVICE + 3, 2, true), -EPERM);
	assert_int_equal(map_mmio(PLACE, DEVICE + 1, 2, true), 0);
	assert_int_equal(p2m_lookup(domu, gfn(PLACE + 1)).mfn.v, DEVICE + 2);
	assert_int_equal(p2m_lookup(domu, gfn(PLACE + 1)).kind, P2M_MMIO);
	for_each_vcpu(domu, v)
		assert_int_equal(v->ctxt.extra & CTXT_DEVICE, CTXT_DEVICE);
	assert_int_equal(domu->pause_count, 0);
	/* Only what is asked for goes, and only if it is there. */
	assert_int_equal(map_mmio(PLACE, DEVICE, 1, false), -ENOENT);
	assert_int_equal(map_mmio(PLACE, DEVICE + 1, 1, false), 0);
	assert_int_equal(p2m_lookup(domu, gfn(PLACE)).kind, P2M_HOLE);
	/* A hole that dom0 has made in it: what was mapped before it is undone. */
	assert_int_equal(p2m_unmap(dom0, gfn(DEVICE + 1), 0), 0);
	assert_int_equal(map_mmio(PLACE + 8, DEVICE, 3, true), -EPERM);
	assert_int_equal(p2m_lookup(domu, gfn(PLACE + 8)).kind, P2M_HOLE);
}

static void test_interrupt(void **state)
{
	(void)state;
	give_dom0_a_device();
	assert_int_equal(permit_irq(27, true), -EPERM);
	assert_int_equal(permit_irq(27, false), 0);
	assert_int_equal(permit_irq(SPI, true), 0);
	assert_int_equal(bind(XEN_DOMCTL_bind_pt_irq, SPI + 50), -EINVAL);
	assert_int_equal(bind(XEN_DOMCTL_bind_pt_irq, SPI + 2), -ENOENT);
	/* dom0 uses it. */
	vgic_set_enabled(dom0->vgic, irq_of(dom0), 1);
	assert_int_equal(bind(XEN_DOMCTL_bind_pt_irq, SPI), -EBUSY);
	vgic_set_enabled(dom0->vgic, irq_of(dom0), 0);
	assert_int_equal(bind(XEN_DOMCTL_bind_pt_irq, SPI), 0);
	assert_int_equal(bind(XEN_DOMCTL_bind_pt_irq, SPI), -ENOENT);
	assert_int_equal(irq_of(domu)->pintid, SPI);
	assert_true(irq_of(domu)->edge);
	/* What dom0 does with its own now is no business of the machine's. */
	vgic_set_enabled(dom0->vgic, irq_of(dom0), 1);
	assert_false(fake_irqs[SPI].enabled);
	vgic_set_enabled(dom0->vgic, irq_of(dom0), 0);
	vgic_set_enabled(domu->vgic, irq_of(domu), 1);
	assert_true(fake_irqs[SPI].enabled);
	fake_irqs[SPI].active = true;
	assert_true(vgic_hw_irq(SPI));
	assert_true(irq_of(domu)->phys_active);
	assert_false(irq_of(dom0)->latch);
	assert_int_equal(bind(XEN_DOMCTL_unbind_pt_irq, SPI), -EBUSY);
	irq_of(domu)->phys_active = false;
	assert_int_equal(bind(XEN_DOMCTL_unbind_pt_irq, SPI), 0);
	assert_int_equal(bind(XEN_DOMCTL_unbind_pt_irq, SPI), -ENOENT);
	assert_false(fake_irqs[SPI].enabled);
	assert_false(fake_irqs[SPI].active);
	assert_int_equal(irq_of(dom0)->pintid, SPI);
	assert_int_equal(irq_of(domu)->pintid, 0);
	/* One that dies has none. */
	domu->dying = DOMAIN_DYING;
	assert_int_equal(vgic_move_hw_spi(dom0, domu, SPI), -EBUSY);
	domu->dying = DOMAIN_ALIVE;
	assert_int_equal(irq_of(dom0)->pintid, SPI);
	assert_int_equal(irq_of(domu)->pintid, 0);
	assert_int_equal(domu->vgic->nr_hw_spis, 0);
}

static void test_destroy_returns_all(void **state)
{
	(void)state;
	give_dom0_a_device();
	assert_int_equal(permit_irq(SPI, true), 0);
	assert_int_equal(bind(XEN_DOMCTL_bind_pt_irq, SPI), 0);
	vgic_set_enabled(domu->vgic, irq_of(domu), 1);
	vgic_set_config(domu->vgic, irq_of(domu), 0);
	assert_false(fake_irqs[SPI].edge);
	fake_irqs[SPI].active = true;
	assert_true(vgic_hw_irq(SPI));
	assert_int_equal(permit_mmio(DEVICE, 1, true), 0);
	assert_int_equal(map_mmio(PLACE, DEVICE, 1, true), 0);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, domu->id), 0);
	domu = NULL;
	assert_false(fake_irqs[SPI].enabled);
	assert_false(fake_irqs[SPI].active);
	assert_int_equal(irq_of(dom0)->pintid, SPI);
	assert_true(fake_irqs[SPI].edge);
	vgic_set_enabled(dom0->vgic, irq_of(dom0), 1);
	assert_true(fake_irqs[SPI].enabled);
	assert_true(vgic_hw_irq(SPI));
	assert_true(irq_of(dom0)->phys_active);
	assert_int_equal(p2m_lookup(dom0, gfn(DEVICE)).mfn.v, DEVICE);
}

#define with_spis(fn)	cmocka_unit_test_setup_teardown(fn, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_spis(test_memory),
		with_spis(test_interrupt),
		with_spis(test_destroy_returns_all),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
