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
#include <sys/mman.h>

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
	uint64_t freed, used;

	(void)state;
	fake.freed_by_sharing = 0x140000000;
	assert_int_equal(hyp_sharing_pages(hyp, &freed, &used, NULL), 0);
	assert_int_equal(freed, 0x140000000);
	assert_int_equal(used, 0);
}

/* A domain with nr pages from gfn on. */
static uint16_t with_pages(uint64_t gfn, size_t nr)
{
	uint16_t domid = create(1);

	assert_int_equal(hyp_domain_max_mem(hyp, domid, 4 * nr, NULL), 0);
	for (size_t i = 0; i < nr; i++, gfn++)
		assert_int_equal(hyp_populate(hyp, domid, &gfn, 1, 0, NULL), 1);
	return domid;
}

static void foreign_pages(void **state)
{
	uint64_t gfn = 0x40000;
	uint16_t domid = with_pages(gfn, 1);
	struct zerr *err = NULL;
	struct hyp_map map;
	int errs[2] = { 7, 7 };
	uint8_t *ram;

	(void)state;
	/* One page of two is missing. */
	assert_int_equal(hyp_map_foreign(hyp, domid, gfn, 2, errs, &map, NULL), 0);
	assert_int_equal(errs[0], 0);
	assert_int_equal(errs[1], -EINVAL);
	memcpy(map.addr, "guest", 5);
	hyp_unmap(hyp, &map);
	hyp_unmap(hyp, &map);
	ram = fake_hyp_ram(&fake, gfn, 1);
	assert_memory_equal(ram, "guest", 5);
	munmap(ram, 4096);
	assert_int_equal(hyp_map_foreign(hyp, 99, gfn, 1, errs, &map, &err), -1);
	assert_int_equal(err->errnum, ESRCH);
	zerr_free(err);
}

/* Bytes for the guest, each piece where the one before ended; arg is where to fail, or NULL. */
static uint64_t filled, largest;

static int fill(const void *arg, uint64_t offset, uint8_t *to, size_t len, struct zerr **err)
{
	assert_int_equal(offset, filled);
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)((offset + i) * 7 + (offset + i) / 256);
	filled += len;
	largest = len > largest ? len : largest;
	if (arg && filled > *(const uint64_t *)arg)
		return zerr_set(err, ZERR_FAILED, "E301", EIO, "no more");
	return 0;
}

static int fill_bytes(uint16_t domid, uint64_t address, uint64_t size, const uint64_t *stop,
		       struct zerr **err)
{
	filled = largest = 0;
	return hyp_domain_fill(hyp, domid, address, size, fill, stop, err);
}

static void written_memory(void **state)
{
	static const uint64_t sizes[] = { 1, 24, 4096, 8191, 70001, 100 * 4096 - 100 };
	uint64_t gfn = 0x40000, stop = 10000;
	uint16_t domid = with_pages(gfn, 100);
	struct zerr *err = NULL;
	uint8_t *ram;

	(void)state;
	for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		assert_int_equal(fill_bytes(domid, (gfn << 12) + 100, sizes[n], NULL, NULL), 0);
		assert_int_equal(filled, sizes[n]);
		ram = fake_hyp_ram(&fake, gfn, 100);
		for (uint64_t i = 0; i < sizes[n]; i++)
			assert_int_equal(ram[100 + i], (uint8_t)(i * 7 + i / 256));
		munmap(ram, 100 * 4096);
	}
	assert_in_range(largest, 4096, 8191);
	assert_int_equal(hyp_domain_write(hyp, domid, (gfn << 12) + 5000, "in one go", 9, NULL), 0);
	ram = fake_hyp_ram(&fake, gfn, 2);
	assert_memory_equal(ram + 5000, "in one go", 9);
	munmap(ram, 2 * 4096);
	/* No page there; no such domain; no bytes to be had. */
	assert_int_equal(hyp_domain_write(hyp, domid, ((gfn + 100) << 12) - 4, "12345", 5, NULL), 1);
	assert_int_equal(hyp_domain_write(hyp, 99, gfn << 12, "12345", 5, NULL), -1);
	assert_int_equal(fill_bytes(domid, (gfn + 99) << 12, 4097, NULL, &err), -1);
	assert_int_equal(err->errnum, EFAULT);
	assert_non_null(strstr(err->message, "write_memory"));
	zerr_free(err);
	err = NULL;
	assert_int_equal(fill_bytes(99, gfn << 12, 1, NULL, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	zerr_free(err);
	err = NULL;
	assert_int_equal(fill_bytes(domid, gfn << 12, 70001, &stop, &err), -1);
	assert_string_equal(err->code, "E301");
	assert_in_range(filled, stop, 3 * stop);
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
	uint32_t port;

	(void)state;
	assert_int_equal(hyp_param_set(hyp, domid, HYP_PARAM_STORE_PFN, 0x39001, NULL), 0);
	assert_int_equal(fake_hyp_domain(&fake, domid)->params[HYP_PARAM_STORE_PFN], 0x39001);
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

/* The guest of the log of writes: which frame it writes after which taking. */
static void guest_runs(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	fake_hyp_guest_writes(f, d, 0x100 + 9 * takes, (uint8_t)(takes + 1));
}

static void written_frames(void **state)
{
	uint16_t domid = create(1);
	uint64_t gfn = 0x100, count = 99;
	uint8_t bits[0x200 / 8], *ram;
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(hyp_domain_max_mem(hyp, domid, 1 << 20, NULL), 0);
	for (; gfn < 0x180; gfn++)
		assert_int_equal(hyp_populate(hyp, domid, &gfn, 1, 0, NULL), 1);
	assert_int_equal(hyp_domain_unpause(hyp, domid, NULL), 0);
	assert_int_equal(hyp_dirty_take(hyp, domid, bits, 0x200, &count, NULL), -1);
	fake.dirty_runs = guest_runs;
	assert_int_equal(hyp_dirty_log(hyp, domid, true, NULL), 0);
	assert_int_equal(hyp_dirty_log(hyp, domid, true, NULL), -1);
	for (unsigned int i = 0; i < 3; i++) {
		memset(bits, 0xff, sizeof(bits));
		assert_int_equal(hyp_dirty_take(hyp, domid, bits, 0x200, &count, NULL), 0);
		assert_int_equal(count, 1);
		for (gfn = 0; gfn < 0x200; gfn++)
			assert_int_equal(bits[gfn / 8] >> gfn % 8 & 1, gfn == 0x100 + 9 * i);
		ram = fake_hyp_ram(&fake, 0x100 + 9 * i, 1);
		assert_int_equal(ram[4095], i + 1);
		munmap(ram, 4096);
	}
	/* Those beyond what was asked for stay; what was never the domain's is not told. */
	assert_int_equal(hyp_dirty_take(hyp, domid, bits, 0x100, &count, NULL), 0);
	assert_int_equal(count, 0);
	assert_int_equal(hyp_domain_pause(hyp, domid, NULL), 0);
	assert_int_equal(hyp_dirty_take(hyp, domid, bits, 0x180, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(hyp_dirty_take(hyp, domid, bits, 0, &count, NULL), 0);
	assert_int_equal(hyp_dirty_log(hyp, domid, false, NULL), 0);
	fake.dirty_errno = EOPNOTSUPP;
	assert_int_equal(hyp_dirty_log(hyp, domid, true, &err), -1);
	assert_int_equal(err->cls, ZERR_UNSUPPORTED);
	zerr_free(err);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(life_of_a_domain),
		T(performance_monitors), T(info_is_of_that_domain), T(errors_have_classes),
		T(populate_counts), T(results_beyond_31_bits), T(foreign_pages),
		T(written_memory), T(written_frames),
		T(devices),
		T(version_and_console), T(params_and_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
