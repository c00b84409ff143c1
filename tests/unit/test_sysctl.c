/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl: the host's figures, the list of domains across restarts, the log, and what is refused. */
#include "hcall_world.h"
#include <xen/boot.h>
#include <xen/console.h>
#include <public/sysctl.h>
#include <public/zazen.h>

static struct xen_sysctl op;

static int64_t call_version(uint32_t cmd, uint32_t version)
{
	int64_t ret;

	op.cmd = cmd;
	op.interface_version = version;
	memcpy(guest(arg_va()), &op, sizeof(op));
	ret = hcall5(__HYPERVISOR_sysctl, arg_va(), 0x1234, 5, 6, 7);
	memcpy(&op, guest(arg_va()), sizeof(op));
	return ret;
}

static int64_t call(uint32_t cmd)
{
	return call_version(cmd, XEN_SYSCTL_INTERFACE_VERSION);
}

static void clear_op(void) { memset(&op, 0, sizeof(op)); }

static void test_envelope(void **state)
{
	static const uint32_t none[] = { 0, 2, 10, 12, 14, 15, 21, 22, 23, 25, 26, 27, 29,
					99, ~0u };

	(void)state;
	clear_op();
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(call(none[i]), -ENOSYS);
	assert_int_equal(call_version(XEN_SYSCTL_physinfo, 0x14), -EACCES);
	assert_int_equal(hcall5(__HYPERVISOR_sysctl, NOWHERE, 0, 0, 0, 0), -EFAULT);
	assert_int_equal(call(XEN_SYSCTL_coverage_op), -EOPNOTSUPP);
	run_as(domu, 0);
	assert_int_equal(call(XEN_SYSCTL_physinfo), -EPERM);
	assert_int_equal(call(99), -EPERM);
}

static void test_host(void **state)
{
	(void)state;
	clear_op();
	assert_int_equal(call(XEN_SYSCTL_physinfo), 0);
	assert_int_equal(op.u.physinfo.threads_per_core, 1);
	assert_int_equal(op.u.physinfo.cores_per_socket, 1);
	assert_int_equal(op.u.physinfo.nr_cpus, FAKE_NR_CPUS);
	assert_int_equal(op.u.physinfo.max_cpu_id, FAKE_NR_CPUS - 1);
	assert_int_equal(op.u.physinfo.nr_nodes, 1);
	assert_int_equal(op.u.physinfo.max_node_id, 0);
	assert_int_equal(op.u.physinfo.cpu_khz, FAKE_TIMER_HZ / 1000);
	assert_int_equal(op.u.physinfo.capabilities, 0x109);
	pmu_version = 4;
	host_info.pmu_ppi = 23;
	assert_int_equal(call(XEN_SYSCTL_physinfo), 0);
	assert_int_equal(op.u.physinfo.capabilities, 0x189);
	pmu_version = host_info.pmu_ppi = 0;
	assert_int_equal(op.u.physinfo.arch_capabilities, 0);
	assert_int_equal(op.u.physinfo.free_pages, zone_free_pages());
	assert_int_equal(op.u.physinfo.total_pages, zone_total_pages());
	assert_int_equal(op.u.physinfo.max_mfn, ((FAKE_RAM_BASE + FAKE_RAM_SIZE) >> 12) - 1);
	assert_int_equal(call(XEN_SYSCTL_sched_id), 0);
	assert_int_equal(op.u.sched_id.sched_id, 6);
	clear_op();
	assert_int_equal(call(XEN_SYSCTL_availheap), 0);
	assert_int_equal(op.u.availheap.avail_bytes, zone_free_pages() << 12);
}

static void test_topology(void **state)
{
	struct xen_sysctl_cputopo *t = guest(buf_va());
	struct xen_sysctl_cpuinfo *c = guest(buf_va());
	struct xen_sysctl_meminfo *m = guest(buf_va());
	uint32_t *distance = guest(buf_va() + 64);

	(void)state;
	clear_op();
	assert_int_equal(call(XEN_SYSCTL_cputopoinfo), 0);
	assert_int_equal(op.u.cputopoinfo.num_cpus, FAKE_NR_CPUS);
	memset(t, 0x55, 100);
	op.u.cputopoinfo.cputopo.p = buf_va();
	op.u.cputopoinfo.num_cpus = 2;
	assert_int_equal(call(XEN_SYSCTL_cputopoinfo), 0);
	assert_int_equal(op.u.cputopoinfo.num_cpus, 2);
	assert_int_equal(t[1].core | t[1].socket | t[1].node, 0);
	assert_int_equal(t[2].core, 0x55555555);
	op.u.cputopoinfo.cputopo.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_cputopoinfo), -EFAULT);

	clear_op();
	op.u.getcpuinfo.max_cpus = 100;
	op.u.getcpuinfo.info.p = buf_va();
	memset(c, 0x55, 100);
	assert_int_equal(call(XEN_SYSCTL_getcpuinfo), 0);
	assert_int_equal(op.u.getcpuinfo.nr_cpus, FAKE_NR_CPUS);
	assert_true(c[FAKE_NR_CPUS].idletime == 0x5555555555555555UL);
	assert_true(c[0].idletime != 0x5555555555555555UL);
	op.u.getcpuinfo.info.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_getcpuinfo), -EFAULT);

	clear_op();
	assert_int_equal(call(XEN_SYSCTL_numainfo), 0);
	assert_int_equal(op.u.numainfo.num_nodes, 1);
	op.u.numainfo.num_nodes = 8;
	op.u.numainfo.meminfo.p = buf_va();
	op.u.numainfo.distance.p = buf_va() + 64;
	assert_int_equal(call(XEN_SYSCTL_numainfo), 0);
	assert_int_equal(op.u.numainfo.num_nodes, 1);
	assert_int_equal(m->memsize, zone_total_pages() << 12);
	assert_int_equal(*distance, 20);
	op.u.numainfo.num_nodes = 0;
	assert_int_equal(call(XEN_SYSCTL_numainfo), 0);
	assert_int_equal(op.u.numainfo.num_nodes, 0);
	op.u.numainfo.num_nodes = 1;
	op.u.numainfo.distance.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_numainfo), -EFAULT);
	op.u.numainfo.meminfo.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_numainfo), -EFAULT);
}

static void test_scheduler(void **state)
{
	(void)state;
	clear_op();
	op.u.scheduler_op.sched_id = 6;
	op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	op.u.scheduler_op.u.sched_credit2.ratelimit_us = 1000;
	assert_int_equal(call(XEN_SYSCTL_scheduler_op), 0);
	op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	op.u.scheduler_op.u.sched_credit2.ratelimit_us = 0;
	assert_int_equal(call(XEN_SYSCTL_scheduler_op), 0);
	assert_int_equal(op.u.scheduler_op.u.sched_credit2.ratelimit_us, 1000);
	op.u.scheduler_op.sched_id = 5;
	assert_int_equal(call(XEN_SYSCTL_scheduler_op), -EINVAL);
	op.u.scheduler_op.sched_id = 6;
	op.u.scheduler_op.cmd = 2;
	assert_int_equal(call(XEN_SYSCTL_scheduler_op), -EINVAL);
	op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	op.u.scheduler_op.u.sched_credit2.ratelimit_us = 99;
	assert_int_equal(call(XEN_SYSCTL_scheduler_op), -EINVAL);
	op.u.scheduler_op.u.sched_credit2.ratelimit_us = 500001;
	assert_int_equal(call(XEN_SYSCTL_scheduler_op), -EINVAL);
	op.u.scheduler_op.u.sched_credit2.ratelimit_us = 0;
	assert_int_equal(call(XEN_SYSCTL_scheduler_op), 0);
	assert_int_equal(cpus[2]->rq->pool->ratelimit_us, 0);
	op.u.scheduler_op.cpupool_id = 1;
	assert_int_equal(call(XEN_SYSCTL_scheduler_op), -ESRCH);
}

static void test_domain_list(void **state)
{
	struct domain *more[60];
	struct xen_domctl_getdomaininfo info;
	uint32_t seen = 0, n, last = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		more[i] = fake_domain_create(1);
	for (int preempted = 0; preempted < 2; preempted++) {
		fake_irq_pending = preempted;
		clear_op();
		op.u.getdomaininfolist.max_domains = 200;
		op.u.getdomaininfolist.buffer.p = buf_va();
		op.u.getdomaininfolist.num_domains = 77;	/* OUT only: no matter */
		assert_int_equal(call(XEN_SYSCTL_getdomaininfolist), 0);
		assert_int_equal(restarts, preempted ? 3 : 0);
		n = op.u.getdomaininfolist.num_domains;
		assert_int_equal(n, 62);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(copy_elem_from_guest(&info, buf_va(), i, sizeof(info)), 0);
			assert_true(i == 0 || info.domain > last);
			last = info.domain;
			seen++;
		}
	}
	assert_int_equal(seen, 124);
	/* From the middle, and with little room; the end of the room is no reason to stop. */
	op.u.getdomaininfolist.first_domain = more[10]->id;
	op.u.getdomaininfolist.max_domains = 16;
	assert_int_equal(call(XEN_SYSCTL_getdomaininfolist), 0);
	assert_int_equal(op.u.getdomaininfolist.num_domains, 16);
	assert_int_equal(copy_elem_from_guest(&info, buf_va(), 0, sizeof(info)), 0);
	assert_int_equal(info.domain, more[10]->id);
	fake_irq_pending = false;
	op.u.getdomaininfolist.first_domain = 0xffff;
	assert_int_equal(call(XEN_SYSCTL_getdomaininfolist), 0);
	assert_int_equal(op.u.getdomaininfolist.num_domains, 0);
	op.u.getdomaininfolist.first_domain = 0;
	op.u.getdomaininfolist.buffer.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_getdomaininfolist), -EFAULT);
	/* Forged progress. */
	op.u.getdomaininfolist.buffer.p = buf_va();
	memcpy(guest(arg_va()), &op, sizeof(op));
	assert_int_equal(hcall5(__HYPERVISOR_sysctl, arg_va(), 0x7a617a656e2d6f70UL, ~0UL, ~0UL,
				0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		fake_domain_destroy(more[i]);
}

static void test_readconsole(void **state)
{
	char *text = guest(buf_va());
	uint32_t total = 0;

	(void)state;
	console_ring_clear();
	clear_op();
	for (int i = 0; i < 20; i++)
		console_write("0123456789 and so on: a line of the log\n", 40);
	op.u.readconsole.buffer.p = buf_va();
	op.u.readconsole.count = 200;
	op.u.readconsole.incremental = 1;
	assert_int_equal(call(XEN_SYSCTL_readconsole), 0);
	assert_int_equal(op.u.readconsole.count, 200);
	assert_memory_equal(text, "0123456789 and", 14);
	/* On to the end, in pieces when something waits. */
	fake_irq_pending = true;
	do {
		total += op.u.readconsole.count;
		op.u.readconsole.count = 1000;
		op.u.readconsole.clear = 1;
		assert_int_equal(call(XEN_SYSCTL_readconsole), 0);
	} while (op.u.readconsole.count);
	assert_int_equal(total, 800);
	fake_irq_pending = false;
	clear_op();
	op.u.readconsole.buffer.p = buf_va();
	op.u.readconsole.count = 100;
	assert_int_equal(call(XEN_SYSCTL_readconsole), 0);
	assert_int_equal(op.u.readconsole.count, 0);
	console_write("more\n", 5);
	op.u.readconsole.count = 100;
	op.u.readconsole.buffer.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_readconsole), -EFAULT);
}

static void test_debug_keys(void **state)
{
	(void)state;
	clear_op();
	strcpy(guest(buf_va()), "h\n");
	op.u.debug_keys.keys.p = buf_va();
	op.u.debug_keys.nr_keys = 2;
	assert_int_equal(call(XEN_SYSCTL_debug_keys), 0);
	assert_non_null(strstr(fake_last_line, "debug keys: h."));
	op.u.debug_keys.nr_keys = ~0u;
	assert_int_equal(call(XEN_SYSCTL_debug_keys), 0);
	op.u.debug_keys.keys.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_debug_keys), -EFAULT);
	op.u.debug_keys.nr_keys = 0;
	assert_int_equal(call(XEN_SYSCTL_debug_keys), 0);
}

#define NAME(reason, name)	[reason] = name,
static const char *const reasons[NR_TRAPS] = { ZAZEN_TRAP_REASONS(NAME) };

/* Query, and compare each row with what the model has. */
static void check_traps(uint64_t model[FAKE_NR_CPUS][NR_TRAPS])
{
	struct xen_sysctl_perfc_desc desc;
	uint32_t n = 0, val[2][FAKE_NR_CPUS];
	char upper[80];

	clear_op();
	op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
	op.u.perfc_op.desc.p = buf_va();
	op.u.perfc_op.val.p = buf_va() + PAGE_SIZE;
	assert_int_equal(call(XEN_SYSCTL_perfc_op), 0);
	for (uint32_t r = 0; r < NR_TRAPS; r++) {
		if (!reasons[r])
			continue;
		assert_int_equal(copy_elem_from_guest(&desc, buf_va(), n, sizeof(desc)), 0);
		assert_string_equal(desc.name, reasons[r]);
		assert_int_equal(desc.nr_vals, FAKE_NR_CPUS);
		assert_int_equal(copy_elem_from_guest(&desc, buf_va(), n + 1, sizeof(desc)), 0);
		snprintf(upper, sizeof(upper), "%s" ZAZEN_PERFC_UPPER, reasons[r]);
		assert_string_equal(desc.name, upper);
		assert_int_equal(copy_from_guest(val, buf_va() + PAGE_SIZE + n * sizeof(val[0]),
						 sizeof(val)), 0);
		for (uint32_t cpu = 0; cpu < FAKE_NR_CPUS; cpu++) {
			uint64_t want = model[cpu][r];

			for (uint32_t i = 1; r == 0 && i < NR_TRAPS; i++)
				want += reasons[i] ? 0 : model[cpu][i];
			assert_true((val[0][cpu] | (uint64_t)val[1][cpu] << 32) == want);
		}
		n += 2;
	}
	assert_int_equal(op.u.perfc_op.nr_counters, n);
	assert_int_equal(op.u.perfc_op.nr_vals, n * FAKE_NR_CPUS);
}

/* Counts, resets and questions at random, some counts over 32 bits. */
static void test_traps(void **state)
{
	static uint64_t model[FAKE_NR_CPUS][NR_TRAPS];
	uint32_t seed = 1;

	(void)state;
	clear_op();
	fake_traps_count = false;
	assert_int_equal(call(XEN_SYSCTL_perfc_op), -EINVAL);
	op.u.perfc_op.cmd = 3;
	assert_int_equal(call(XEN_SYSCTL_perfc_op), -EINVAL);
	assert_false(fake_traps_count);
	/* How many there are; the first who asks has them counted, by reset too. */
	for (op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_reset;
	     op.u.perfc_op.cmd <= XEN_SYSCTL_PERFCOP_query; op.u.perfc_op.cmd++) {
		fake_traps_count = false;
		op.u.perfc_op.nr_counters = op.u.perfc_op.nr_vals = 0;
		assert_int_equal(call(XEN_SYSCTL_perfc_op), 0);
		assert_int_equal(op.u.perfc_op.nr_counters, 34);
		assert_int_equal(op.u.perfc_op.nr_vals, 34 * FAKE_NR_CPUS);
		assert_true(fake_traps_count);
	}
	for (uint32_t step = 0; step < 2000; step++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t cpu = seed >> 8 & (FAKE_NR_CPUS - 1), r = (seed >> 16) % NR_TRAPS;
		uint64_t more = seed & 0x80 ? 0xfffffff0u : 1;

		cpus[cpu]->traps[r] += more;
		model[cpu][r] += more;
		if (step % 100 == 99)
			check_traps(model);
		if (step % 500 == 499) {
			clear_op();
			op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_reset;
			assert_int_equal(call(XEN_SYSCTL_perfc_op), 0);
			memset(model, 0, sizeof(model));
			check_traps(model);
		}
	}
	clear_op();
	op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
	op.u.perfc_op.desc.p = buf_va();
	op.u.perfc_op.val.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_perfc_op), -EFAULT);
	op.u.perfc_op.val.p = buf_va();
	op.u.perfc_op.desc.p = NOWHERE;
	assert_int_equal(call(XEN_SYSCTL_perfc_op), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_envelope),
		world_test(test_host),
		world_test(test_topology),
		world_test(test_scheduler),
		world_test(test_domain_list),
		world_test(test_readconsole),
		world_test(test_debug_keys),
		world_test(test_traps),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
