/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of gethvmcontext and sethvmcontext share: domu, that is suspended, another domain of
 * its shape that has not run, and the records between them.
 */
#ifndef CONTEXT_WORLD_H
#define CONTEXT_WORLD_H

#include "domctl_world.h"
#include <xen/evtchn.h>
#include <xen/vcpu_state.h>
#include <xen/vdebug.h>
#include <xen/vpmu.h>
#include <public/sched.h>
#include "xen/vgic/vgic.h"

#define NR_SPIS		96u
#define BUFFER_SIZE	(60u * PAGE_SIZE)	/* dom0's memory from buf_va() on */

static struct domain_config shape;
static struct domain *fresh;
static uint8_t records[BUFFER_SIZE];
static uint32_t nr_bytes;

static inline struct domain *make(void)
{
	struct domain *d;

	assert_int_equal(domain_create(0x7FF4, &shape, &d), 0);
	assert_int_equal(domain_create_vcpus(d, shape.max_vcpus), 0);
	d->max_pages = ~0u;
	fake_domain_add_ram(d, gfn(DOMU_RAM >> PAGE_SHIFT), DOMU_PAGES);
	return d;
}

static inline void copy_bytes(bool in, void *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += PAGE_SIZE) {
		uint32_t part = MIN(n - i, (uint32_t)PAGE_SIZE);

		memcpy(in ? guest(buf_va() + i) : (char *)p + i,
		       in ? (char *)p + i : guest(buf_va() + i), part);
	}
}

/* Into records[] and nr_bytes. */
static inline int64_t get_sized(struct domain *d, uint32_t size)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.hvmcontext.buffer.p = buf_va();
	op.u.hvmcontext.size = size;
	int64_t rc = call(XEN_DOMCTL_gethvmcontext, d->id);
	if (!rc) {
		nr_bytes = op.u.hvmcontext.size;
		copy_bytes(false, records, nr_bytes);
	}
	return rc;
}

static inline int64_t get_records(struct domain *d) { return get_sized(d, BUFFER_SIZE); }

static inline int64_t set_bytes(struct domain *d, const void *bytes, uint32_t n)
{
	copy_bytes(true, (void *)(uintptr_t)bytes, n);
	memset(&op.u, 0, sizeof(op.u));
	op.u.hvmcontext.buffer.p = buf_va();
	op.u.hvmcontext.size = n;
	return call(XEN_DOMCTL_sethvmcontext, d->id);
}

static inline int64_t set_records(struct domain *d) { return set_bytes(d, records, nr_bytes); }

/* Where record (type, instance) begins in records[], its nth; ends the test when there is none. */
static inline struct hvm_save_descriptor *find(uint16_t type, uint16_t instance, unsigned int nth)
{
	for (uint32_t at = 0; at < nr_bytes;) {
		struct hvm_save_descriptor *h = (void *)(records + at);

		if (h->typecode == type && h->instance == instance && nth-- == 0)
			return h;
		at += (uint32_t)sizeof(*h) + h->length;
	}
	fail();
	return NULL;
}

static inline void *contents(uint16_t type, uint16_t instance)
{
	return find(type, instance, 0) + 1;
}

static inline struct zazen_save_reg *find_reg(uint16_t vcpu, uint64_t id)
{
	for (unsigned int nth = 0; nth < 100; nth++) {
		struct hvm_save_descriptor *h = find(ZAZEN_SAVE_REGS, vcpu, nth);
		struct zazen_save_reg *r = (void *)(h + 1);

		for (uint32_t i = 0; i < h->length / sizeof(*r); i++)
			if (r[i].id == id)
				return &r[i];
	}
	return NULL;
}

static inline struct vgic_irq *irq_of(struct domain *d, unsigned int vcpu, uint32_t intid)
{
	return vgic_irq_get(d->vgic, d->vcpu[vcpu], intid);
}

/* fake_start() comes first. */
static inline int make_shape(uint32_t vcpus, uint32_t spis, uint8_t gic_version)
{
	shape = (struct domain_config){
		.max_vcpus = vcpus, .max_evtchn_port = 1023, .max_grant_frames = 4,
		.max_maptrack_frames = 4, .nr_spis = spis, .gic_version = gic_version,
		.vpmu = host_info.pmu_ppi,
	};
	domu = make();
	fresh = make();
	run_as(dom0, 0);
	for_each_vcpu(domu, v)
		vcpu_reset(v, 0x40000000, v->id);
	assert_int_equal(domain_unpause(domu), 0);
	domain_shutdown(domu, SHUTDOWN_suspend);
	return 0;
}

static inline int make_both(uint32_t vcpus, uint32_t spis)
{
	fake_start();
	return make_shape(vcpus, spis, 3);
}

static inline int context_setup(void **state)
{
	(void)state;
	return make_both(2, NR_SPIS);
}

static inline int context_teardown(void **state)
{
	if (fresh)
		fake_domain_destroy(fresh);
	fresh = NULL;
	return world_teardown(state);
}

#define context_test(fn) cmocka_unit_test_setup_teardown(fn, context_setup, context_teardown)

#endif
