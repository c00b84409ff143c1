/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl report: lines made of samples, thinned out and with holes; the page's charts; names that are
 * markup; recordings that are rubbish.
 */
#include "zl_world.h"

#include <math.h>

#include "tools/zl/report.h"

static struct sample *samples[2000];
static size_t count;

/* A sample each second; n domains, the i-th of which uses i * 10 % of a CPU. */
static void record(size_t n, unsigned int from, unsigned int to)
{
	for (unsigned int t = from; t < to; t++) {
		struct sample *s = calloc(1, sizeof(*s));

		assert_non_null(s);
		s->when_ns = (t + 1) * 1000000000ull;
		s->wall_ns = 1700000000000000000ull + s->when_ns;
		s->total_bytes = 4ull << 30;
		s->free_bytes = 1ull << 30;
		s->cpu_count = 1;
		s->idle_ns = calloc(1, sizeof(*s->idle_ns));
		s->idle_ns[0] = t * 750000000ull;
		s->domains = calloc(n + 1, sizeof(*s->domains));
		for (; s->count < n; s->count++) {
			struct sample_domain *d = &s->domains[s->count];

			d->info.domid = (uint16_t)s->count;
			d->info.tot_pages = 1024 * s->count;
			d->info.cpu_time_ns = t * 100000000ull * s->count;
			snprintf(d->name, sizeof(d->name), "dom%zu", s->count);
			d->vbds = calloc(1, sizeof(*d->vbds));
			d->vbd_count = 1;
			d->vbds[0].rd_sect = 8 * t;
		}
		samples[count++] = s;
	}
}

static int forget(void **state)
{
	while (count > 0)
		sample_free(samples[--count]);
	return tear_down(state);
}

static void lines(void **state)
{
	struct report_figures f;
	struct report r;

	(void)state;
	record(10, 0, 5);
	record(11, 5, 10);
	record(10, 10, 12);
	assert_int_equal(report_make(&r, samples, count), 0);
	assert_int_equal(r.points, 11);
	assert_int_equal(r.count, 11);
	/* the busiest first, eight have colours */
	assert_string_equal(report_name(r.domains[0].last), "dom9");
	assert_int_equal(r.domains[7].color, 7);
	assert_int_equal(r.domains[8].color, REPORT_COLORS);
	f = report_figures(&r, r.domains[0].value[REPORT_CPU]);
	assert_true(f.max > 89.9 && f.max < 90.1 && f.mean > 89.9 && f.last < 90.1);
	f = report_figures(&r, r.domains[0].value[REPORT_READ]);
	assert_true(f.max == 8 * 512.0 && f.mean == 8 * 512.0);
	f = report_figures(&r, r.busy);
	assert_true(f.mean > 24.9 && f.mean < 25.1);
	/* one that came and went has holes on both sides */
	for (size_t i = 0; i < r.count; i++) {
		if (strcmp(report_name(r.domains[i].last), "dom10") != 0)
			continue;
		assert_true(isnan(r.domains[i].value[REPORT_MEMORY][3]));
		assert_false(isnan(r.domains[i].value[REPORT_MEMORY][4]));
		assert_true(isnan(r.domains[i].value[REPORT_CPU][4]));	/* seen once so far */
		assert_false(isnan(r.domains[i].value[REPORT_CPU][5]));
		assert_true(isnan(r.domains[i].value[REPORT_CPU][10]));
	}
	report_clear(&r);
}

static void thinned(void **state)
{
	struct report_figures f;
	struct report r;

	(void)state;
	record(2, 0, 1999);
	assert_int_equal(report_make(&r, samples, count), 0);
	assert_int_equal(r.points, REPORT_POINTS);
	assert_ptr_equal(r.samples[0], samples[0]);
	assert_ptr_equal(r.samples[r.points], samples[count - 1]);
	f = report_figures(&r, r.domains[0].value[REPORT_CPU]);
	assert_true(f.max > 9.9 && f.max < 10.1);
	report_clear(&r);
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void page(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct report r;

	(void)state;
	record(10, 0, 4);
	for (size_t i = 0; i < count; i++)
		strcpy(samples[i]->domains[9].name, "<b onload='x'>&\"\033\u202e");
	assert_int_equal(report_make(&r, samples, count), 0);
	report_page(&out, &r, "<host>");
	report_clear(&r);
	assert_false(out.failed);
	assert_int_equal(times(out.buf, "<svg "), 4);
	assert_int_equal(times(out.buf, "<tr>"), 11);
	assert_int_equal(times(out.buf, "<title>&#60;b onload=&#39;x&#39;&#62;&#38;&#34;\\x1b\\u202e (9)"),
			 4);
	assert_null(strstr(out.buf, "<b onload"));
	assert_null(strstr(out.buf, "<host>"));
	assert_null(strstr(out.buf, "\033"));
	assert_null(strstr(out.buf, "<script"));
	assert_null(strstr(out.buf, "://"));
	assert_null(strstr(out.buf, "nan"));
	assert_null(strstr(out.buf, "inf"));
	assert_non_null(strstr(out.buf, "none in this time"));	/* networks */
	assert_non_null(strstr(out.buf, "2 others"));
	assert_non_null(strstr(out.buf, "<b>25 %</b>"));
}

static void commands(void **state)
{
	static const char *const wrong[] = {
		"x\n", "{}\n", "{\"data\":{\"when_ns\":1,\"domains\":[]}}\n\n"
		"{\"data\":{\"when_ns\":1,\"domains\":[]}}\n",
	};
	static const char *const said[] = {
		"bad.json:1", "bad.json:1", "bad.json:3: error",
	};
	char line[200], path[80];

	(void)state;
	expect("report", 2, NULL, "-o FILE is missing");
	expect("report -o - -i x", 2, NULL, "--interval=x is not a number");
	expect("report -o - --from=/nonexistent", 3, NULL, "cannot read /nonexistent");
	snprintf(path, sizeof(path), "%s/bad.json", dir);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(fd_write_file_atomic(path, wrong[i], strlen(wrong[i]), 0600), 0);
		snprintf(line, sizeof(line), "report -o - --from=%s", path);
		expect(line, 4, NULL, said[i]);
	}
	assert_int_equal(fd_write_file_atomic(path, "", 0, 0600), 0);
	expect(line, 7, NULL, "it takes two samples to draw; there are 0");
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	expect("report -i 1 -n 1 -o -", 0, "<bdi>web1</bdi>", NULL);
	expect("report -i 1 -n 1 -o /nonexistent/x", 1, NULL, "cannot write /nonexistent/x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines, set_up, forget),
		cmocka_unit_test_setup_teardown(thinned, set_up, forget),
		cmocka_unit_test_setup_teardown(page, set_up, forget),
		cmocka_unit_test_setup_teardown(commands, set_up, forget),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
