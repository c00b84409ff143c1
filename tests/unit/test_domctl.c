/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: who may call, what is refused, a domain's life from create to destroy, and the values that Xen 4.17
 * answered (abi/golden-xen-4.17.csv). Calls that wait for a domain to leave its CPUs are followed through their
 * restarts.
 */
#include "hcall_world.h"
#include <arch/timer.h>
#include <public/domctl.h>
#include <public/memory.h>
#include <public/sched.h>

static struct xen_domctl op;

static int64_t call_version(uint32_t cmd, domid_t id, uint32_t version)
{
	int64_t ret;

	op.cmd = cmd;
	op.interface_version = version;
	op.domain = id;
	memcpy(guest(arg_va()), &op, sizeof(op));
	/* What the other argument registers happen to hold must not matter. */
	ret = hcall5(__HYPERVISOR_domctl, arg_va(), 0x1234, 5, 6, 7);
	memcpy(&op, guest(arg_va()), sizeof(op));
	return ret;
}

static int64_t call(uint32_t cmd, domid_t id)
{
	return call_version(cmd, id, XEN_DOMCTL_INTERFACE_VERSION);
}

static void good_config(void)
{
	memset(&op, 0, sizeof(op));
	op.u.createdomain = (struct xen_domctl_createdomain){
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = -1, .max_maptrack_frames = -1,
		.grant_opts = 1,
	};
}

/* ---- envelope ---- */

static void test_envelope(void **state)
{
	static const struct { uint32_t cmd; int64_t unknown; } every[] = {
		{ XEN_DOMCTL_destroydomain, -ESRCH }, { XEN_DOMCTL_pausedomain, -ESRCH },
		{ XEN_DOMCTL_unpausedomain, -ESRCH }, { XEN_DOMCTL_setvcpuaffinity, -ESRCH },
		{ XEN_DOMCTL_shadow_op, -ENOSYS }, { XEN_DOMCTL_max_mem, -ESRCH },
		{ XEN_DOMCTL_setvcpucontext, -ESRCH }, { XEN_DOMCTL_getvcpucontext, -ESRCH },
		{ XEN_DOMCTL_getvcpuinfo, -ESRCH }, { XEN_DOMCTL_max_vcpus, -ESRCH },
		{ XEN_DOMCTL_scheduler_op, -ESRCH }, { XEN_DOMCTL_setdomainhandle, -ESRCH },
		{ XEN_DOMCTL_setdebugging, -ESRCH }, { XEN_DOMCTL_irq_permission, -ESRCH },
		{ XEN_DOMCTL_iomem_permission, -ESRCH }, { XEN_DOMCTL_settimeoffset, -ESRCH },
		{ XEN_DOMCTL_getvcpuaffinity, -ESRCH }, { XEN_DOMCTL_resumedomain, -ESRCH },
		{ XEN_DOMCTL_sendtrigger, -ENOSYS }, { XEN_DOMCTL_subscribe, -ESRCH },
		{ XEN_DOMCTL_gethvmcontext, -ENOSYS }, { XEN_DOMCTL_set_address_size, -ESRCH },
		{ XEN_DOMCTL_assign_device, -EOPNOTSUPP }, { XEN_DOMCTL_bind_pt_irq, -ESRCH },
		{ XEN_DOMCTL_memory_mapping, -ESRCH }, { XEN_DOMCTL_deassign_device, -EOPNOTSUPP },
		{ XEN_DOMCTL_vm_event_op, -ENOSYS }, { XEN_DOMCTL_set_access_required, -ENOSYS },
		{ XEN_DOMCTL_set_virq_handler, -ESRCH }, { XEN_DOMCTL_setnodeaffinity, -ESRCH },
		{ XEN_DOMCTL_cacheflush, -ESRCH }, { XEN_DOMCTL_setvnumainfo, -ESRCH },
		{ XEN_DOMCTL_monitor_op, -ENOSYS }, { XEN_DOMCTL_soft_reset, -ENOSYS },
		{ XEN_DOMCTL_vuart_op, -ESRCH }, { XEN_DOMCTL_vmtrace_op, -ENOSYS },
		{ XEN_DOMCTL_get_paging_mempool_size, -ESRCH }, { 87, -ENOSYS }, { 1000, -ENOSYS },
		{ ~0u, -ENOSYS }, { 0, -ENOSYS },
	};

	(void)state;
	memset(&op, 0, sizeof(op));
	for (size_t i = 0; i < ARRAY_SIZE(every); i++) {
		assert_int_equal(call(every[i].cmd, 4000), every[i].unknown);
		assert_int_equal(call_version(every[i].cmd, 4000, 0x14), -EACCES);
		/* DOMID_SELF is nobody here. */
		if (every[i].unknown == -ESRCH)
			assert_int_equal(call(every[i].cmd, DOMID_SELF), -ESRCH);
	}
	assert_int_equal(hcall5(__HYPERVISOR_domctl, NOWHERE, 0, 0, 0, 0), -EFAULT);
	run_as(domu, 0);
	for (size_t i = 0; i < ARRAY_SIZE(every); i++)
		assert_int_equal(call(every[i].cmd, domu->id), -EPERM);
	run_as(dom0, 0);
	/* On oneself. */
	assert_int_equal(call(XEN_DOMCTL_pausedomain, 0), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, 0), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_setvcpucontext, 0), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_resumedomain, 0), -EINVAL);
	/* The answer cannot be written back. */
	fake_va_fault(arg_va(), arg_va() + PAGE_SIZE, false, true);
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, 0), -EFAULT);
}

/* ---- create ---- */

static void test_create_refused(void **state)
{
	uint32_t before = domain_count_all();

	(void)state;
#define REFUSED(err, ...) do { good_config(); __VA_ARGS__; \
		assert_int_equal(call(XEN_DOMCTL_createdomain, 0), (err)); } while (0)
	REFUSED(-EINVAL, op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm);
	REFUSED(-EINVAL, op.u.createdomain.flags |= XEN_DOMCTL_CDF_iommu);
	REFUSED(-EINVAL, op.u.createdomain.flags |= 1u << 20);
	REFUSED(-EINVAL, op.u.createdomain.iommu_opts = 1);
	REFUSED(-EINVAL, op.u.createdomain.max_vcpus = 0);
	REFUSED(-EINVAL, op.u.createdomain.max_vcpus = 129);
	REFUSED(-EINVAL, op.u.createdomain.max_vcpus = 500);
	REFUSED(-EINVAL, op.u.createdomain.grant_opts = 2);
	REFUSED(-EINVAL, op.u.createdomain.grant_opts = 0x11);
	REFUSED(-EINVAL, op.u.createdomain.vmtrace_size = 4096);
	REFUSED(-EINVAL, op.u.createdomain.arch.tee_type = XEN_DOMCTL_CONFIG_TEE_OPTEE);
	REFUSED(-EINVAL, op.u.createdomain.arch.nr_spis = 989);
	REFUSED(-EINVAL, op.u.createdomain.arch.gic_version = XEN_DOMCTL_CONFIG_GIC_V2);
	REFUSED(-EINVAL, op.u.createdomain.max_grant_frames = 65);
	REFUSED(-EINVAL, op.u.createdomain.max_grant_frames = 0);
	REFUSED(-EINVAL, op.u.createdomain.max_maptrack_frames = 1025);
	REFUSED(-ENOENT, op.u.createdomain.cpupool_id = 1);
#undef REFUSED
	assert_int_equal(domain_count_all(), before);
	good_config();
	assert_int_equal(call(XEN_DOMCTL_createdomain, domu->id), -EEXIST);
}

/* Every allocation on the way fails once; nothing stays behind. */
static void test_create_no_memory(void **state)
{
	uint32_t before = domain_count_all();
	unsigned int nth;

	(void)state;
	for (nth = 1; nth < 200; nth++) {
		int64_t rc;

		good_config();
		fake_fail_alloc(nth);
		rc = call(XEN_DOMCTL_createdomain, 0);
		if (rc == 0) {
			bool done = !fake_alloc_failed();

			fake_fail_alloc(0);
			assert_int_equal(call(XEN_DOMCTL_destroydomain, op.domain), 0);
			if (done)
				break;
		} else {
			assert_int_equal(rc, -ENOMEM);
		}
		assert_int_equal(domain_count_all(), before);
	}
	assert_in_range(nth, 4, 199);
	for (nth = 1; nth < 200; nth++) {
		bool done;
		int64_t rc;

		good_config();
		assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
		op.u.max_vcpus.max = 2;
		fake_fail_alloc(nth);
		rc = call(XEN_DOMCTL_max_vcpus, op.domain);
		done = !fake_alloc_failed();
		assert_true(rc == -ENOMEM || rc == 0);
		fake_fail_alloc(0);
		op.u.max_vcpus.max = 2;
		assert_int_equal(call(XEN_DOMCTL_max_vcpus, op.domain), 0);
		assert_int_equal(call(XEN_DOMCTL_destroydomain, op.domain), 0);
		assert_int_equal(domain_count_all(), before);
		if (done)
			break;
	}
	assert_in_range(nth, 2, 199);
}

static struct xen_domctl_getdomaininfo *info_of(domid_t id)
{
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, id), 0);
	assert_int_equal(op.domain, id);
	assert_int_equal(op.u.getdomaininfo.domain, id);
	return &op.u.getdomaininfo;
}

static void fill_context(struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	c->flags = VGCF_online;
	for (unsigned int i = 0; i < 31; i++)
		(&c->user_regs.x0)[i] = 0x1000 + i;
	c->user_regs.pc64 = 0x40000000;
	c->user_regs.cpsr = PSR_GUEST64_INIT;
	c->user_regs.sp_el0 = 1;
	c->user_regs.sp_el1 = 2;
	c->user_regs.elr_el1 = 3;
	c->user_regs.spsr_el1 = 4;
	c->user_regs.spsr_fiq = 5;
	c->user_regs.spsr_irq = 6;
	c->user_regs.spsr_und = 7;
	c->user_regs.spsr_abt = 8;
	c->sctlr = SCTLR_GUEST_INIT;
	c->ttbcr = 9;
	c->ttbr0 = 10;
	c->ttbr1 = 11;
}

static int64_t context(uint32_t cmd, domid_t id, uint32_t vcpu, struct vcpu_guest_context *c)
{
	int64_t ret;

	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpucontext.vcpu = vcpu;
	if (c) {
		memcpy(guest(buf_va()), c, sizeof(*c));
		op.u.vcpucontext.ctxt.p = buf_va();
	}
	ret = call(cmd, id);
	if (c)
		memcpy(c, guest(buf_va()), sizeof(*c));
	return ret;
}

/* The life of one small domain, with what Xen 4.17 answered at each step. */
static void test_life(void **state)
{
	struct vcpu_guest_context c, got;
	struct xen_domctl_getdomaininfo *i;
	struct domain *d;
	domid_t id;

	(void)state;
	good_config();
	memset(op.u.createdomain.handle, 0x77, 16);
	assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
	id = op.domain;
	assert_int_not_equal(id, 0);
	assert_int_equal(op.u.createdomain.arch.gic_version, XEN_DOMCTL_CONFIG_GIC_V3);
	assert_int_equal(op.u.createdomain.arch.clock_frequency, 0);
	i = info_of(id);
	assert_int_equal(i->flags, 0xffff010a);
	assert_int_equal(i->max_vcpu_id, 0xffffffff);
	assert_int_equal(i->nr_online_vcpus, 0);
	assert_int_equal(i->tot_pages, 0);
	assert_int_equal(i->max_pages, 0);
	assert_int_equal(i->gpaddr_bits, p2m_host_ipa_bits);
	assert_int_equal(i->handle[15], 0x77);
	assert_int_equal(i->cpupool, 0);

	op.u.max_vcpus.max = 1;
	assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), -EINVAL);
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_getvcpuinfo, id), -ESRCH);
	op.u.max_vcpus.max = 2;
	assert_int_equal(call(XEN_DOMCTL_max_vcpus, id), 0);
	assert_int_equal(info_of(id)->max_vcpu_id, 1);
	assert_int_equal(info_of(id)->flags, 0xffff010a);
	op.u.max_mem.max_memkb = 4096;
	assert_int_equal(call(XEN_DOMCTL_max_mem, id), 0);
	assert_int_equal(info_of(id)->max_pages, 1024);
	op.u.paging_mempool.size = 8192000;
	assert_int_equal(call(XEN_DOMCTL_set_paging_mempool_size, id), 0);
	op.u.paging_mempool.size = 8192001;
	assert_int_equal(call(XEN_DOMCTL_set_paging_mempool_size, id), -EINVAL);
	op.u.paging_mempool.size = 1UL << 60;
	assert_int_equal(call(XEN_DOMCTL_set_paging_mempool_size, id), -ENOMEM);
	assert_int_equal(call(XEN_DOMCTL_get_paging_mempool_size, id), 0);
	assert_int_equal(op.u.paging_mempool.size, 8192000);
	op.u.address_size.size = 32;
	assert_int_equal(call(XEN_DOMCTL_set_address_size, id), -EINVAL);
	op.u.address_size.size = 64;
	assert_int_equal(call(XEN_DOMCTL_set_address_size, id), 0);

	d = domain_get_by_id(id);
	fake_domain_add_ram(d, gfn(0x40000), 8);
	domain_put(d);
	op.u.address_size.size = 64;
	assert_int_equal(call(XEN_DOMCTL_set_address_size, id), -EBUSY);
	op.u.address_size.size = 0;
	assert_int_equal(call(XEN_DOMCTL_get_address_size, id), 0);
	assert_int_equal(op.u.address_size.size, 64);
	assert_int_equal(info_of(id)->tot_pages, 8);

	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, id, 0, &got), -ENODATA);
	fill_context(&c);
	assert_int_equal(context(XEN_DOMCTL_setvcpucontext, id, 0, &c), 0);
	memset(&got, 0x55, sizeof(got));
	assert_int_equal(context(XEN_DOMCTL_getvcpucontext, id, 0, &got), 0);
	assert_int_equal(got.flags, 1);
	assert_memory_equal(&got.user_regs, &c.user_regs, sizeof(c.user_regs));
	assert_memory_equal(&got.sctlr, &c.sctlr, 4 * 8);
	memset(&op.u, 0, sizeof(op.u));
	assert_int_equal(call(XEN_DOMCTL_getvcpuinfo, id), 0);
	assert_int_equal(op.u.getvcpuinfo.online, 1);
	assert_int_equal(op.u.getvcpuinfo.blocked, 0);
	assert_int_equal(op.u.getvcpuinfo.running, 0);
	op.u.getvcpuinfo.vcpu = 1;
	assert_int_equal(call(XEN_DOMCTL_getvcpuinfo, id), 0);
	assert_int_equal(op.u.getvcpuinfo.online, 0);
	op.u.getvcpuinfo.vcpu = 2;
	assert_int_equal(call(XEN_DOMCTL_getvcpuinfo, id), -EINVAL);

	assert_int_equal(call(XEN_DOMCTL_unpausedomain, id), 0);
	assert_int_equal(call(XEN_DOMCTL_unpausedomain, id), -EINVAL);
	assert_int_equal(info_of(id)->flags & XEN_DOMINF_paused, 0);
	assert_int_equal(info_of(id)->nr_online_vcpus, 1);
	d = domain_get_by_id(id);
	domain_shutdown(d, SHUTDOWN_reboot);
	domain_put(d);
	assert_int_equal(info_of(id)->flags, 0x10106);
	assert_int_equal(call(XEN_DOMCTL_pausedomain, id), 0);
	assert_int_equal(info_of(id)->flags, 0x1010e);
	assert_int_equal(call(XEN_DOMCTL_resumedomain, id), 0);
	assert_int_equal(info_of(id)->flags, 0xffff010a);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, id), -ESRCH);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), -ESRCH);
	/* Ids come one after the other. */
	good_config();
	assert_int_equal(call(XEN_DOMCTL_createdomain, 0), 0);
	assert_int_equal(op.domain, id + 1);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, op.domain), 0);
	good_config();
	assert_int_equal(call(XEN_DOMCTL_createdomain, 3000), 0);
	assert_int_equal(op.domain, 3000);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, 3000), 0);
}

static void test_getdomaininfo(void **state)
{
	(void)state;
	memset(&op, 0, sizeof(op));
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, 0), 0);
	assert_int_equal(op.u.getdomaininfo.flags & 0xffff0107, 0xffff0102);
	/* The next one upward; a domain that is being made is passed over. */
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, 1), 0);
	assert_int_equal(op.domain, domu->id);
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, (domid_t)(domu->id + 1)), -ESRCH);
	store_release(&domu->dying, DOMAIN_CREATING);
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, 1), -ESRCH);
	store_release(&domu->dying, DOMAIN_DYING);
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, 1), 0);
	assert_true(op.u.getdomaininfo.flags & XEN_DOMINF_dying);
	store_release(&domu->dying, DOMAIN_ALIVE);
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, 32752), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, 0xffff), -EINVAL);
	vcpu_clear_flag(domu->vcpu[0], VPF_DOWN);
	assert_true(info_of(domu->id)->flags & XEN_DOMINF_hap);
	op.u.setdebugging.enable = 1;
	assert_int_equal(call(XEN_DOMCTL_setdebugging, domu->id), 0);
	assert_true(info_of(domu->id)->flags & XEN_DOMINF_debugged);
}

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

/* ---- scheduling ---- */

static int64_t affinity(uint32_t cmd, uint32_t vcpu, uint32_t flags, uint32_t hard_bits, uint32_t soft_bits)
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

/* ---- memory, devices, the small ones ---- */

static void test_cacheflush(void **state)
{
	(void)state;
	memset(&op.u, 0, sizeof(op.u));
	op.u.cacheflush.start_pfn = (DOMU_RAM >> 12) - 3;
	op.u.cacheflush.nr_pfns = DOMU_PAGES + 100;
	fake_log_clear();
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), 0);
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN_INVAL), DOMU_PAGES);
	/* In pieces, each frame once. */
	fake_domain_add_ram(domu, gfn(0x90000), 200);
	op.u.cacheflush.start_pfn = 0x90000;
	op.u.cacheflush.nr_pfns = 200;
	fake_irq_pending = true;
	fake_log_clear();
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), 0);
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN_INVAL), 200);
	assert_true(restarts > 3);
	fake_irq_pending = false;
	op.u.cacheflush.nr_pfns = (1UL << 18) + 1;
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), -EINVAL);
	op.u.cacheflush.start_pfn = ~0UL;
	op.u.cacheflush.nr_pfns = 2;
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), -EINVAL);
	op.u.cacheflush.start_pfn = 1UL << 50;
	assert_int_equal(call(XEN_DOMCTL_cacheflush, domu->id), 0);
	/* A forged continuation beyond the end. */
	memcpy(guest(arg_va()), &op, sizeof(op));
	assert_int_equal(hcall5(__HYPERVISOR_domctl, arg_va(), 0x7a617a656e2d6f70UL, 1000, 0, 0), -EINVAL);
}

static void test_memory_misc(void **state)
{
	uint8_t *map = guest(buf_va());

	(void)state;
	memset(&op.u, 0, sizeof(op.u));
	op.u.max_mem.max_memkb = ~0UL;
	assert_int_equal(call(XEN_DOMCTL_max_mem, domu->id), 0);
	assert_int_equal(domu->max_pages, UINT32_MAX - 1);
	assert_int_equal(call(XEN_DOMCTL_get_paging_mempool_size, domu->id), 0);
	assert_int_equal(op.u.paging_mempool.size, 0);
	memset(&op.u, 0, sizeof(op.u));
	op.u.nodeaffinity.nodemap.bitmap.p = buf_va();
	op.u.nodeaffinity.nodemap.nr_bits = 8;
	map[0] = 0;
	assert_int_equal(call(XEN_DOMCTL_setnodeaffinity, domu->id), -EINVAL);
	map[0] = 3;
	assert_int_equal(call(XEN_DOMCTL_setnodeaffinity, domu->id), 0);
	assert_int_equal(call(XEN_DOMCTL_getnodeaffinity, domu->id), 0);
	assert_int_equal(map[0], 1);
	op.u.nodeaffinity.nodemap.bitmap.p = NOWHERE;
	assert_int_equal(call(XEN_DOMCTL_setnodeaffinity, domu->id), -EFAULT);
	assert_int_equal(call(XEN_DOMCTL_setvnumainfo, domu->id), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_subscribe, domu->id), 0);
	assert_int_equal(call(XEN_DOMCTL_set_target, domu->id), 0);
	memset(op.u.setdomainhandle.handle, 0x21, 16);
	assert_int_equal(call(XEN_DOMCTL_setdomainhandle, domu->id), 0);
	assert_int_equal(domu->handle[7], 0x21);
	op.u.settimeoffset.time_offset_seconds = -3600;
	assert_int_equal(call(XEN_DOMCTL_settimeoffset, domu->id), 0);
	assert_true(domu->wallclock_offset == -3600);
}

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
	assert_int_equal(call(XEN_DOMCTL_memory_mapping, domu->id), -EPERM);
	op.u.memory_mapping.nr_mfns = 65;
	assert_int_equal(call(XEN_DOMCTL_memory_mapping, domu->id), -E2BIG);
	op.u.memory_mapping.first_gfn = ~0UL - 3;
	assert_int_equal(call(XEN_DOMCTL_memory_mapping, domu->id), -EINVAL);
	memset(&op.u, 0, sizeof(op.u));
	op.u.bind_pt_irq.irq_type = PT_IRQ_TYPE_SPI;
	assert_int_equal(call(XEN_DOMCTL_bind_pt_irq, domu->id), -EPERM);
	op.u.bind_pt_irq.machine_irq = 5;
	assert_int_equal(call(XEN_DOMCTL_unbind_pt_irq, domu->id), -EINVAL);
	assert_int_equal(call(XEN_DOMCTL_assign_device, DOMID_IO), -EOPNOTSUPP);
	op.u.set_virq_handler.virq = VIRQ_TIMER;
	assert_int_equal(call(XEN_DOMCTL_set_virq_handler, domu->id), -EINVAL);
	op.u.set_virq_handler.virq = VIRQ_CONSOLE;
	assert_int_equal(call(XEN_DOMCTL_set_virq_handler, domu->id), 0);
	memset(&op.u, 0, sizeof(op.u));
	domu->creation_finished = false;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, domu->id), -EOPNOTSUPP);
	op.u.vuart_op.pad = 1;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, domu->id), -EINVAL);
	op.u.vuart_op.pad = 0;
	domu->creation_finished = true;
	assert_int_equal(call(XEN_DOMCTL_vuart_op, domu->id), -EPERM);
}

/* A domain with memory and mappings of it elsewhere: what others hold keeps it in the list, dying. */
static void test_destroy_while_mapped(void **state)
{
	domid_t id = domu->id;
	mfn_t m = p2m_lookup(domu, gfn(DOMU_RAM >> 12)).mfn;

	(void)state;
	assert_true(page_get(m));
	assert_int_equal(p2m_map(dom0, gfn(0x80000), m, 0, P2M_FOREIGN_RW), 0);
	fake_irq_pending = true;
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
	fake_irq_pending = false;
	domain_put(domu);	/* the test's own */
	domu = NULL;
	assert_true(info_of(id)->flags & XEN_DOMINF_dying);
	assert_int_equal(op.u.getdomaininfo.tot_pages, 1);
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), -ESRCH);
	assert_int_equal(p2m_unmap(dom0, gfn(0x80000), 0), 0);
	assert_int_equal(call(XEN_DOMCTL_getdomaininfo, id), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_envelope),
		world_test(test_create_refused),
		world_test(test_create_no_memory),
		world_test(test_life),
		world_test(test_getdomaininfo),
		world_test(test_pause_waits),
		world_test(test_context_waits),
		world_test(test_context_changed_meanwhile),
		world_test(test_affinity),
		world_test(test_scheduler),
		world_test(test_cacheflush),
		world_test(test_memory_misc),
		world_test(test_devices),
		world_test(test_destroy_while_mapped),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
