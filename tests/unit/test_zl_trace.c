/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl trace on the model hypervisor: its four verbs, a file written and read, what is refused. */
#include "zl_world.h"

#include "tools/zl/trace.h"

#define ALL (~0ull)

static void starting(void **state)
{
	(void)state;
	expect("trace dump -o -", 7, NULL, "no trace is taken");
	expect("trace stop", 7, NULL, "zl trace start begins one");
	expect("trace report", 7, NULL, "no trace is taken");
	expect("-N trace start", 0, "the last 4096 visits", NULL);
	assert_false(fake.traces);
	expect("trace start -s 1M", 0, NULL, NULL);
	assert_int_equal(fake.trace_order, 8);
	assert_true(fake.trace_events[0] == ALL && fake.trace_events[1] == ALL);
	expect("trace start", 7, NULL, "a trace is taken already");
	expect("-N trace stop", 0, "would end", NULL);
	assert_true(fake.traces);
	expect("trace stop", 0, NULL, NULL);
	assert_false(fake.traces);
	expect("trace start -e hvc,irq -s 4K", 0, NULL, NULL);
	assert_int_equal(fake.trace_order, 0);
	assert_true(fake.trace_events[0] == 1ull << 0x16 && fake.trace_events[1] == 1);
	expect("trace stop", 0, NULL, NULL);
	/* What has no name is other. */
	expect("trace start -e other -s 5K", 0, NULL, NULL);
	assert_int_equal(fake.trace_order, 1);
	assert_true(fake.trace_events[0] & 1 && fake.trace_events[0] & 1ull << 0x3c &&
		    !(fake.trace_events[0] & 1ull << 0x16));
	expect("trace start -e hvc,nothing", 2, NULL, "no event is called \"nothing\"");
	expect("trace start -e ,", 2, NULL, "no event is called");
	expect("trace start -s 2M", 2, NULL, "1024 KiB at most");
	expect("trace start now", 2, NULL, "has no argument");
	expect("trace begin", 2, NULL, "known: start");
}

/* 1,000 records, of which the first 250 are gone. */
static void reading(void **state)
{
	struct json_object *o, *v, *e;
	char line[120], path[60];
	struct caught c;

	(void)state;
	fake.trace_records = 1000;
	expect("trace start", 0, NULL, NULL);
	snprintf(path, sizeof(path), "%s/t", dir);
	snprintf(line, sizeof(line), "-N trace dump -o %s", path);
	expect(line, 0, "/t would be written", NULL);
	assert_int_not_equal(access(path, F_OK), 0);
	snprintf(line, sizeof(line), "trace stop -o %s", path);
	expect(line, 0, NULL, NULL);
	assert_false(fake.traces);
	snprintf(line, sizeof(line), "trace report %s", path);
	expect(line, 0, "   0.000250000   0       1.1       0.0      0.750      0.000  irq 5\n",
	       "250 records were overwritten");
	expect(line, 0, "   0.000251000   0       2.1       0.0      0.751      0.000  hvc memory_op 0x5\n",
	       "250 records");
	expect(line, 0, "  hvc sched_op 0x5\n", "250 records");
	assert_int_equal(run(&c, line), 0);
	v = NULL;
	size_t lines = 0;
	for (const char *p = c.out; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 751);
	output_free(&c);
	snprintf(line, sizeof(line), "-q --json trace report --summary %s", path);
	o = run_json(line, "zl.trace/1");
	assert_true(json_object_object_get_ex(o, "lost", &v));
	assert_int_equal(json_object_get_int(v), 250);
	assert_true(json_object_object_get_ex(o, "summary", &v));
	assert_int_equal(json_object_array_length(v), 6);
	uint64_t count = 0;
	for (size_t i = 0; i < 6; i++) {
		json_object_object_get_ex(json_object_array_get_idx(v, i), "count", &e);
		count += json_object_get_uint64(e);
	}
	assert_int_equal(count, 750);
	json_object_put(o);
	/* The same of what is there now. */
	expect("trace start", 0, NULL, NULL);
	o = run_json("-q --json trace report", "zl.trace/1");
	assert_true(json_object_object_get_ex(o, "events", &v));
	assert_int_equal(json_object_array_length(v), 750);
	json_object_put(o);
	expect("-q trace report --summary", 0, "    0 hvc                       200", NULL);
}

static void refusing(void **state)
{
	char line[120], path[60];
	struct trace_header h = { .magic = TRACE_MAGIC, .version = TRACE_VERSION,
				  .record_size = sizeof(struct zazen_trace_record) };
	struct { struct trace_header h; struct trace_cpu cpu; uint8_t more[64]; } f = {
		.h = h, .cpu = { 0, 1 },
	};

	(void)state;
	snprintf(path, sizeof(path), "%s/t", dir);
	snprintf(line, sizeof(line), "trace report %s", path);
	expect(line, 3, NULL, "cannot read");
	assert_int_equal(fd_write_file_atomic(path, &h, sizeof(h) - 1, 0600), 0);
	expect(line, 4, NULL, "too short");
	h.magic[0] = 'X';
	assert_int_equal(fd_write_file_atomic(path, &h, sizeof(h), 0600), 0);
	expect(line, 4, NULL, "begins otherwise");
	f.h.nr_cpus = TRACE_CPUS_MAX + 1;
	assert_int_equal(fd_write_file_atomic(path, &f, sizeof(f), 0600), 0);
	expect(line, 4, NULL, "table of CPUs");
	f.h.nr_cpus = 1;
	assert_int_equal(fd_write_file_atomic(path, &f, sizeof(f), 0600), 0);
	expect(line, 0, "other", NULL);
	f.cpu.count = 2;
	assert_int_equal(fd_write_file_atomic(path, &f, sizeof(f), 0600), 0);
	expect(line, 4, NULL, "records are missing");
	f.cpu.count = 0;
	assert_int_equal(fd_write_file_atomic(path, &f, sizeof(f), 0600), 0);
	expect(line, 4, NULL, "more behind its end");
	f.h.record_size = 63;
	assert_int_equal(fd_write_file_atomic(path, &f, sizeof(f), 0600), 0);
	expect(line, 4, NULL, "another version");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(starting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusing, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("zl trace", tests, NULL, NULL);
}
