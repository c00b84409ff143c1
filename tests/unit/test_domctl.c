/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: who may call, what is refused, a domain's life from create to destroy with the answers
 * that Xen 4.17 gave (abi/golden-xen-4.17.csv), creation with each allocation failing.
 */
#include "domctl_world.h"
#include <xen/aarch32.h>
#include <public/sched.h>

/* ---- envelope ---- */

static void test_envelope(void **state)
{
	static const struct { uint32_t cmd; int64_t unknown; } every[] = {
		{ XEN_DOMCTL_destroydomain, -ESRCH }, { XEN_DOMCTL_pausedomain, -ESRCH },
		{ XEN_DOMCTL_unpausedomain, -ESRCH }, { XEN_DOMCTL_setvcpuaffinity, -ESRCH },
		{ XEN_DOMCTL_shadow_op, -ESRCH }, { XEN_DOMCTL_max_mem, -ESRCH },
		{ XEN_DOMCTL_setvcpucontext, -ESRCH }, { XEN_DOMCTL_getvcpucontext, -ESRCH },
		{ XEN_DOMCTL_getvcpuinfo, -ESRCH }, { XEN_DOMCTL_max_vcpus, -ESRCH },
		{ XEN_DOMCTL_scheduler_op, -ESRCH }, { XEN_DOMCTL_setdomainhandle, -ESRCH },
		{ XEN_DOMCTL_setdebugging, -ESRCH }, { XEN_DOMCTL_irq_permission, -ESRCH },
		{ XEN_DOMCTL_iomem_permission, -ESRCH }, { XEN_DOMCTL_settimeoffset, -ESRCH },
		{ XEN_DOMCTL_getvcpuaffinity, -ESRCH }, { XEN_DOMCTL_resumedomain, -ESRCH },
		{ XEN_DOMCTL_sendtrigger, -ESRCH }, { XEN_DOMCTL_subscribe, -ESRCH },
		{ XEN_DOMCTL_gethvmcontext, -ESRCH }, { XEN_DOMCTL_sethvmcontext, -ESRCH }, { XEN_DOMCTL_set_address_size, -ESRCH },
		{ XEN_DOMCTL_assign_device, -EOPNOTSUPP }, { XEN_DOMCTL_bind_pt_irq, -ESRCH },
		{ XEN_DOMCTL_memory_mapping, -ESRCH }, { XEN_DOMCTL_deassign_device, -EOPNOTSUPP },
		{ XEN_DOMCTL_vm_event_op, -ENOSYS }, { XEN_DOMCTL_set_access_required, -ENOSYS },
		{ XEN_DOMCTL_set_virq_handler, -ESRCH }, { XEN_DOMCTL_setnodeaffinity, -ESRCH },
		{ XEN_DOMCTL_cacheflush, -ESRCH }, { XEN_DOMCTL_setvnumainfo, -ESRCH },
		{ XEN_DOMCTL_monitor_op, -ENOSYS }, { XEN_DOMCTL_soft_reset, -ENOSYS },
		{ XEN_DOMCTL_vuart_op, -ESRCH }, { XEN_DOMCTL_vmtrace_op, -ENOSYS },
		{ XEN_DOMCTL_get_paging_mempool_size, -ESRCH }, { 87, -ENOSYS }, { 1000, -ENOSYS },
		{ ~0u, -ENOSYS }, { 0, -ENOSYS }, { ZAZEN_DOMCTL_cpu_model, -ESRCH },
		{ ZAZEN_DOMCTL_write_memory, -ESRCH },
		{ ZAZEN_DOMCTL_FIRST + 3, -ENOSYS }, { ZAZEN_DOMCTL_FIRST - 1, -ENOSYS },
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
	uint32_t before = fake_domain_count();

	(void)state;
#define REFUSED(err, ...) do { good_config(); __VA_ARGS__; \
		assert_int_equal(call(XEN_DOMCTL_createdomain, 0), (err)); } while (0)
	REFUSED(-EINVAL, op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm);
	REFUSED(-EINVAL, op.u.createdomain.flags |= XEN_DOMCTL_CDF_iommu);
	REFUSED(-EINVAL, op.u.createdomain.flags |= 1u << 20);
	/* A host without performance monitors. */
	REFUSED(-EINVAL, op.u.createdomain.flags |= XEN_DOMCTL_CDF_vpmu);
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
	REFUSED(-ESRCH, op.u.createdomain.cpupool_id = 1);
#undef REFUSED
	assert_int_equal(fake_domain_count(), before);
	good_config();
	assert_int_equal(call(XEN_DOMCTL_createdomain, domu->id), -EEXIST);
}

/* Every allocation on the way fails once; nothing stays behind. */
static void test_create_no_memory(void **state)
{
	uint32_t before = fake_domain_count();
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
		assert_int_equal(fake_domain_count(), before);
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
		assert_int_equal(fake_domain_count(), before);
		if (done)
			break;
	}
	assert_in_range(nth, 2, 199);
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
	host_has_aarch32 = true;
	assert_int_equal(call(XEN_DOMCTL_set_address_size, id), 0);
	assert_int_equal(call(XEN_DOMCTL_get_address_size, id), 0);
	assert_int_equal(op.u.address_size.size, 32);
	op.u.address_size.size = 33;
	assert_int_equal(call(XEN_DOMCTL_set_address_size, id), -EINVAL);
	op.u.address_size.size = 64;
	assert_int_equal(call(XEN_DOMCTL_set_address_size, id), 0);
	host_has_aarch32 = false;

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

/*
 * A domain with memory and mappings of it elsewhere: what others hold keeps it in the list,
 * dying.
 */
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
		world_test(test_destroy_while_mapped),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
