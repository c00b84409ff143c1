/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the hypercall tests share: a dom0 and a domU with some RAM, arguments in guest memory,
 * and calls made as the vectors make them, executed again while they ask for it.
 */
#ifndef HCALL_WORLD_H
#define HCALL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/p2m.h>
#include <xen/page.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <public/xen.h>
#include "fake.h"

#define DOM0_RAM	0x43000000UL	/* 1:1, inside the fake machine's memory */
#define DOM0_PAGES	64u
#define DOMU_RAM	0x50000000UL
#define DOMU_PAGES	16u
#define NOWHERE		0x7000000000UL	/* a guest address without memory */

static struct domain *domu;
static unsigned int restarts;		/* how often the last call was executed again */
static void (*on_restart)(void);	/* called before it is */

/* Where a caller keeps its arguments: its first page; buffers go into the second and later. */
static inline uint64_t arg_va(void)
{
	return this_vcpu()->domain->is_privileged ? DOM0_RAM : DOMU_RAM;
}

static inline uint64_t buf_va(void) { return arg_va() + PAGE_SIZE; }

static inline void *guest(uint64_t va)
{
	void *p = fake_guest_ptr(this_vcpu()->domain, va);

	assert_non_null(p);
	return p;
}

static inline void run_as(struct domain *d, unsigned int vcpu)
{
	fake_set_current(d->vcpu[vcpu]);
}

static inline int64_t hcall5(unsigned int nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
			     uint64_t a4)
{
	struct vcpu *v = this_vcpu();

	for (restarts = 0;; restarts++) {
		int64_t ret = hypercall_table[nr](a0, a1, a2, a3, a4);

		assert_true(map_window_empty());
		assert_true(lock_rank_none_held());
		assert_false(v->hcall.in_multicall);
		if (!(this_cpu()->work & WORK_RESTART)) {
			assert_int_not_equal(ret, -ERESTART);
			return ret;
		}
		this_cpu()->work &= ~(uint32_t)WORK_RESTART;
		v->hcall.restart = false;
		a0 = v->hcall.args[0];
		a1 = v->hcall.args[1];
		a2 = v->hcall.args[2];
		a3 = v->hcall.args[3];
		a4 = v->hcall.args[4];
		assert_true(restarts < 100000);
		if (on_restart)
			on_restart();
	}
}

#define hcall(nr, a0, a1, a2)	hcall5(__HYPERVISOR_##nr, (a0), (a1), (a2), 0, 0)

/* Copy an argument struct into the caller's memory, call, copy it back. */
static inline int64_t hcall_arg(unsigned int nr, uint64_t cmd, void *arg, size_t size)
{
	int64_t ret;

	memcpy(guest(arg_va()), arg, size);
	ret = hcall5(nr, cmd, arg_va(), 0, 0, 0);
	memcpy(arg, guest(arg_va()), size);
	return ret;
}

static inline void make_dom0(void)
{
	fake_start();
	fake_dom0_create(2);
	fake_domain_add_ram(dom0, gfn(DOM0_RAM >> PAGE_SHIFT), DOM0_PAGES);
	dom0->max_pages = dom0->tot_pages;
}

/* Once for a program: dom0 cannot be destroyed. */
static inline int world_once(void **state)
{
	(void)state;
	opt.gnttab_max_frames = 64;
	opt.gnttab_max_maptrack_frames = 1024;
	make_dom0();
	return 0;
}

/* Before each test: a domU, and dom0's first vCPU calls. */
static inline int world_setup(void **state)
{
	(void)state;
	fake_start();
	domu = fake_domain_create(2);
	fake_domain_add_ram(domu, gfn(DOMU_RAM >> PAGE_SHIFT), DOMU_PAGES);
	assert_int_equal(domain_unpause(domu), 0);
	run_as(dom0, 0);
	memset(guest(arg_va()), 0, PAGE_SIZE);
	return 0;
}

static inline int world_teardown(void **state)
{
	(void)state;
	fake_set_current(NULL);
	fake_va_fault_clear();
	fake_fail_alloc(0);
	fake_irq_pending = false;
	on_restart = NULL;
	if (domu)
		fake_domain_destroy(domu);
	domu = NULL;
	return 0;
}

#define world_test(fn)	cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

#endif
