/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl on a domain that exists: pauses and registers, followed through the restarts of calls
 * that wait for it to leave its CPUs; affinity, shares, devices.
 */
#include "domctl_world.h"
#include <xen/id_regs.h>

/* ---- pausing what runs ---- */

static unsigned int leave_after;

/* The other CPU puts its vCPU aside after some turns. */
static void other_cpu_leaves(void)
{
	if (leave_after && --leave_after == 0) {
		fake_cpu_enter(1);
		fake_set_current(NULL);
		fake_cpu_enter(0);
	}
}

static void domu_runs_on_cpu1(unsigned int turns)
{
	leave_after = turns;
	on_restart = other_cpu_leaves;
	fake_cpu_enter(1);
	run_as(domu, 0);
	fake_cpu_enter(0);
}

static void test_pause_waits(void **state)
{
	(void)state;
	vcpu_clear_flag(domu->vcpu[0], VPF_DOWN);
	domu_runs_on_cpu1(5);
	assert_int_equal(call(XEN_DOMCTL_pausedomain, domu->id), 0);
	assert_int_equal(restarts, 5);
	/* Counted once, however often it was executed. */
	assert_int_equal(domu->pause_count, 1);
	for (unsigned int i = 1; i < 255; i++)
		assert_int_equal(call(XEN_DOMCTL_pausedomain, domu->id), 0);
	assert_int_equal(call(XEN_DOMCTL_pausedomain, domu->id), -EOVERFLOW);
	for (unsigned int i = 0; i < 255; i++)
		assert_int_equal(call(XEN_DOMCTL_unpausedomain, domu->id), 0);
	domu_runs_on_cpu1(3);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, domu->id), 0);
	assert_int_equal(restarts, 3);
	assert_int_equal(domain_is_dying(domu), true);
	domain_put(domu);	/* the test's own reference */
	domu = NULL;
}

static void test_context_waits(void **state)
{
	struct vcpu_guest_context c;

	(void)state;
	fill_context(&c);
	domu_runs_on_cpu1(4);
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c), 0);
	assert_int_equal(restarts, 4);
	assert_int_equal(domu->pause_count, 0);
	domu_runs_on_cpu1(2);
	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, domu->id, 1, &c), 0);
	assert_int_equal(restarts, 2);
	assert_int_equal(domu->pause_count, 0);
	assert_int_equal(c.user_regs.pc64, 0x40000000);
	/* A vCPU that has run keeps what the context does not have. */
	domu->vcpu[1]->ctxt.vbar = 0x1234800;
	c.user_regs.x0 = 1;
	c.user_regs.pc64 += 4;
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c), 0);
	assert_int_equal(domu->vcpu[1]->ctxt.vbar, 0x1234800);
	assert_int_equal(domu->vcpu[1]->regs.x[0], 1);
	assert_int_equal(domu->vcpu[1]->regs.elr, 0x40000004);
	/* No context: back to the start. */
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, NULL), 0);
	assert_true(domu->vcpu[1]->flags & VPF_DOWN);
	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, domu->id, 1, &c), -ENODATA);
	/* Not online. */
	c.flags = 0;
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c), 0);
	assert_true(domu->vcpu[1]->flags & VPF_DOWN);
	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, domu->id, 1, &c), 0);
	assert_int_equal(c.flags, 0);
	/* Errors, none of which leaves a pause behind. */
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 2, &c), -EINVAL);
	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, domu->id, 2, &c), -EINVAL);
	c.user_regs.cpsr = PSR_MODE_EL2h;
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c), -EINVAL);
	c.user_regs.cpsr = PSR_MODE_SVC;
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c), -EINVAL);
	c.user_regs.cpsr = ~0UL << 32 | PSR_MODE_EL0t | SPSR_IL | SPSR_SS;
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c), 0);
	assert_int_equal(domu->vcpu[1]->regs.spsr, PSR_MODE_EL0t);
	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpucontext.ctxt.p = NOWHERE;
	assert_int_equal(call(XEN_DOMCTL_setvcpucontext, domu->id), -EFAULT);
	op.u.vcpucontext.vcpu = 1;
	assert_int_equal(call(XEN_DOMCTL_getvcpucontext, domu->id), -EFAULT);
	assert_int_equal(domu->pause_count, 0);
}

/* The modes of each execution state, and none of EL2's. */
static void test_context_modes(void **state)
{
	static const uint32_t modes32 = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 7 | 1 << 11 | 1 << 15;
	struct vcpu_guest_context c;

	(void)state;
	fill_context(&c);
	for (unsigned int m = 0; m < 32; m++) {
		bool ok64 = m == 0 || m == 4 || m == 5, ok32 = m >= 16 && (modes32 >> (m & 15) & 1);

		c.user_regs.cpsr = PSR_IRQ_MASK | m;
		assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c),
				 ok64 ? 0 : -EINVAL);
		domu->is_aarch32 = true;
		assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c),
				 ok32 ? 0 : -EINVAL);
		if (ok32)
			assert_int_equal(domu->vcpu[1]->regs.spsr, PSR_IRQ_MASK | m);
		domu->is_aarch32 = false;
	}
}

/* The argument changes between two executions of one call. */
static void spoil_argument(void)
{
	struct xen_domctl *in_guest = guest(arg_va());

	in_guest->u.vcpucontext.vcpu = 99;
	other_cpu_leaves();
}

static void unpause_behind(void)
{
	if (domu->pause_count)
		assert_int_equal(domain_unpause(domu), 0);
}

static void test_context_changed_meanwhile(void **state)
{
	struct vcpu_guest_context c;

	(void)state;
	fill_context(&c);
	domu_runs_on_cpu1(1);
	on_restart = spoil_argument;
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, domu->id, 1, &c), -EINVAL);
	assert_int_equal(domu->pause_count, 0);
	domu->vcpu[1]->initialised = true;
	domu_runs_on_cpu1(1);
	on_restart = spoil_argument;
	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, domu->id, 1, &c), -EINVAL);
	assert_int_equal(domu->pause_count, 0);
	/* Somebody takes the pause away. */
	domu_runs_on_cpu1(9);
	on_restart = unpause_behind;
	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, domu->id, 1, &c), -EINVAL);
	assert_int_equal(domu->pause_count, 0);
	/* 255 pauses: no room for the call's own. */
	on_restart = NULL;
	domu->pause_count = 255;
	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, domu->id, 1, &c), -EOVERFLOW);
	domu->pause_count = 0;
}

/* ---- triggers ---- */

static int64_t trigger(uint32_t kind, uint32_t vcpu)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.sendtrigger.trigger = kind;
	op.u.sendtrigger.vcpu = vcpu;
	return call(XEN_DOMCTL_sendtrigger, domu->id);
}

static unsigned int serrors(void)
{
	unsigned int n = fake_log_count(FAKE_INJECT_SERROR);

	fake_log_clear();
	return n;
}

/* An SError for one vCPU, which is on no CPU then; who waits for an interrupt has waited. */
static void test_trigger(void **state)
{
	(void)state;
	fake_log_clear();
	for (uint32_t kind = XEN_DOMCTL_SENDTRIGGER_RESET; kind < 9; kind++)
		assert_int_equal(trigger(kind, 0), -ENOSYS);
	assert_int_equal(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 2), -EINVAL);
	assert_int_equal(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, ~0u), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_sendtrigger, 0), -EINVAL);
	assert_int_equal(serrors(), 0);
	assert_int_equal(restarts, 0);
	domu_runs_on_cpu1(3);
	domu->vcpu[1]->flags = VPF_BLOCKED;
	assert_int_equal(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 1), 0);
	assert_int_equal(restarts, 3);
	assert_int_equal(serrors(), 1);
	assert_int_equal(domu->vcpu[1]->flags, 0);
	assert_int_equal(domu->pause_count, 0);
	/* The argument changes while the call waits: the pause is given back. */
	domu_runs_on_cpu1(1);
	on_restart = spoil_argument;
	assert_int_equal(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 1), -ENOSYS);
	assert_int_equal(domu->pause_count, 0);
	on_restart = NULL;
	domu->pause_count = 255;
	assert_int_equal(trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 0), -EOVERFLOW);
	domu->pause_count = 0;
	assert_int_equal(serrors(), 0);
}

/* ---- scheduling ---- */

static int64_t affinity(uint32_t cmd, uint32_t vcpu, uint32_t flags, uint32_t hard_bits,
			uint32_t soft_bits)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpuaffinity.vcpu = vcpu;
	op.u.vcpuaffinity.flags = flags;
	op.u.vcpuaffinity.cpumap_hard.bitmap.p = buf_va();
	op.u.vcpuaffinity.cpumap_hard.nr_bits = hard_bits;
	op.u.vcpuaffinity.cpumap_soft.bitmap.p = buf_va() + 64;
	op.u.vcpuaffinity.cpumap_soft.nr_bits = soft_bits;
	return call(cmd, domu->id);
}

static void test_affinity(void **state)
{
	uint8_t *hard = guest(buf_va()), *soft = hard + 64;

	(void)state;
	memset(hard, 0x55, 128);
	assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, 0, 3, 64, 16), 0);
	assert_int_equal(hard[0], 0xf);
	for (int i = 1; i < 8; i++)
		assert_int_equal(hard[i], 0);
	assert_int_equal(hard[8], 0x55);
	assert_int_equal(soft[0], 0xf);
	assert_int_equal(soft[1], 0);
	assert_int_equal(soft[2], 0x55);
	hard[0] = 6;
	soft[0] = 0xfc;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 3, 8, 8), 0);
	assert_int_equal(hard[0], 6);
	assert_int_equal(soft[0], 4);
	assert_int_equal(domu->vcpu[0]->sched.affinity, 6);
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 0, 8, 8), -EINVAL);
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 4, 8, 8), -EINVAL);
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 9, 8, 8), -EINVAL);
	assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, 0, 5, 8, 8), -EINVAL);
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 2, 1, 8, 8), -EINVAL);
	assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, 2, 1, 8, 8), -EINVAL);
	/* Empty: no bits, none that exist, none within the given width. */
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 1, 0, 0), -EINVAL);
	hard[0] = 0xf0;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 1, 8, 8), -EINVAL);
	hard[0] = 0x8;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 1, 3, 8), -EINVAL);
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 5, 4, 8), 0);
	/* An absurd width is refused before anything is written. */
	assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, 0, 1, ~0u, 8), -EINVAL);
	fake_va_fault(buf_va(), buf_va() + PAGE_SIZE, true, true);
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 1, 8, 8), -EFAULT);
	assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, 0, 1, 8, 8), -EFAULT);
}

static int64_t sched_params(uint32_t id, uint32_t cmd, uint16_t weight, uint16_t cap)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.scheduler_op.sched_id = id;
	op.u.scheduler_op.cmd = cmd;
	op.u.scheduler_op.u.credit2.weight = weight;
	op.u.scheduler_op.u.credit2.cap = cap;
	return call(XEN_DOMCTL_scheduler_op, domu->id);
}

static void test_scheduler(void **state)
{
	(void)state;
	assert_int_equal(sched_params(6, XEN_DOMCTL_SCHEDOP_getinfo, 0, 0), 0);
	assert_int_equal(op.u.scheduler_op.u.credit2.weight, 256);
	assert_int_equal(op.u.scheduler_op.u.credit2.cap, 0);
	assert_int_equal(sched_params(5, XEN_DOMCTL_SCHEDOP_getinfo, 0, 0), -EINVAL);
	assert_int_equal(sched_params(6, XEN_DOMCTL_SCHEDOP_putinfo, 512, 150), 0);
	assert_int_equal(domu->weight, 512);
	assert_int_equal(domu->cap, 150);
	assert_int_equal(sched_params(6, XEN_DOMCTL_SCHEDOP_putinfo, 0, 0xffff), 0);
	assert_int_equal(domu->weight, 512);
	assert_int_equal(domu->cap, 150);
	assert_int_equal(sched_params(6, XEN_DOMCTL_SCHEDOP_putinfo, 1, 201), -EINVAL);
	assert_int_equal(domu->weight, 512);
	assert_int_equal(sched_params(6, XEN_DOMCTL_SCHEDOP_getvcpuinfo, 0, 0), -EINVAL);
	assert_int_equal(sched_params(6, 99, 0, 0), -EINVAL);
}

/* One element of the array in the guest's memory. */
static struct xen_domctl_schedparam_vcpu *elem(unsigned int i)
{
	return (struct xen_domctl_schedparam_vcpu *)guest(buf_va()) + i;
}

/* Of each vCPU in the array, or (array: 0) of the domain. */
static int64_t rtds(uint32_t cmd, uint64_t array, uint32_t nr, uint32_t period, uint32_t budget)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.scheduler_op.sched_id = XEN_SCHEDULER_RTDS;
	op.u.scheduler_op.cmd = cmd;
	op.u.scheduler_op.u.rtds.period = period;
	op.u.scheduler_op.u.rtds.budget = budget;
	if (array) {
		op.u.scheduler_op.u.v.vcpus.p = array;
		op.u.scheduler_op.u.v.nr_vcpus = nr;
	}
	return call(XEN_DOMCTL_scheduler_op, domu->id);
}

#define GET_VCPUS(nr)	rtds(XEN_DOMCTL_SCHEDOP_getvcpuinfo, buf_va(), (nr), 0, 0)
#define PUT(p, b)	rtds(XEN_DOMCTL_SCHEDOP_putinfo, 0, 0, (p), (b))

static void check_rtds(unsigned int vcpu, uint32_t period, uint32_t budget, bool extra)
{
	elem(0)->vcpuid = vcpu;
	assert_int_equal(GET_VCPUS(1), 0);
	assert_int_equal(op.u.scheduler_op.u.v.nr_vcpus, 1);
	assert_int_equal(elem(0)->u.rtds.period, period);
	assert_int_equal(elem(0)->u.rtds.budget, budget);
	assert_int_equal(elem(0)->u.rtds.flags, extra ? XEN_DOMCTL_SCHEDRT_extra : 0);
}

static int64_t set_rtds(unsigned int vcpu, uint32_t period, uint32_t budget, uint32_t flags)
{
	*elem(0) = (struct xen_domctl_schedparam_vcpu){
		.vcpuid = vcpu, .u.rtds = { .period = period, .budget = budget, .flags = flags } };
	return rtds(XEN_DOMCTL_SCHEDOP_putvcpuinfo, buf_va(), 1, 0, 0);
}

static void test_rtds(void **state)
{
	const struct sched_policy *old = domu->pool->sched;

	(void)state;
	assert_int_equal(rtds(XEN_DOMCTL_SCHEDOP_getinfo, 0, 0, 0, 0), -EINVAL);
	domu->pool->sched = &sched_rtds;
	assert_int_equal(sched_params(6, XEN_DOMCTL_SCHEDOP_getinfo, 0, 0), -EINVAL);
	assert_int_equal(rtds(XEN_DOMCTL_SCHEDOP_getinfo, 0, 0, 0, 0), 0);
	assert_int_equal(op.u.scheduler_op.u.rtds.period, 10000);
	assert_int_equal(op.u.scheduler_op.u.rtds.budget, 4000);
	check_rtds(0, 10000, 4000, true);
	check_rtds(1, 10000, 4000, true);
	/* Each by itself; the limits. */
	assert_int_equal(set_rtds(1, 10, 10, 0), 0);
	assert_int_equal(set_rtds(1, 10, 11, 0), -EINVAL);
	assert_int_equal(set_rtds(1, 10, 9, 0), -EINVAL);
	assert_int_equal(set_rtds(1, 0, 0, 0), -EINVAL);
	assert_int_equal(set_rtds(2, 100, 50, 0), -EINVAL);
	assert_int_equal(set_rtds(~0u, 100, 50, 0), -EINVAL);
	check_rtds(0, 10000, 4000, true);
	check_rtds(1, 10, 10, false);
	assert_int_equal(set_rtds(0, ~0u, ~0u, ~0u), 0);
	check_rtds(0, ~0u, ~0u, true);
	/* All of a domain: extra time stays as it is. */
	assert_int_equal(PUT(5000, 5001), -EINVAL);
	assert_int_equal(PUT(5000, 0), -EINVAL);
	assert_int_equal(PUT(5000, 1000), 0);
	check_rtds(0, 5000, 1000, true);
	check_rtds(1, 5000, 1000, false);
	/* It stops for an interrupt; an array in part, and the caller asks for the rest. */
	fake_irq_pending = true;
	assert_int_equal(PUT(6000, 1000), 0);
	*elem(0) = *elem(1) = (struct xen_domctl_schedparam_vcpu){ .vcpuid = 0 };
	assert_int_equal(GET_VCPUS(2), 0);
	assert_int_equal(op.u.scheduler_op.u.v.nr_vcpus, 1);
	assert_int_equal(elem(0)->u.rtds.period, 6000);
	assert_int_equal(elem(1)->u.rtds.period, 0);
	fake_irq_pending = false;
	check_rtds(1, 6000, 1000, false);
	assert_int_equal(GET_VCPUS(0), 0);
	assert_int_equal(rtds(99, 0, 0, 5000, 1000), -EINVAL);
	assert_int_equal(rtds(XEN_DOMCTL_SCHEDOP_putvcpuinfo, ~0UL, 1, 0, 0), -EFAULT);
	domu->pool->sched = old;
}

/* ---- devices ---- */

static void test_devices(void **state)
{
	(void)state;
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_irq_permission, domu->id), 0);
	op.u.irq_permission.allow_access = 1;
	assert_int_equal(call(XEN_DOMCTL_irq_permission, domu->id), -EPERM);
	op.u.irq_permission.pad[2] = 1;
	assert_int_equal(call(XEN_DOMCTL_irq_permission, domu->id), -EINVAL);
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_iomem_permission, domu->id), -EINVAL);
	op.u.iomem_permission.nr_mfns = 1;
	assert_int_equal(call(XEN_DOMCTL_iomem_permission, domu->id), 0);
	op.u.iomem_permission.allow_access = 1;
	assert_int_equal(call(XEN_DOMCTL_iomem_permission, domu->id), -EPERM);
	op.u.iomem_permission.first_mfn = ~0UL;
	op.u.iomem_permission.nr_mfns = 2;
	assert_int_equal(call(XEN_DOMCTL_iomem_permission, domu->id), -EINVAL);
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_memory_mapping, domu->id), -EINVAL);
	op.u.memory_mapping.nr_mfns = 64;
	assert_int_equal(call(XEN_DOMCTL_memory_mapping, domu->id), -ENOENT);
	op.u.memory_mapping.add_mapping = 1;
	assert_int_equal(call(XEN_DOMCTL_memory_mapping, domu->id), -EPERM);
	op.u.memory_mapping.nr_mfns = 65;
	assert_int_equal(call(XEN_DOMCTL_memory_mapping, domu->id), -E2BIG);
	op.u.memory_mapping.first_gfn = ~0UL - 3;
	assert_int_equal(call(XEN_DOMCTL_memory_mapping, domu->id), -EINVAL);
	memset(&op.u, 0, sizeof(op.u));
	op.u.bind_pt_irq.irq_type = PT_IRQ_TYPE_SPI;
	op.u.bind_pt_irq.machine_irq = op.u.bind_pt_irq.u.spi.spi = 40;
	assert_int_equal(call(XEN_DOMCTL_bind_pt_irq, domu->id), -EINVAL);
	op.u.bind_pt_irq.machine_irq = 5;
	assert_int_equal(call(XEN_DOMCTL_unbind_pt_irq, domu->id), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_assign_device, DOMID_IO), -EOPNOTSUPP);
	op.u.set_virq_handler.virq = VIRQ_TIMER;
	assert_int_equal(call(XEN_DOMCTL_set_virq_handler, domu->id), -EINVAL);
	op.u.set_virq_handler.virq = VIRQ_CONSOLE;
	assert_int_equal(call(XEN_DOMCTL_set_virq_handler, domu->id), 0);
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_vuart_op, domu->id), -EPERM);
}

/* ---- cpu_model ---- */

static int64_t cpu_model(domid_t id, uint64_t midr, uint32_t nr, uint8_t reg, uint8_t shift,
			 uint8_t max)
{
	struct zazen_domctl_cpu_model m = { .midr = midr, .nr_fields = nr,
					    .field[0] = { reg, shift, max, 0 } };

	memset(&op.u, 0, sizeof(op.u));
	memcpy(&op.u, &m, sizeof(m));
	return call(ZAZEN_DOMCTL_cpu_model, id);
}

/* Fields lowered and a MIDR chosen before there are vCPUs, and not after. */
static void test_cpu_model(void **state)
{
	struct domain *d;
	domid_t id;

	(void)state;
	good_config();
	assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
	id = op.domain;
	d = domain_get_by_id(id);
	assert_int_equal(info_of(id)->gpaddr_bits, 40);
	assert_int_equal(cpu_model(id, 0, ZAZEN_CPU_FIELDS + 1, 0, 0, 0), -EINVAL);
	assert_int_equal(cpu_model(id, 0, 1, ID_AA64MMFR0, 2, 0), -EINVAL);
	assert_int_equal(cpu_model(id, 0, 1, 255, 0, 0), -EINVAL);
	assert_int_equal(cpu_model(0, 0, 1, ID_AA64MMFR0, 0, 1), -EINVAL);
	assert_int_equal(cpu_model(id, 0x410fd034, 1, ID_AA64MMFR0, 0, 1), 0);
	assert_int_equal(ID_FIELD(d->id_regs[ID_AA64MMFR0], 0), 1);
	assert_int_equal(ID_FIELD(guest_id_regs[ID_AA64MMFR0], 0), 2);
	assert_int_equal(d->midr, 0x410fd034);
	assert_int_equal(info_of(id)->gpaddr_bits, 36);
	op.u.max_vcpus.max = 2;
	assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), 0);
	assert_int_equal(cpu_model(id, 0, 1, ID_AA64MMFR0, 0, 0), -EBUSY);
	assert_int_equal(d->midr, 0x410fd034);
	domain_put(d);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
	/* No memory for a table of its own. */
	good_config();
	assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
	id = op.domain;
	fake_fail_alloc(1);
	assert_int_equal(cpu_model(id, 0, 1, ID_AA64MMFR0, 0, 1), -ENOMEM);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
}

/* 128 vCPUs are much work: something else may come in between any two. */
static void test_many_vcpus(void **state)
{
	struct domain *d;
	domid_t id;

	(void)state;
	good_config();
	op.u.createdomain.max_vcpus = 128;
	assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
	id = op.domain;
	op.u.max_vcpus.max = 128;
	fake_irq_pending = true;
	assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), 0);
	assert_int_equal(restarts, 127);
	fake_irq_pending = false;
	d = domain_get_by_id(id);
	assert_non_null(d->vcpu[127]);
	domain_put(d);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_pause_waits),
		world_test(test_context_waits),
		world_test(test_context_modes),
		world_test(test_context_changed_meanwhile), world_test(test_trigger),
		world_test(test_affinity),
		world_test(test_scheduler), world_test(test_rtds),
		world_test(test_devices),
		world_test(test_cpu_model),
		world_test(test_many_vcpus),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
