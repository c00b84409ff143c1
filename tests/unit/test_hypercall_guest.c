/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of a guest kernel: version, vCPUs, scheduling, parameters, console, time. Expected
 * values are those measured on Xen 4.17 (abi/golden-xen-4.17.csv) where it has them.
 */
#include "hcall_world.h"
#include <xen/console.h>
#include <xen/evtchn.h>
#include <xen/aarch32.h>
#include <public/features.h>
#include <public/hvm_op.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

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
	host_has_aarch32 = true;
	assert_int_equal(hcall(xen_version, XENVER_capabilities, buf_va(), 0), 0);
	assert_string_equal(text, "xen-3.0-aarch64 xen-3.0-armv7l ");
	host_has_aarch32 = false;
	assert_int_equal(text[1023], 0);
	assert_int_equal(text[1024], 'x');
	assert_int_equal(hcall(xen_version, XENVER_changeset, buf_va(), 0), 0);
	assert_string_equal(text, "");
	assert_int_equal(hcall_arg(__HYPERVISOR_xen_version, XENVER_platform_parameters, &pp,
				   sizeof(pp)), 0);
	assert_true(pp.virt_start != 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_xen_version, XENVER_get_features, &fi,
				   sizeof(fi)), 0);
	assert_int_equal(fi.submap, 0x66805);
	fi.submap_idx = 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_xen_version, XENVER_get_features, &fi,
				   sizeof(fi)), -EINVAL);
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
	assert_int_equal(hcall_arg(__HYPERVISOR_xen_version, XENVER_get_features, &fi,
				   sizeof(fi)), 0);
	assert_int_equal(fi.submap, 0x56005);
	text = guest(buf_va());
	assert_int_equal(hcall(xen_version, XENVER_commandline, buf_va(), 0), 0);
	assert_string_equal(text, "<denied>");
}

/* ---- vcpu_op, vm_assist ---- */

static void test_vcpu_op(void **state)
{
	struct vcpu_register_vcpu_info info = { .mfn = (DOMU_RAM >> 12) + 4, .offset = 64,
					       .rsvd = 5 };
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
	assert_int_equal(((struct vcpu_info *)guest(DOMU_RAM + 4 * 4096 +
						    64))->evtchn_upcall_pending, 1);
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
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()),
			 -EINVAL);
	area.addr.v = NOWHERE;
	memcpy(guest(arg_va()), &area, sizeof(area));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()),
			 -EFAULT);
	area.addr.v = ~0UL - 7;
	memcpy(guest(arg_va()), &area, sizeof(area));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()),
			 -EFAULT);
	area.addr.v = DOMU_RAM + 7 * 4096 - 8;
	memcpy(guest(arg_va()), &area, sizeof(area));
	fake_va_fault(DOMU_RAM + 7 * 4096, DOMU_RAM + 8 * 4096, true, true);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()),
			 -EFAULT);
	fake_va_fault_clear();
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, NOWHERE), -EFAULT);
	vcpu_clear_flag(domu->vcpu[1], VPF_DOWN);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 1, arg_va()),
			 -EINVAL);
	area.addr.v = 0;
	memcpy(guest(arg_va()), &area, sizeof(area));
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_memory_area, 0, arg_va()), 0);
	assert_null(domu->vcpu[0]->runstate_area);
}

/* The hypercall's result for area.addr.p = p on vCPU id. */
static int64_t runstate_phys(uint64_t id, uint64_t p)
{
	struct vcpu_register_runstate_memory_area area = { .addr.p = p };

	memcpy(guest(arg_va()), &area, sizeof(area));
	return hcall(vcpu_op, VCPUOP_register_runstate_phys_area, id, arg_va());
}

static void test_runstate_phys(void **state)
{
	const uint64_t page = DOMU_RAM + 6 * 4096;
	struct vcpu *v = domu->vcpu[0];
	uint64_t bit;

	(void)state;
	run_as(domu, 0);
	vcpu_clear_flag(v, VPF_DOWN);
	/* The guest's tables have no say. */
	fake_va_fault(page, page + 4096, true, true);
	assert_int_equal(runstate_phys(0, page + 64), 0);
	fake_va_fault_clear();
	assert_memory_equal(guest(page + 64), v->runstate_area, sizeof(*v->runstate_area));
	assert_int_equal(v->runstate_area->state, (int)v->runstate.state);
	/* The last place that a page has; no further, and nothing askew. */
	assert_int_equal(runstate_phys(0, page + 4096 - 48), 0);
	assert_int_equal(runstate_phys(0, page + 4096 - 40), -ENXIO);
	assert_int_equal(runstate_phys(0, page + 4096 - 8), -ENXIO);
	assert_int_equal(runstate_phys(0, page + 4), -ENXIO);
	assert_int_equal(runstate_phys(0, ~0UL - 1), -ENXIO);
	assert_int_equal(runstate_phys(0, ~0UL - 7), -ENXIO);
	/* No RAM of its own. */
	assert_int_equal(runstate_phys(0, 0), -EINVAL);
	assert_int_equal(runstate_phys(0, NOWHERE), -EINVAL);
	for (bit = 1UL << 40; bit; bit <<= 1)
		assert_int_equal(runstate_phys(0, page | bit), -EINVAL);
	assert_non_null(v->runstate_area); /* that from before */
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_phys_area, 0, NOWHERE), -EFAULT);
	assert_int_equal(hcall(vcpu_op, VCPUOP_register_runstate_phys_area, 2, arg_va()), -ENOENT);
	/* Another's: while it is down and has none; it alone takes its own away. */
	assert_int_equal(runstate_phys(1, page), 0);
	assert_int_equal(runstate_phys(1, page), -EINVAL);
	assert_int_equal(runstate_phys(1, ~0UL), -EINVAL);
	vcpu_clear_flag(domu->vcpu[1], VPF_DOWN);
	assert_int_equal(runstate_phys(1, page), -EINVAL);
	assert_int_equal(runstate_phys(0, ~0UL), 0);
	assert_null(v->runstate_area);
	assert_int_equal(runstate_phys(0, ~0UL), 0);
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
	assert_int_equal(hcall(sched_op, SCHEDOP_pin_override, arg_va(), 0), -ENOSYS);
	assert_int_equal(hcall(sched_op, SCHEDOP_shutdown, NOWHERE, 0), -EFAULT);
	assert_int_equal(hcall(sched_op, SCHEDOP_shutdown_code, NOWHERE, 0), -EFAULT);
	s.reason = SHUTDOWN_MAX + 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s, sizeof(s)),
			 -EINVAL);
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_shutdown_code, &s, sizeof(s)),
			 -EINVAL);
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
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)),
			 -EINVAL);
	r.reason = SHUTDOWN_suspend;
	r.domain_id = DOMID_SELF;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)),
			 -EPERM);
	r.domain_id = 4000;
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)),
			 -ESRCH);
	r.domain_id = domu->id;
	run_as(domu, 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)),
			 -EPERM);
	run_as(dom0, 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r, sizeof(r)),
			 0);
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

static void test_console_read(void **state)
{
	static const struct uart_ops keyboard = { swallow, type_one };
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
	struct xen_platform_op op = { .cmd = XENPF_settime64,
				     .interface_version = XENPF_INTERFACE_VERSION };
	struct shared_info *s = domu->shared_info;

	(void)state;
	op.u.settime64.secs = 1000000;
	op.u.settime64.nsecs = 500;
	/* It is UTC now; what Linux takes for our system time began later. */
	fake_now += 20000000000;
	op.u.settime64.system_time = fake_now - 17000000000;
	memcpy(guest(arg_va()), &op, sizeof(op));
	assert_int_equal(hcall(platform_op, arg_va(), 0, 0), 0);
	assert_int_equal(wallclock_now(), 1000000000000500);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_version),
		world_test(test_vcpu_op),
		world_test(test_runstate_phys),
		world_test(test_vm_assist),
		world_test(test_sched_simple),
		world_test(test_remote_shutdown),
		world_test(test_poll),
		world_test(test_hvm_params),
		world_test(test_console),
		world_test(test_platform),
		world_test(test_console_read),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
