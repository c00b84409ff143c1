/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains with SVE, on the models of hypervisor and store: which length they are given, what a host
 * refuses, and that a saved one comes back with its own or not at all.
 */
#include "domain_world.h"
#include "guest_suspends.h"

#include <xentools/config.h>
#include <xentools/save.h>

#include "tools/domain/domain_priv.h"

static char path[64];

static void guest_acts(void *arg)
{
	(void)arg;
	for (uint16_t id = 1; id < 20; id++)
		guest_suspends(&fake, ctx.xs, id);
}

static int up(void **state)
{
	if (set_up(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/web1.save", dir);
	fake_xs_on_change(ctx.xs, guest_acts, NULL);
	fake.sve_vl = 4;
	return 0;
}

static void refused(int rc, struct zerr **err, enum zerr_class cls, const char *what)
{
	if (rc != -1 || zerr_class_of(*err) != cls || !strstr((*err)->message, what))
		fail_msg("%d, class %d: %s", rc, zerr_class_of(*err), *err ? (*err)->message : "");
	zerr_free(*err);
	*err = NULL;
}

static unsigned int length_of(int domid)
{
	return fake_hyp_domain(&fake, (uint16_t)domid)->info.arch_config.sve_vl * 128u;
}

static void lengths(void **state)
{
	static const struct { unsigned int bits, length; } rows[] = {
		{ 128, 128 }, { 256, 256 }, { 512, 512 }, { SVE_HOST, 512 },
	};
	int id = create(NULL, NULL);

	(void)state;
	/* Nobody asks about it for a domain that has none. */
	assert_int_equal(fake_hyp_domain(&fake, (uint16_t)id)->cpu_models, 0);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)id, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cfg.sve_bits = rows[i].bits;
		id = create(NULL, NULL);
		assert_true(id > 0);
		assert_int_equal(length_of(id), rows[i].length);
		assert_int_equal(domain_destroy(&ctx, (uint16_t)id, NULL), 0);
	}
	/* With more fields than a call has, each call says so. */
	cfg.cpu_disabled = (UINT64_C(1) << 40) - 1;
	id = create(NULL, NULL);
	assert_true(fake_hyp_domain(&fake, (uint16_t)id)->cpu_models > 1);
	assert_int_equal(length_of(id), 512);
}

static void tell(void *arg, struct zerr *why)
{
	if (strstr(why->message, "vectors of 1024 bits"))
		(*(unsigned int *)arg)++;
	zerr_free(why);
}

static void hosts(void **state)
{
	const struct domain_create_opts dry = { .dry_run = true };
	struct zerr *err = NULL;
	unsigned int told = 0;
	int rc;

	(void)state;
	cfg.sve_bits = 1024;
	refused(create(&dry, &err), &err, ZERR_UNSUPPORTED,
		"vectors of 1024 bits, and this host's have at most 512");
	refused(create(NULL, &err), &err, ZERR_UNSUPPORTED, "vectors of 1024 bits");
	domain_check_host(&ctx, &cfg, tell, &told);
	assert_int_equal(told, 1);
	/* A length between two that the CPUs have. */
	cfg.sve_bits = 384;
	rc = create(NULL, &err);
	assert_non_null(err->hint);
	assert_non_null(strstr(err->hint, "sve384"));
	refused(rc, &err, ZERR_UNSUPPORTED, "");
	assert_int_equal(fake.free_pages, 0x20000);
	fake.sve_vl = 0;
	for (int i = 0; i < 2; i++) {
		cfg.sve_bits = i ? SVE_HOST : 128;
		refused(create(&dry, &err), &err, ZERR_UNSUPPORTED, "this host has no SVE");
	}
}

/* ---- saved ---- */

static void save_it(unsigned int bits)
{
	const struct domain_save_opts plain = { .fd = -1, .timeout_ms = 50 };
	struct domain_create_opts opts = { 0 };
	_cleanup_free_ char *text = NULL;
	char name[64];
	int id;

	cfg.sve_bits = bits;
	text = config_format(&cfg);
	opts.config_text = text;
	id = create(&opts, NULL);
	assert_true(id > 0);
	snprintf(name, sizeof(name), "/local/domain/%d/control/feature-suspend", id);
	fake_xs_set(ctx.xs, name, "1");
	assert_int_equal(domain_save(&ctx, (uint16_t)id, path, &plain, NULL), 0);
}

/* With the configuration of the file, but for its length unless that is ~0u. */
static int restore(unsigned int bits, uint32_t *saved_bytes, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config c;
	struct domain_create_opts opts = { 0 };
	struct domain_create_result made = { .domid = 0 };
	_cleanup_free_ char *xml = NULL;
	struct domain_saved saved;
	int rc;

	domain_config_init(&c);
	rc = domain_saved_open(&saved, path, &c, &xml, err);
	assert_int_equal(rc, 0);
	if (bits != ~0u)
		c.sve_bits = bits;
	*saved_bytes = saved.in.head.sve_bytes;
	opts.saved = &saved;
	opts.config_text = xml;
	rc = domain_create(&ctx, &c, &opts, &made, err);
	domain_saved_close(&saved);
	return rc == 0 ? made.domid : -1;
}

static void there_and_back(void **state)
{
	struct zerr *err = NULL;
	uint32_t bytes;
	int id;

	(void)state;
	save_it(256);
	id = restore(~0u, &bytes, NULL);
	assert_int_equal(bytes, 32);
	assert_true(id > 0);
	assert_int_equal(length_of(id), 256);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)id, NULL), 0);
	/* The configuration is another. */
	refused(restore(0, &bytes, &err), &err, ZERR_BAD_CONFIG,
		"vectors in bits was 256 when it was saved, and is 0 in the configuration");
	refused(restore(512, &bytes, &err), &err, ZERR_BAD_CONFIG, "256 when it was saved");
}

/* "As long as the host's" is that of the host on which it runs, wherever it goes on. */
static void elsewhere(void **state)
{
	struct zerr *err = NULL;
	uint32_t bytes;
	int id;

	(void)state;
	save_it(SVE_HOST);
	fake.sve_vl = 16;
	id = restore(~0u, &bytes, NULL);
	assert_int_equal(bytes, 64);
	assert_int_equal(length_of(id), 512);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)id, NULL), 0);
	fake.sve_vl = 2;
	refused(restore(~0u, &bytes, &err), &err, ZERR_UNSUPPORTED,
		"it was saved with vectors of 512 bits, and this host's have at most 256");
	fake.sve_vl = 0;
	refused(restore(~0u, &bytes, &err), &err, ZERR_UNSUPPORTED, "this host has no SVE");
	assert_int_equal(fake.free_pages, 0x20000);
}

#define S(fn) cmocka_unit_test_setup_teardown(fn, up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		S(lengths), S(hosts), S(there_and_back), S(elsewhere),
	};

	return cmocka_run_group_tests_name("domain_sve", tests, NULL, NULL);
}
