/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of hypercalls, guest copies, multicall, and the calls of a guest kernel: version, scheduling, vCPUs,
 * parameters, console, time. Expected values are those measured on Xen 4.17 (abi/golden-xen-4.17.csv) where it has them.
 */
#include "hcall_world.h"
#include <xen/console.h>
#include <xen/evtchn.h>
#include <arch/timer.h>
#include <public/features.h>
#include <public/hvm_op.h>
#include <public/memory.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

/* ---- table ---- */

struct row { unsigned int nr; bool privileged; };
static const struct row present[] = {
	{ 7, true }, { 12, false }, { 13, false }, { 17, false }, { 18, false }, { 20, false }, { 21, false },
	{ 24, false }, { 29, false }, { 32, false }, { 33, true }, { 34, false }, { 35, true }, { 36, true },
};

static const struct row *find(unsigned int nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(present); i++)
		if (present[i].nr == nr)
			return &present[i];
	return NULL;
}

static void test_table(void **state)
{
	(void)state;
	for (unsigned int nr = 0; nr < NR_HYPERCALLS; nr++) {
		const struct row *r = find(nr);

		assert_non_null(hypercall_table[nr]);
		for (int as_domu = 0; as_domu < 2; as_domu++) {
			int64_t ret;

			run_as(as_domu ? domu : dom0, 0);
			/* A command that no call has, and an argument that is nowhere. */
			ret = hcall5(nr, NOWHERE + 0x3f, NOWHERE + 1, 0, 0, 0);
			if (!r)
				assert_int_equal(ret, -ENOSYS);
			else if (r->privileged && as_domu)
				assert_int_equal(ret, -EPERM);
			else
				assert_true(ret < 0 && ret != -EPERM);
		}
	}
}

/* ---- guest copies ---- */

static void test_copy(void **state)
{
	uint8_t out[3 * 4096], in[3 * 4096];
	uint64_t va = buf_va();

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t size = 0; size < 140; size++) {
		for (uint64_t off = 4096 - 70; off < 4096 + 5; off += 3) {
			memset(in, 0, sizeof(in));
			assert_int_equal(copy_to_guest(va + off, out, size), 0);
			assert_int_equal(copy_from_guest(in, va + off, size), 0);
			assert_memory_equal(in, out, size);
		}
	}
	assert_int_equal(copy_to_guest(va + 100, out, 3 * 4096), 0);
	assert_int_equal(copy_from_guest(in, va + 100, 3 * 4096), 0);
	assert_memory_equal(in, out, sizeof(out));
	assert_int_equal(clear_guest(va + 101, 3 * 4096 - 2), 0);
	assert_int_equal(copy_from_guest(in, va + 100, 3 * 4096), 0);
	assert_int_equal(in[0], out[0]);
	assert_int_equal(in[3 * 4096 - 1], out[3 * 4096 - 1]);
	for (size_t i = 1; i < 3 * 4096 - 1; i++)
		assert_int_equal(in[i], 0);
	assert_true(map_window_empty());
}

static void test_copy_errors(void **state)
{
	uint8_t b[8192] = { 0 };
	uint64_t va = buf_va(), end = DOM0_RAM + DOM0_PAGES * PAGE_SIZE;
	gfn_t g;

	(void)state;
	assert_int_equal(copy_from_guest(b, NOWHERE, 8), -EFAULT);
	assert_int_equal(copy_to_guest(NOWHERE, b, 8), -EFAULT);
	/* The last byte beyond the memory, and beyond the address space. */
	assert_int_equal(copy_from_guest(b, end - 8, 9), -EFAULT);
	assert_int_equal(copy_to_guest(end - 8, b, 9), -EFAULT);
	assert_int_equal(copy_from_guest(b, end - 8, 8), 0);
	assert_int_equal(copy_from_guest(b, ~0UL - 3, 8), -EFAULT);
	assert_int_equal(copy_to_guest(~0UL - 3, b, 8), -EFAULT);
	assert_int_equal(copy_from_guest(b, va, ~0UL), -EFAULT);
	assert_int_equal(clear_guest(va, ~0UL), -EFAULT);
	/* The guest's own rights. */
	fake_va_fault(va + 4096, va + 8192, false, true);
	assert_int_equal(copy_from_guest(b, va + 4000, 200), 0);
	assert_int_equal(copy_to_guest(va + 4000, b, 200), -EFAULT);
	assert_int_equal(guest_va_to_gfn(va + 4096, true, &g), -EFAULT);
	assert_int_equal(guest_va_to_gfn(va + 4096, false, &g), 0);
	assert_true(g.v == (va + 4096) >> 12);
	/* Elements: products and sums that overflow. */
	assert_int_equal(copy_elem_from_guest(b, va, 3, 16), 0);
	assert_int_equal(copy_elem_from_guest(b, va, ~0UL / 8, 16), -EFAULT);
	assert_int_equal(copy_elem_from_guest(b, va, ~0UL / 16, 16), -EFAULT);
	assert_int_equal(copy_elem_to_guest(va, 3, b, 16), 0);
	assert_int_equal(copy_elem_to_guest(va, ~0UL / 16, b, 16), -EFAULT);
	assert_int_equal(copy_elem_to_guest(~0UL - 7, 0, b, 16), -EFAULT);
}

static void test_copy_from_gfn(void **state)
{
	char text[16] = { 0 };

	(void)state;
	strcpy(fake_guest_ptr(domu, DOMU_RAM + 100), "over there");
	assert_int_equal(copy_from_gfn(domu, gfn(DOMU_RAM >> 12), 100, text, sizeof(text)), 0);
	assert_string_equal(text, "over there");
	assert_int_equal(copy_from_gfn(domu, gfn(DOMU_RAM >> 12), 4096, text, 0), 0);
	assert_int_equal(copy_from_gfn(domu, gfn(DOMU_RAM >> 12), 4090, text, 16), -EINVAL);
	assert_int_equal(copy_from_gfn(domu, gfn(DOMU_RAM >> 12), ~0u, text, 1), -EINVAL);
	assert_int_equal(copy_from_gfn(domu, gfn(NOWHERE >> 12), 0, text, 1), -EFAULT);
}

/* ---- multicall ---- */

static struct multicall_entry *entries(void)
{
	return guest(buf_va());
}

static void test_multicall(void **state)
{
	struct multicall_entry *e = entries();
	struct xen_feature_info *fi = guest(arg_va());

	(void)state;
	memset(e, 0x55, 5 * sizeof(*e));
	e[0].op = __HYPERVISOR_xen_version; e[0].args[0] = XENVER_version;
	e[1].op = 999;
	e[2].op = __HYPERVISOR_multicall; e[2].args[0] = buf_va(); e[2].args[1] = 1;
	e[3].op = __HYPERVISOR_xen_version; e[3].args[0] = XENVER_get_features; e[3].args[1] = arg_va();
	e[4].op = ~0UL;
	fi->submap_idx = 0;
	assert_int_equal(hcall(multicall, buf_va(), 5, 0), 0);
	assert_int_equal(restarts, 0);
	assert_true(e[0].result == 0x40011);
	assert_true((int64_t)e[1].result == -ENOSYS);
	assert_true((int64_t)e[2].result == -EINVAL);
	assert_true(e[3].result == 0);
	assert_int_equal(fi->submap, 0x26805);
	assert_true((int64_t)e[4].result == -ENOSYS);
	assert_true(e[0].args[1] == 0x5555555555555555UL);
	/* Preempted between all entries. */
	fake_irq_pending = true;
	for (int i = 0; i < 5; i++)
		e[i].result = 77;
	assert_int_equal(hcall(multicall, buf_va(), 5, 0), 0);
	assert_int_equal(restarts, 4);
	for (int i = 0; i < 5; i++)
		assert_true(e[i].result != 77);
	fake_irq_pending = false;
	assert_int_equal(hcall(multicall, 0, 0, 0), -EFAULT);
	assert_int_equal(hcall(multicall, NOWHERE, 1, 0), -EFAULT);
	assert_int_equal(hcall(multicall, buf_va(), 0, 0), 0);
	/* The result cannot be written. */
	fake_va_fault(buf_va(), buf_va() + 4096, false, true);
	assert_int_equal(hcall(multicall, buf_va(), 1, 0), -EFAULT);
	assert_false(this_vcpu()->hcall.in_multicall);
}

/* An entry that is itself preempted gets new arguments, and its result at the end. */
static void test_multicall_restart(void **state)
{
	struct multicall_entry *e = entries();
	struct xen_memory_reservation *r = guest(arg_va());
	uint64_t *frames = guest(buf_va() + PAGE_SIZE);

	(void)state;
	for (int i = 0; i < 200; i++)
		frames[i] = 0x90000 + (uint64_t)i;
	r->extent_start.p = buf_va() + PAGE_SIZE;
	r->nr_extents = 200;
	r->domid = domu->id;
	memset(e, 0, 2 * sizeof(*e));
	e[0].op = __HYPERVISOR_memory_op;
	e[0].args[0] = XENMEM_populate_physmap; e[0].args[1] = arg_va();
	e[1].op = __HYPERVISOR_xen_version;
	fake_irq_pending = true;
	assert_int_equal(hcall(multicall, buf_va(), 2, 0), 0);
	assert_int_equal(e[0].result, 200);
	assert_int_equal(e[1].result, 0x40011);
	assert_true(restarts > 3);
	assert_int_equal(domu->tot_pages, DOMU_PAGES + 200);
	/* The list cannot take the new arguments. */
	e[0].args[0] = XENMEM_populate_physmap;
	fake_va_fault(buf_va(), buf_va() + 4096, false, true);
	assert_int_equal(hcall(multicall, buf_va(), 1, 0), -EFAULT);
	assert_false(this_vcpu()->hcall.restart);
}

/* ---- version ---- */

static void test_version(void **state)
{
	struct xen_feature_info fi = { 0 };
	struct xen_platform_parameters pp = { 0 };
	char *text = guest(buf_va());

	(void)state;
	assert_int_equal(hcall(xen_version, 0, 0, 0), 0x40011);
	assert_int_equal(hcall(xen_version, 0, NOWHERE, 0), 0x40011);
	memset(text, 'x', 2048);
	assert_int_equal(hcall(xen_version, XENVER_extraversion, buf_va(), 0), 0);
	assert_string_equal(text, ".zazen");
	assert_int_equal(text[15], 0);
	assert_int_equal(text[16], 'x');
	assert_int_equal(hcall(xen_version, XENVER_compile_info, buf_va(), 0), 0);
	assert_int_equal(text[143], 0);
	assert_int_equal(text[144], 'x');
	memset(text, 'x', 2048);
	assert_int_equal(hcall(xen_version, XENVER_capabilities, buf_va(), 0), 0);
	assert_string_equal(text, "xen-3.0-aarch64 ");
	assert_int_equal(text[1023], 0);
	assert_int_equal(text[1024], 'x');
	assert_int_equal(hcall(xen_version, XENVER_changeset, buf_va(), 0), 0);
	assert_string_equal(text, "");
	assert_int_equal(hcall_arg(__HYPERVISOR_xen_version, XENVER_platform_parameters, &pp, sizeof(pp)), 0);
	assert_true(pp.virt_start != 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_xen_version, XENVER_get_features, &fi, sizeof(fi)), 0);
	assert_int_equal(fi.submap, 0x26805);
	fi.submap_idx = 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_xen_version, XENVER_get_features, &fi, sizeof(fi)), -EINVAL);
	assert_int_equal(hcall(xen_version, XENVER_pagesize, 0, 0), 4096);
	assert_int_equal(hcall(xen_version, XENVER_pagesize, buf_va(), 0), -EINVAL);
	memset(dom0->handle, 0xab, 16);
	assert_int_equal(hcall(xen_version, XENVER_guest_handle, buf_va(), 0), 0);
	assert_memory_equal(text, dom0->handle, 16);
	strlcpy(saved_cmdline, "dom0_mem=1G sync_console", sizeof(saved_cmdline));
	assert_int_equal(hcall(xen_version, XENVER_commandline, buf_va(), 0), 0);
	assert_string_equal(text, "dom0_mem=1G sync_console");
	assert_int_equal(hcall(xen_version, XENVER_build_id, 0, 0), -ENODATA);
	assert_int_equal(hcall(xen_version, 99, 0, 0), -ENOSYS);
	for (unsigned int cmd = 1; cmd <= 9; cmd++)
		if (cmd != XENVER_pagesize)
			assert_int_equal(hcall(xen_version, cmd, NOWHERE, 0), -EFAULT);

	run_as(domu, 0);
	fi.submap_idx = 0;
	assert_int_equal(hcall_arg(__HYPERVISOR_xen_version, XENVER_get_features, &fi, sizeof(fi)), 0);
	assert_int_equal(fi.submap, 0x16005);
	text = guest(buf_va());
	assert_int_equal(hcall(xen_version, XENVER_commandline, buf_va(), 0), 0);
	assert_string_equal(text, "<denied>");
}

/* ---- vcpu_op, vm_assist ---- */

static void test_vcpu_op(void **state)
{
	struct vcpu_register_vcpu_info info = { .mfn = (DOMU_RAM >> 12) + 4, .offset = 64, .rsvd = 5 };
	struct vcpu_register_runstate_memory_area area;
	struct vcpu_runstate_info *rs;

	(void)state;
	run_as(domu, 0);
	vcpu_clear_flag(domu->vcpu[0], VPF_DOWN);
	assert_int_equal(hcall(vcpu_op, VCPUOP_get_runstate_info, 0, arg_va()), -EINVAL);
	assert_int_equal(hcall(vcpu_op, VCPUOP_is_up, 0, 0), -EINVAL);
	assert_int_equal(hcall(vcpu_op, VCPUOP_is_up, 2, 0), -ENOENT);
	assert_int_equal(hcall(vcpu_op, VCPUOP_is_up, ~0UL, 0), -ENOENT);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_vcpu_info, 0, NOWHERE), -EFAULT);

	memcpy(guest(arg_va()), &info, sizeof(info));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_vcpu_info, 0, arg_va()), 0);
	assert_int_equal(((struct vcpu_info *)guest(DOMU_RAM + 4 * 4096 + 64))->evtchn_upcall_pending, 1);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_vcpu_info, 0, arg_va()), -EINVAL);
	/* Another vCPU's: only while it is down. */
	info.offset = 4090;
	memcpy(guest(arg_va()), &info, sizeof(info));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_vcpu_info, 1, arg_va()), -ENXIO);
	info.offset = 128;
	memcpy(guest(arg_va()), &info, sizeof(info));
	vcpu_clear_flag(domu->vcpu[1], VPF_DOWN);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_vcpu_info, 1, arg_va()), -EINVAL);
	vcpu_set_flag(domu->vcpu[1], VPF_DOWN);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_vcpu_info, 1, arg_va()), 0);

	/* Runstate across two pages. */
	area.addr.v = DOMU_RAM + 6 * 4096 - 16;
	memcpy(guest(arg_va()), &area, sizeof(area));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()), 0);
	rs = domu->vcpu[0]->runstate_area;
	assert_non_null(rs);
	assert_memory_equal(guest(DOMU_RAM + 6 * 4096 - 16), rs, 16);
	assert_memory_equal(guest(DOMU_RAM + 6 * 4096), (char *)rs + 16, 32);
	area.addr.v = DOMU_RAM + 6 * 4096 + 4;
	memcpy(guest(arg_va()), &area, sizeof(area));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()), -EINVAL);
	area.addr.v = NOWHERE;
	memcpy(guest(arg_va()), &area, sizeof(area));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()), -EFAULT);
	area.addr.v = ~0UL - 7;
	memcpy(guest(arg_va()), &area, sizeof(area));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()), -EFAULT);
	area.addr.v = DOMU_RAM + 7 * 4096 - 8;
	memcpy(guest(arg_va()), &area, sizeof(area));
	fake_va_fault(DOMU_RAM + 7 * 4096, DOMU_RAM + 8 * 4096, true, true);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()), -EFAULT);
	fake_va_fault_clear();
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, NOWHERE), -EFAULT);
	vcpu_clear_flag(domu->vcpu[1], VPF_DOWN);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 1, arg_va()), -EINVAL);
	area.addr.v = 0;
	memcpy(guest(arg_va()), &area, sizeof(area));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()), 0);
	assert_null(domu->vcpu[0]->runstate_area);
}

static void test_vm_assist(void **state)
{
	(void)state;
	run_as(domu, 0);
	assert_int_equal(hcall(vm_assist, 0, 5, 0), 0);
	assert_true(domu->runstate_update_flag);
	assert_int_equal(hcall(vm_assist, 1, 5, 0), 0);
	assert_false(domu->runstate_update_flag);
	assert_int_equal(hcall(vm_assist, 0, 0, 0), -EINVAL);
	assert_int_equal(hcall(vm_assist, 0, 99, 0), -EINVAL);
	assert_int_equal(hcall(vm_assist, 9, 5, 0), -ENOSYS);
}

/* ---- sched_op ---- */

static void test_sched_simple(void **state)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_reboot };

	(void)state;
	run_as(domu, 0);
	vcpu_clear_flag(domu->vcpu[0], VPF_DOWN);
	assert_int_equal(hcall(sched_op, SCHEDOP_yield, 0, 0), 0);
	assert_int_equal(hcall(sched_op, SCHEDOP_block, 0, 0), 0);
	assert_true(this_vcpu()->flags & VPF_BLOCKED);
	vcpu_wake(this_vcpu());
	assert_int_equal(hcall(sched_op, 99, 0, 0), -ENOSYS);
	assert_int_equal(hcall(sched_op, SCHEDOP_watchdog, arg_va(), 0), -ENOSYS);
	assert_int_equal(hcall(sched_op, SCHEDOP_pin_override, arg_va(), 0), -ENOSYS);
	assert_int_equal(hcall(sched_op, SCHEDOP_shutdown, NOWHERE, 0), -EFAULT);
	assert_int_equal(hcall(sched_op, SCHEDOP_shutdown_code, NOWHERE, 0), -EFAULT);
	s.reason = SHUTDOWN_MAX + 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s, sizeof(s)), -EINVAL);
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_shutdown_code, &s, sizeof(s)), -EINVAL);
	assert_false(domu->shut_down);
	s.reason = SHUTDOWN_watchdog;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_shutdown_code, &s, sizeof(s)), 0);
	s.reason = SHUTDOWN_reboot;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_shutdown_code, &s, sizeof(s)), 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s, sizeof(s)), 0);
	assert_true(domu->shut_down);
	assert_int_equal(domu->shutdown_code, SHUTDOWN_watchdog);
	assert_true(domu->vcpu[1]->flags & VPF_SHUTDOWN);
}

static void test_remote_shutdown(void **state)
{
	struct sched_remote_shutdown r = { .domain_id = domu->id, .reason = SHUTDOWN_suspend };

	(void)state;
	assert_int_equal(hcall(sched_op, SCHEDOP_remote_shutdown, NOWHERE, 0), -EFAULT);
	r.reason = 77;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)), -EINVAL);
	r.reason = SHUTDOWN_suspend;
	r.domain_id = DOMID_SELF;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)), -EPERM);
	r.domain_id = 4000;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)), -ESRCH);
	r.domain_id = domu->id;
	run_as(domu, 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)), -EPERM);
	run_as(dom0, 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)), 0);
	assert_int_equal(domu->shutdown_code, SHUTDOWN_suspend);
}

static void test_poll(void **state)
{
	struct sched_poll p = { .nr_ports = 1, .timeout = 0 };
	struct vcpu *v = domu->vcpu[0];
	uint32_t port, *ports;

	(void)state;
	run_as(domu, 0);
	vcpu_clear_flag(v, VPF_DOWN);
	ports = guest(buf_va());
	assert_int_equal(evtchn_bind_ipi(domu, 0, &port), 0);
	p.ports.p = buf_va();
	ports[0] = port;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_poll, &p, sizeof(p)), 0);
	assert_true(v->flags & VPF_BLOCKED);
	assert_false(soft_timer_armed(&v->poll_timer));
	/* The port wakes it, and a poll for a pending port does not block. */
	domu->shared_info->evtchn_mask[port / 64] |= BIT(port % 64);
	assert_int_equal(evtchn_send(domu, port), 0);
	assert_false(v->flags & VPF_BLOCKED);
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_poll, &p, sizeof(p)), 0);
	assert_false(v->flags & VPF_BLOCKED);
	domu->shared_info->evtchn_pending[port / 64] = 0;
	/* A time-out in the past; one in the future, which wakes. */
	p.timeout = system_time() - 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_poll, &p, sizeof(p)), 0);
	assert_false(v->flags & VPF_BLOCKED);
	p.timeout = system_time() + 5000;
	p.nr_ports = 0;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_poll, &p, sizeof(p)), 0);
	assert_true(v->flags & VPF_BLOCKED);
	fake_now += 6000;
	soft_timer_run();
	assert_false(v->flags & VPF_BLOCKED);
	/* Errors. */
	p.nr_ports = 129;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_poll, &p, sizeof(p)), -EINVAL);
	p.nr_ports = 2;
	ports[1] = 100000;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_poll, &p, sizeof(p)), -EINVAL);
	p.ports.p = NOWHERE;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_poll, &p, sizeof(p)), -EFAULT);
	p.nr_ports = 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_poll, &p, sizeof(p)), -EFAULT);
	assert_int_equal(hcall(sched_op, SCHEDOP_poll, NOWHERE, 0), -EFAULT);
	assert_false(v->flags & VPF_BLOCKED);
}

/* ---- hvm_op ---- */

static int64_t hvm(unsigned int cmd, domid_t id, uint32_t index, uint64_t *value)
{
	struct xen_hvm_param p = { .domid = id, .index = index, .value = *value };
	int64_t ret = hcall_arg(__HYPERVISOR_hvm_op, cmd, &p, sizeof(p));

	*value = p.value;
	return ret;
}

static void test_hvm_params(void **state)
{
	static const uint32_t guest_reads[] = { 0, 1, 2, 17, 18 };
	uint64_t v = 5;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(guest_reads); i++) {
		run_as(dom0, 0);
		v = 1000 + i;
		assert_int_equal(hvm(HVMOP_set_param, domu->id, guest_reads[i], &v), 0);
		v = 1;
		assert_int_equal(hvm(HVMOP_set_param, DOMID_SELF, guest_reads[i], &v), -EPERM);
		run_as(domu, 0);
		assert_int_equal(hvm(HVMOP_get_param, DOMID_SELF, guest_reads[i], &v), 0);
		assert_int_equal(v, 1000 + i);
		assert_int_equal(hvm(HVMOP_get_param, domu->id, guest_reads[i], &v), 0);
		assert_int_equal(hvm(HVMOP_set_param, DOMID_SELF, guest_reads[i], &v), -EPERM);
		assert_int_equal(hvm(HVMOP_get_param, 0, guest_reads[i], &v), -EPERM);
	}
	assert_int_equal(hvm(HVMOP_get_param, DOMID_SELF, 28, &v), -EPERM);
	assert_int_equal(hvm(HVMOP_get_param, DOMID_SELF, 5, &v), -EINVAL);
	assert_int_equal(hvm(HVMOP_get_param, DOMID_SELF, 99, &v), -EINVAL);
	run_as(dom0, 0);
	v = 3;
	assert_int_equal(hvm(HVMOP_set_param, domu->id, 28, &v), 0);
	v = 0;
	assert_int_equal(hvm(HVMOP_get_param, domu->id, 28, &v), 0);
	assert_int_equal(v, 3);
	assert_int_equal(hvm(HVMOP_set_param, domu->id, 5, &v), -EINVAL);
	assert_int_equal(hvm(HVMOP_set_param, domu->id, ~0u, &v), -EINVAL);
	assert_int_equal(hvm(HVMOP_get_param, 4000, 1, &v), -ESRCH);
	assert_int_equal(hvm(15, DOMID_SELF, 1, &v), -ENOSYS);
	assert_int_equal(hcall(hvm_op, HVMOP_get_param, NOWHERE, 0), -EFAULT);
	fake_va_fault(arg_va(), arg_va() + 4096, false, true);
	assert_int_equal(hvm(HVMOP_get_param, domu->id, 1, &v), -EFAULT);
}

/* ---- console_io ---- */

static void test_console(void **state)
{
	char *text = guest(buf_va());

	(void)state;
	strcpy(text, "typed on hvc0\n");
	assert_int_equal(hcall(console_io, CONSOLEIO_write, strlen(text), buf_va()), 0);
	assert_string_equal(fake_last_line, "typed on hvc0");
	memset(text, 'a', 1000);
	text[999] = '\n';
	fake_irq_pending = true;
	assert_int_equal(hcall(console_io, CONSOLEIO_write, 1000, buf_va()), 0);
	assert_int_equal(restarts, 7);
	assert_int_equal(fake_last_line[0], 'a');
	assert_int_equal(hcall(console_io, CONSOLEIO_write, 5, NOWHERE), -EFAULT);
	assert_int_equal(hcall(console_io, CONSOLEIO_write, 0, NOWHERE), 0);
	assert_int_equal(hcall(console_io, CONSOLEIO_read, 100, buf_va()), 0);
	assert_int_equal(hcall(console_io, 9, 0, 0), -ENOSYS);

	run_as(domu, 0);
	text = guest(buf_va());
	strcpy(text, "one\n\ntwo\x1b[2J\nthree");
	assert_int_equal(hcall(console_io, CONSOLEIO_write, strlen(text), buf_va()), 0);
	assert_non_null(strstr(fake_last_line, "three"));
	assert_int_equal(hcall(console_io, CONSOLEIO_write, ~0u, buf_va()), 0);
	assert_int_equal(hcall(console_io, CONSOLEIO_write, 4, NOWHERE), -EFAULT);
	assert_int_equal(hcall(console_io, CONSOLEIO_read, 4, buf_va()), -EPERM);
}

static const char *typed;
static int type_one(void) { return *typed ? *typed++ : -1; }
static void swallow(char c) { (void)c; }
static void nothing(void) { }

static void test_console_read(void **state)
{
	static const struct uart_ops keyboard = { swallow, type_one, nothing, 33 };
	char *text = guest(buf_va());

	(void)state;
	console_set_uart(&keyboard);
	typed = "ls -l";
	console_rx_irq();
	assert_int_equal(hcall(console_io, CONSOLEIO_read, 3, buf_va()), 3);
	assert_memory_equal(text, "ls ", 3);
	assert_int_equal(hcall(console_io, CONSOLEIO_read, 300, buf_va()), 2);
	assert_memory_equal(text, "-l", 2);
	typed = "x";
	console_rx_irq();
	assert_int_equal(hcall(console_io, CONSOLEIO_read, 3, NOWHERE), -EFAULT);
}

/* ---- platform_op, physdev_op ---- */

static void test_platform(void **state)
{
	struct xen_platform_op op = { .cmd = XENPF_settime64, .interface_version = XENPF_INTERFACE_VERSION };
	struct shared_info *s = domu->shared_info;

	(void)state;
	op.u.settime64.secs = 1000000;
	op.u.settime64.nsecs = 500;
	op.u.settime64.system_time = fake_now;
	memcpy(guest(arg_va()), &op, sizeof(op));
	assert_int_equal(hcall(platform_op, arg_va(), 0, 0), 0);
	assert_true(s->wc_sec <= 1000000 && s->wc_sec >= 999990);
	assert_int_equal(s->wc_version & 1, 0);
	((struct xen_platform_op *)guest(arg_va()))->u.settime64.mbz = 1;
	assert_int_equal(hcall(platform_op, arg_va(), 0, 0), -EINVAL);
	((struct xen_platform_op *)guest(arg_va()))->u.settime64.mbz = 0;
	((struct xen_platform_op *)guest(arg_va()))->u.settime64.nsecs = 1000000000;
	assert_int_equal(hcall(platform_op, arg_va(), 0, 0), -EINVAL);
	((struct xen_platform_op *)guest(arg_va()))->cmd = 50;
	assert_int_equal(hcall(platform_op, arg_va(), 0, 0), -ENOSYS);
	((struct xen_platform_op *)guest(arg_va()))->interface_version = 1;
	assert_int_equal(hcall(platform_op, arg_va(), 0, 0), -EACCES);
	assert_int_equal(hcall(platform_op, NOWHERE, 0, 0), -EFAULT);
	assert_int_equal(hcall(physdev_op, PHYSDEVOP_pci_device_add, arg_va(), 0), -ENOSYS);
	assert_int_equal(hcall(physdev_op, 99, 0, 0), -ENOSYS);
}

/* ---- permissions ---- */

static void test_access_target(void **state)
{
	struct domain *d;

	(void)state;
	assert_int_equal(access_target(domu->id, &d), 0);
	assert_ptr_equal(d, domu);
	domain_put(d);
	assert_int_equal(access_target(DOMID_SELF, &d), 0);
	assert_ptr_equal(d, dom0);
	domain_put(d);
	assert_int_equal(access_target(4000, &d), -ESRCH);
	assert_int_equal(access_target(DOMID_INVALID, &d), -ESRCH);
	run_as(domu, 0);
	assert_int_equal(access_target(0, &d), -EPERM);
	assert_int_equal(access_target(4000, &d), -EPERM);
	assert_int_equal(access_target(domu->id, &d), 0);
	assert_ptr_equal(d, domu);
	domain_put(d);
	assert_false(caller_is_privileged());
	/* A domain that is being made is nobody's target yet. */
	run_as(dom0, 0);
	store_release(&domu->dying, DOMAIN_CREATING);
	assert_int_equal(access_target(domu->id, &d), -ESRCH);
	store_release(&domu->dying, DOMAIN_ALIVE);
}

static void test_preempt(void **state)
{
	(void)state;
	assert_false(hypercall_preempt());
	fake_irq_pending = true;
	assert_true(hypercall_preempt());
	fake_irq_pending = false;
	this_cpu()->work = WORK_VGIC;
	assert_false(hypercall_preempt());
	this_cpu()->work = WORK_RESCHED;
	assert_true(hypercall_preempt());
	this_cpu()->work = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_table),
		world_test(test_copy),
		world_test(test_copy_errors),
		world_test(test_copy_from_gfn),
		world_test(test_multicall),
		world_test(test_multicall_restart),
		world_test(test_version),
		world_test(test_vcpu_op),
		world_test(test_vm_assist),
		world_test(test_sched_simple),
		world_test(test_remote_shutdown),
		world_test(test_poll),
		world_test(test_hvm_params),
		world_test(test_console),
		world_test(test_platform),
		world_test(test_access_target),
		world_test(test_preempt),
		world_test(test_console_read),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
