/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration library piece by piece: the field tables' order, CPU lists, UUIDs, names,
 * options and overrides of a read, limits on files, and the JSON form of diagnostics. Whole
 * documents are in test_config_golden.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/config/field_table.h"
#include "xentools/cleanup.h"
#include "xentools/error.h"
#include "xentools/macros.h"

/* Its element's row stands before it in the same table, where the walk looks for it. */
static void check_required_row(const struct field_table *tab, const struct field_row *row)
{
	size_t len = strcspn(row->path, "@");

	assert_non_null(field_attr(row));
	for (const struct field_row *r = tab->rows; r < row; r++)
		if (strlen(r->path) == len && strncmp(r->path, row->path, len) == 0)
			return;
	fail_msg("%s is required of no element of its table", row->path);
}

static void tables_are_sorted(void **state)
{
	size_t rows = 0;

	(void)state;
	for (size_t t = 0; t < field_table_count; t++) {
		const struct field_table *tab = field_tables[t];

		for (size_t i = 0; i < tab->count; i++) {
			const struct field_row *row = &tab->rows[i];

			if (i > 0 && strcmp(tab->rows[i - 1].path, row->path) >= 0)
				fail_msg("rows out of order at %s", row->path);
			assert_true(strncmp(row->path, "domain", 6) == 0);
			if (row->cls != FIELD_S)	/* else it would never run */
				assert_true(row->type == NULL && row->handler == NULL);
			if (row->flags & FIELD_REQUIRED)
				check_required_row(tab, row);
			rows++;
		}
	}
	assert_true(rows > 200);
}

static const struct field_row *find_row(const char *path, size_t len)
{
	for (size_t t = 0; t < field_table_count; t++)
		for (size_t i = 0; i < field_tables[t]->count; i++)
			if (strncmp(field_tables[t]->rows[i].path, path, len) == 0 &&
			    field_tables[t]->rows[i].path[len] == '\0')
				return &field_tables[t]->rows[i];
	return NULL;
}

/* A row whose parent has none, or is not walked into, would never be reached; paths are unique. */
static void rows_are_reachable(void **state)
{
	(void)state;
	for (size_t t = 0; t < field_table_count; t++) {
		for (size_t i = 0; i < field_tables[t]->count; i++) {
			const struct field_row *row = &field_tables[t]->rows[i], *up;
			size_t len = strlen(row->path);

			assert_ptr_equal(find_row(row->path, len), row);
			while (len > 0 && row->path[len] != '/' && row->path[len] != '@')
				len--;
			if (len == 0)
				continue;
			up = find_row(row->path, len);
			if (up == NULL || up->cls != FIELD_S)
				fail_msg("nothing leads to %s", row->path);
		}
	}
}

static void cpu_lists(void **state)
{
	static const struct {
		const char *text, *canon;
		int rc;
	} rows[] = {
		{ "0", "0", 0 },
		{ "0-3,^2,8", "0-1,3,8", 0 },
		{ " 1 , 2 ,3", "1-3", 0 },
		{ "1023", "1023", 0 },
		{ "0-1023", "0-1023", 0 },
		{ "63-64,62", "62-64", 0 },
		{ "3,3,3", "3", 0 },
		{ "^3,3", "3", 0 },
		{ "1024", NULL, -ERANGE },
		{ "99999999999999999999", NULL, -ERANGE },
		{ "1,^1", NULL, -ENOENT },
		{ "^1", NULL, -ENOENT },
		{ "", NULL, -EINVAL },
		{ "3-1", NULL, -EINVAL },
		{ "1-", NULL, -EINVAL },
		{ "1,", NULL, -EINVAL },
		{ ",1", NULL, -EINVAL },
		{ "a", NULL, -EINVAL },
		{ "1 2", NULL, -EINVAL },
		{ "-1", NULL, -EINVAL },
		{ "all", "0-1023", 0 },
		{ "all,^1", "0,2-1023", 0 },
		{ "^0,all", "0-1023", 0 },
		{ "pool,^0-3", "4-1023", 0 },
		{ "nodes:0,^2", "0-1,3-1023", 0 },
		{ "node:all", "0-1023", 0 },
		{ "7,none", "7", 0 },
		{ "none", NULL, -ENOENT },
		{ "3,node:^0", NULL, -ENOENT },
		{ "nodes:1", NULL, -ENXIO },
		{ "nodes:0-1", NULL, -ENXIO },
		{ "nodes:", NULL, -EINVAL },
		{ "nodes:pool", NULL, -EINVAL },
		{ "alle", NULL, -EINVAL },
		{ "^^1", NULL, -EINVAL },
	};
	struct cpuset even = { .bits = { 0 } };
	char buf[5 * DOMAIN_CPU_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cpuset s = { .bits = { 0xdead } };

		assert_int_equal(cpuset_parse(rows[i].text, NULL, &s), rows[i].rc);
		if (rows[i].rc != 0) {
			assert_int_equal(s.bits[0], 0xdead);
			continue;
		}
		assert_int_equal(cpuset_format(&s, buf, sizeof(buf)), 0);
		assert_string_equal(buf, rows[i].canon);
	}
	/* The longest possible list fits into the buffers that the writer uses. */
	for (unsigned int cpu = 0; cpu < DOMAIN_CPU_MAX; cpu += 2)
		even.bits[cpu / 64] |= 1ull << (cpu % 64);
	assert_int_equal(cpuset_format(&even, buf, sizeof(buf)), 0);
	assert_int_equal(cpuset_format(&even, buf, 10), -ENOSPC);
}

static void uuids(void **state)
{
	static const char *const bad[] = {
		"", "0", "00000000-0000-0000-0000-000000000000",
		"2c9a5ed4-7a1f-4a3e-9f41-0e9a6d1f0b5",
		"2c9a5ed4-7a1f-4a3e-9f41-0e9a6d1f0b555", "-2c9a5ed47a1f4a3e9f410e9a6d1f0b55",
		"2c9a5ed47a1f4a3e9f410e9a6d1f0b5g", "2c9a5ed47a1f4a3e9f410e9a6d1f0b55-",
	};
	char text[DOMAIN_UUID_TEXT];
	struct domain_config cfg, other;
	uint8_t u[16];

	(void)state;
	assert_int_equal(domain_uuid_parse("2C9A-5ed47a1f4a3e9f410e9a6d1f0b55", u), 0);
	domain_uuid_format(u, text);
	assert_string_equal(text, "2c9a5ed4-7a1f-4a3e-9f41-0e9a6d1f0b55");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(domain_uuid_parse(bad[i], u), -EINVAL);

	domain_config_init(&cfg);
	domain_config_init(&other);
	assert_int_equal(domain_config_fill_uuid(&cfg), 0);
	assert_int_equal(domain_config_fill_uuid(&other), 0);
	assert_true(cfg.uuid_set);
	assert_int_equal(cfg.uuid[6] >> 4, 4);
	assert_int_equal(cfg.uuid[8] >> 6, 2);
	assert_memory_not_equal(cfg.uuid, other.uuid, 16);
	memcpy(u, cfg.uuid, 16);
	assert_int_equal(domain_config_fill_uuid(&cfg), 0);	/* keeps what is there */
	assert_memory_equal(u, cfg.uuid, 16);
}

static void names(void **state)
{
	static const char *const good[] = { "a", "web1", "7up", "B\xc3\xbcro", "a b", "Domain-01" };
	static const char *const bad[] = { "", "12", ".", "..", "a/b", "Domain-0", "a\tb", "\xff",
					   "a\xc3", "a\x7f", "a\xc2\x9b" "31m" };
	char name[70];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_null(domain_name_problem(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(domain_name_problem(bad[i]));
	memset(name, 'x', sizeof(name));
	name[63] = '\0';
	assert_null(domain_name_problem(name));
	name[63] = 'x';
	name[64] = '\0';
	assert_non_null(domain_name_problem(name));
}

static void actions(void **state)
{
	enum domain_action a;

	(void)state;
	for (int i = DOMAIN_ACTION_DESTROY; i <= DOMAIN_ACTION_COREDUMP_RESTART; i++) {
		const char *word = domain_action_name((enum domain_action)i);

		assert_int_equal(domain_action_parse(word, &a), 0);
		assert_int_equal(a, i);
	}
	assert_int_equal(domain_action_parse("explode", &a), -EINVAL);
}

static const char warned[] =
	"<domain type='xen'><name>w</name><memory unit='MiB'>64</memory>"
	"<features><acpi/></features><os><type arch='aarch64'>hvm</type><kernel>/k</kernel></os>"
	"</domain>";

struct result {
	struct domain_config cfg;
	struct config_diags diags;
	struct zerr *err;
	int rc;
};

static void read_with(struct result *res, const char *text, const struct config_options *opt)
{
	memset(res, 0, sizeof(*res));
	domain_config_init(&res->cfg);
	res->rc = config_read_mem("t.xml", text, strlen(text), opt, &res->cfg, &res->diags,
				  &res->err);
}

static void drop(struct result *res)
{
	domain_config_free(&res->cfg);
	config_diags_free(&res->diags);
	zerr_free(res->err);
}

static void flags(void **state)
{
	static const char kvm[] =
		"<domain type='kvm'><name>w</name><memory unit='MiB'>64</memory>"
		"<os><type arch='x86_64' machine='pc'>hvm</type><kernel>/k</kernel></os></domain>";
	static const char unknown[] =
		"<domain type='xen'><name>w</name><memory unit='MiB'>64</memory><frob/>"
		"<os fast='1'><kernel>/k</kernel></os></domain>";
	struct config_options opt = { .flags = 0 };
	struct result res;

	(void)state;
	read_with(&res, warned, &opt);
	assert_int_equal(res.rc, 0);
	assert_int_equal(res.diags.warnings, 1);
	drop(&res);
	opt.flags = CONFIG_STRICT;
	read_with(&res, warned, &opt);
	assert_int_equal(res.rc, -1);
	assert_int_equal(res.diags.errors, 1);
	drop(&res);
	opt.flags = 0;
	read_with(&res, kvm, &opt);
	assert_int_equal(res.diags.errors, 3);
	drop(&res);
	opt.flags = CONFIG_TARGET_ARCH;
	read_with(&res, kvm, &opt);
	assert_int_equal(res.rc, 0);
	assert_int_equal(res.diags.warnings, 3);
	assert_int_equal(res.cfg.arch, DOMAIN_ARCH_AARCH64);
	drop(&res);
	opt.flags = CONFIG_LAX;
	read_with(&res, unknown, &opt);
	assert_int_equal(res.rc, 0);
	assert_int_equal(res.diags.warnings, 2);
	drop(&res);
}

static void overrides(void **state)
{
	static const char *const good[] = { "vcpu=4", "domain/memory=2GiB", "os/cmdline=a=b c",
					    "vcpu@current=3", "cputune/shares=99", "name=other" };
	static const char *const bad[] = { "vcpu=none", "frob=1", "novalue" };
	static const char *const removed[] = { "features/acpi=", "memory@unit=", "memory=65536",
					       "os/type@arch=", "os/initrd=", "vcpu=", "vcpu=2" };
	struct config_options opt = { .overrides = good, .override_count = ARRAY_SIZE(good) };
	struct result res;

	(void)state;
	read_with(&res, warned, &opt);
	assert_int_equal(res.rc, 0);
	assert_string_equal(res.cfg.name, "other");
	assert_int_equal(res.cfg.vcpus_max, 4);
	assert_int_equal(res.cfg.vcpus_current, 3);
	assert_int_equal(res.cfg.memory_kib, 2u << 20);
	assert_int_equal(res.cfg.weight, 99);
	assert_string_equal(res.cfg.cmdline, "a=b c");
	drop(&res);
	opt.overrides = bad;
	opt.override_count = ARRAY_SIZE(bad);
	read_with(&res, warned, &opt);
	assert_int_equal(res.rc, -1);
	assert_int_equal(res.diags.errors, 3);
	drop(&res);
	opt.overrides = removed;
	opt.override_count = ARRAY_SIZE(removed);
	read_with(&res, warned, &opt);
	assert_int_equal(res.rc, 0);
	assert_int_equal(res.diags.warnings, 0);
	assert_int_equal(res.cfg.memory_kib, 65536);
	assert_int_equal(res.cfg.vcpus_max, 2);
	drop(&res);
}

static void json_form(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct json_object *o, *e, *v;
	struct result res;
	size_t size;
	FILE *f;

	(void)state;
	read_with(&res, "<domain type='xen'>\n <name>a/\"b</name>\n <memory>65536</memory>"
		  "<os><kernel>/k</kernel></os></domain>", NULL);
	assert_int_equal(res.diags.errors, 1);
	f = open_memstream(&text, &size);
	assert_non_null(f);
	config_diags_print(f, &res.diags, false, true);
	fclose(f);
	o = json_tokener_parse(text);
	assert_non_null(o);
	assert_true(json_object_object_get_ex(o, "error", &e));
	assert_true(json_object_object_get_ex(e, "line", &v));
	assert_int_equal(json_object_get_int(v), 2);
	assert_true(json_object_object_get_ex(e, "column", &v));
	assert_int_equal(json_object_get_int(v), 2);
	assert_true(json_object_object_get_ex(e, "path", &v));
	assert_string_equal(json_object_get_string(v), "domain/name");
	json_object_put(o);
	drop(&res);
}

static void file_errors(void **state)
{
	char path[] = "/tmp/zl-test-XXXXXX";
	static char big[CONFIG_FILE_MAX + 1];
	struct domain_config cfg;
	struct config_diags diags = { .count = 0 };
	struct zerr *err = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	memset(big, ' ', sizeof(big));
	assert_int_equal(write(fd, big, sizeof(big)), sizeof(big));
	close(fd);
	assert_int_equal(config_read_file(path, NULL, &cfg, &diags, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
	assert_int_equal(diags.errors, 1);
	assert_string_equal(diags.items[0].code, "E102");
	config_diags_free(&diags);
	zerr_free(err);
	err = NULL;
	remove(path);
	assert_int_equal(config_read_file(path, NULL, &cfg, &diags, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	config_diags_free(&diags);
	zerr_free(err);
	err = NULL;
	assert_int_equal(config_read_file("/", NULL, &cfg, &diags, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_FAILED);
	config_diags_free(&diags);
	zerr_free(err);
}

static void affinity(void **state)
{
	static const char text[] =
		"<domain type='xen'><name>w</name><memory unit='MiB'>64</memory>"
		"<vcpu cpuset='4-5'>3</vcpu><cputune><vcpupin vcpu='1' cpuset='7'/></cputune>"
		"<os><kernel>/k</kernel></os></domain>";
	struct result res;

	(void)state;
	read_with(&res, text, NULL);
	assert_int_equal(res.rc, 0);
	assert_true(cpuset_has(domain_config_vcpu_affinity(&res.cfg, 0), 4));
	assert_true(cpuset_has(domain_config_vcpu_affinity(&res.cfg, 1), 7));
	assert_false(cpuset_has(domain_config_vcpu_affinity(&res.cfg, 1), 4));
	drop(&res);
	read_with(&res, warned, NULL);
	assert_null(domain_config_vcpu_affinity(&res.cfg, 0));
	drop(&res);
	/* XML has numbers alone, as libvirt's schema. */
	read_with(&res, "<domain type='xen'><name>w</name><memory unit='MiB'>64</memory>"
		  "<vcpu cpuset='all'>3</vcpu><os><kernel>/k</kernel></os></domain>", NULL);
	assert_int_equal(res.rc, -1);
	drop(&res);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_sorted),
		cmocka_unit_test(rows_are_reachable),
		cmocka_unit_test(cpu_lists),
		cmocka_unit_test(uuids),
		cmocka_unit_test(names),
		cmocka_unit_test(actions),
		cmocka_unit_test(flags),
		cmocka_unit_test(overrides),
		cmocka_unit_test(json_form),
		cmocka_unit_test(file_errors),
		cmocka_unit_test(affinity),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
