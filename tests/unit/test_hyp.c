/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypercall library against a model hypervisor: what goes out, what comes back, what errors
 * become. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <xentools/error.h>

#include "test_support_hyp.h"

static struct fake_hyp fake;
static struct hyp *hyp;

static int set_up(void **state)
{
	(void)state;
	fake_hyp_init(&fake);
	return hyp_open_ops(&hyp, &fake_hyp_ops, &fake, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	hyp_close(hyp);
	assert_int_equal(fake.open_fds, 0);
	fake_hyp_free(&fake);
	return 0;
}

static uint16_t create(unsigned int vcpus)
{
	struct hyp_create_args args = { .uuid = { 1, 2, 3 }, .max_vcpus = vcpus };
	struct hyp_create_result made;

	assert_int_equal(hyp_domain_create(hyp, &args, &made, NULL), 0);
	assert_int_equal(made.gic_version, 3);
	return made.domid;
}

/* Counters are the host's to give. */
static void performance_monitors(void **state)
{
	struct hyp_create_args args = { .max_vcpus = 1, .vpmu = true };
	struct hyp_create_result made;
	struct hyp_physinfo phys;

	(void)state;
	assert_int_equal(hyp_domain_create(hyp, &args, &made, NULL), -1);
	fake.vpmu = true;
	assert_int_equal(hyp_physinfo(hyp, &phys, NULL), 0);
	assert_true(phys.capabilities & HYP_CAP_VPMU);
	assert_int_equal(hyp_domain_create(hyp, &args, &made, NULL), 0);
	fake.vpmu = false;
}

static void life_of_a_domain(void **state)
{
	struct hyp_domain_info info, *list;
	uint16_t domid = create(2);
	size_t n;

	(void)state;
	assert_int_equal(hyp_domain_info(hyp, domid, &info, NULL), 1);
	assert_true(info.paused && !info.dying);
	assert_int_equal(info.uuid[2], 3);
	assert_int_equal(hyp_domain_max_vcpus(hyp, domid, 2, NULL), 0);
	assert_int_equal(hyp_domain_unpause(hyp, domid, NULL), 0);
	assert_int_equal(hyp_domain_info(hyp, domid, &info, NULL), 1);
	assert_false(info.paused);
	assert_int_equal(hyp_domain_list(hyp, &list, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[1].domid, domid);
	free(list);
	assert_int_equal(hyp_domain_remote_shutdown(hyp, domid, HYP_SHUTDOWN_CRASH, NULL), 0);
	assert_int_equal(hyp_domain_info(hyp, domid, &info, NULL), 1);
	assert_true(info.shutdown);
	assert_int_equal(info.shutdown_reason, HYP_SHUTDOWN_CRASH);
	assert_int_equal(hyp_domain_destroy(hyp, domid, NULL), 0);
	assert_int_equal(hyp_domain_info(hyp, domid, &info, NULL), 0);
}

/* getdomaininfo answers with the next higher domain; that one must not be taken for the asked. */
static void info_is_of_that_domain(void **state)
{
	static const uint8_t uuid[16] = { 9 };
	struct hyp_domain_info info;

	(void)state;
	fake_hyp_add(&fake, 7, uuid);
	assert_int_equal(hyp_domain_info(hyp, 5, &info, NULL), 0);
	assert_int_equal(hyp_domain_info(hyp, 7, &info, NULL), 1);
}

static void errors_have_classes(void **state)
{
	static const struct {
		int e;
		enum zerr_class cls;
	} cases[] = {
		{ EPERM, ZERR_NO_HYPERVISOR }, { EACCES, ZERR_NO_HYPERVISOR },
		{ ESRCH, ZERR_NOT_FOUND }, { ENOMEM, ZERR_NO_RESOURCES },
		{ ENOSYS, ZERR_UNSUPPORTED }, { EOPNOTSUPP, ZERR_UNSUPPORTED },
		{ EBUSY, ZERR_STATE }, { EINVAL, ZERR_FAILED }, { EFAULT, ZERR_FAILED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct zerr *err = NULL;

		fake.fail_at = fake.calls + 1;
		fake.fail_errno = cases[i].e;
		assert_int_equal(hyp_domain_pause(hyp, 0, &err), -1);
		assert_int_equal(zerr_class_of(err), cases[i].cls);
		assert_int_equal(err->errnum, cases[i].e);
		assert_non_null(strstr(err->message, "pausedomain"));
		zerr_free(err);
	}
}

static void populate_counts(void **state)
{
	uint64_t gfns[4] = { 0x40000, 0x40200, 0x40400, 0x40600 };
	uint16_t domid = create(1);
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(hyp_domain_max_mem(hyp, domid, 3 * 2048, NULL), 0);
	assert_int_equal(hyp_populate(hyp, domid, gfns, 4, 9, NULL), 3);
	assert_int_equal(hyp_populate(hyp, domid, gfns + 3, 1, 9, NULL), 0);
	/* more than the buffer pool holds */
	assert_int_equal(hyp_populate(hyp, domid, gfns, 100000, 0, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_RESOURCES);
	zerr_free(err);
}

static void results_beyond_31_bits(void **state)
{
	uint64_t pages;

	(void)state;
	assert_int_equal(hyp_maximum_ram_page(hyp, &pages, NULL), 0);
	assert_int_equal(pages, 0x140000);
}

static void foreign_pages(void **state)
{
	uint64_t gfn = 0x40000;
	uint16_t domid = create(1);
	struct zerr *err = NULL;
	struct hyp_map map;
	uint8_t *ram;

	(void)state;
	hyp_domain_max_mem(hyp, domid, 8192, NULL);
	assert_int_equal(hyp_populate(hyp, domid, &gfn, 1, 0, NULL), 1);
	assert_int_equal(hyp_map_foreign(hyp, domid, gfn, 1, &map, NULL), 0);
	memcpy(map.addr, "guest", 5);
	hyp_unmap(hyp, &map);
	hyp_unmap(hyp, &map);
	ram = fake_hyp_ram(&fake, gfn, 1);
	assert_memory_equal(ram, "guest", 5);
	/* one page of two is missing: none is mapped */
	assert_int_equal(hyp_map_foreign(hyp, domid, gfn, 2, &map, &err), -1);
	assert_int_equal(err->errnum, EINVAL);
	zerr_free(err);
	err = NULL;
	fake.no_resource_call = true;
	assert_int_equal(hyp_map_grant_table(hyp, domid, 0, 1, &map, &err), -1);
	assert_int_equal(err->errnum, EOPNOTSUPP);
	zerr_free(err);
}

static void version_and_console(void **state)
{
	struct hyp_version v;
	struct hyp_cpupool pool;
	char buf[6], all[128] = "";
	uint32_t index = 0;
	size_t len;

	(void)state;
	memset(fake.version_extra, 'e', sizeof(fake.version_extra));	/* no NUL */
	assert_int_equal(hyp_version(hyp, &v, NULL), 0);
	assert_int_equal(v.major, 4);
	assert_int_equal(v.minor, 17);
	assert_int_equal(v.features, 0x26805);
	assert_int_equal(strlen(v.extra), 15);
	do {
		assert_int_equal(hyp_readconsole(hyp, buf, sizeof(buf), &len, &index, false, NULL),
				 0);
		strncat(all, buf, len);
	} while (len > 0);
	assert_string_equal(all, "(Z) one\n(ZZ) [    1.500000 W] two [x]\n"
			    "(ZZ) [   12.000000 E] three\n");
	assert_int_equal(hyp_cpupool_info(hyp, 0, &pool, NULL), 1);
	assert_int_equal(pool.nr_cpus, 2);
	assert_string_equal(hyp_sched_name(pool.sched_id), "credit2");
	assert_int_equal(hyp_cpupool_info(hyp, 1, &pool, NULL), 0);
}

static void params_and_ports(void **state)
{
	uint16_t domid = create(1);
	uint64_t value;
	uint32_t port;

	(void)state;
	assert_int_equal(hyp_param_set(hyp, domid, HYP_PARAM_STORE_PFN, 0x39001, NULL), 0);
	assert_int_equal(hyp_param_get(hyp, domid, HYP_PARAM_STORE_PFN, &value, NULL), 0);
	assert_int_equal(value, 0x39001);
	assert_int_equal(hyp_evtchn_alloc_unbound(hyp, domid, 0, &port, NULL), 0);
	assert_int_equal(port, 1);
	assert_int_equal(hyp_evtchn_alloc_unbound(hyp, 99, 0, &port, NULL), -1);
}

static void devices(void **state)
{
	uint16_t domid = create(1);

	(void)state;
	/* In pieces that the interface takes. */
	assert_int_equal(hyp_domain_give_mmio(hyp, domid, 0x9000, 200, 0x20000, NULL), 0);
	assert_int_equal(fake_hyp_domain(&fake, domid)->mmio_mapped, 200);
	assert_int_equal(hyp_domain_give_irq(hyp, domid, 40, NULL), 0);
	assert_int_equal(hyp_domain_give_irq(hyp, 999, 40, NULL), -1);
	assert_int_equal(hyp_domain_give_mmio(hyp, 999, 0x9000, 1, 0x20000, NULL), -1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(life_of_a_domain),
		T(performance_monitors), T(info_is_of_that_domain), T(errors_have_classes),
		T(populate_counts), T(results_beyond_31_bits), T(foreign_pages),
		T(devices),
		T(version_and_console), T(params_and_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
