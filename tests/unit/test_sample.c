/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples: reading them from the model and a made-up sysfs, the arithmetic between two, JSON there
 * and back, and what stats and top make of them, hostile names included.
 */
#include "zl_world.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "tools/zl/stats.h"
#include "tools/zl/top.h"
#include "xentools/sample.h"
#include "xentools/strbuf.h"

static void put(const char *rel, const char *text)
{
	_cleanup_free_ char *path = NULL;
	char *slash;

	assert_true(asprintf(&path, "%s/bus/xen-backend/devices/%s", dir, rel) > 0);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(fd_mkdir_p(path, 0700), 0);
	*slash = '/';
	assert_int_equal(fd_write_file_atomic(path, text, strlen(text), 0600), 0);
}

static struct sample *take(unsigned int what)
{
	struct domain_ctx ctx = { .xs = store };
	struct sample *s = NULL;

	assert_int_equal(hyp_open_ops(&ctx.hyp, &fake_hyp_ops, &fake, NULL), 0);
	assert_int_equal(sample_read(&ctx, what, dir, &s, NULL), 0);
	hyp_close(ctx.hyp);
	return s;
}

static void write_devices(void)
{
	put("vbd-3-51728/statistics/rd_req", "7\n");
	put("vbd-3-51712/statistics/rd_req", "100\n");
	put("vbd-3-51712/statistics/wr_req", "5\n");
	put("vbd-3-51712/statistics/rd_sect", "800\n");
	put("vbd-3-51712/statistics/wr_sect", "rubbish\n");
	put("vif-3-0/net/any name/statistics/rx_bytes", "4096\n");
	put("vif-3-0/net/any name/statistics/tx_bytes", "1024\n");
	put("vif-3-0/net/any name/statistics/tx_dropped", "2\n");
	/* not ours: no such domain, other kinds, other names */
	put("vbd-9-51712/statistics/rd_req", "1\n");
	put("vbd-3-x/statistics/rd_req", "1\n");
	put("vbd-3-51712x/statistics/rd_req", "1\n");
	put("vfb-3-0/statistics/rd_req", "1\n");
	put("vif-3-1/net/.hidden/statistics/rx_bytes", "1\n");
}

static void reading(void **state)
{
	const struct sample_domain *d;
	struct sample *s;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	write_devices();
	fake.idle_ns[0] = 5;
	fake.idle_ns[1] = 7;
	s = take(SAMPLE_VCPUS | SAMPLE_DEVICES);
	assert_int_equal(s->count, 2);
	assert_int_equal(s->cpu_count, 2);
	assert_int_equal(s->idle_ns[1], 7);
	d = &s->domains[1];
	assert_string_equal(d->name, "web1");
	assert_int_equal(d->vcpu_count, 2);
	assert_int_equal(d->weight, 256);
	assert_int_equal(d->vbd_count, 2);
	assert_int_equal(d->vbds[0].devid, 51712);	/* ascending */
	assert_int_equal(d->vbds[0].rd_req, 100);
	assert_int_equal(d->vbds[0].wr_sect, 0);
	assert_int_equal(d->vbds[1].rd_req, 7);
	assert_int_equal(sample_vbd_sum(d).rd_req, 107);
	assert_int_equal(d->vif_count, 1);
	assert_int_equal(d->vifs[0].tx_bytes, 4096);	/* the back-end received it */
	assert_int_equal(d->vifs[0].rx_bytes, 1024);
	assert_int_equal(d->vifs[0].rx_drops, 2);
	sample_free(s);
	s = take(0);
	assert_int_equal(s->domains[1].vcpu_count + s->domains[1].vbd_count, 0);
	sample_free(s);
}

/* Weights are those of the scheduler of the domain's pool, whichever the host has. */
static void weights_by_pool(void **state)
{
	struct sample *s;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	add_domain(4, "web2", XEN_DOMINF_blocked, 512);
	fake.sched_id = XEN_SCHEDULER_NULL;
	fake.pools[1] = (struct fake_pool){ .exists = true, .cpus = 2,
					    .sched_id = XEN_SCHEDULER_CREDIT2 };
	fake_hyp_domain(&fake, 3)->info.cpupool = 1;
	fake_hyp_domain(&fake, 3)->cap = 50;
	s = take(SAMPLE_VCPUS);
	assert_int_equal(s->count, 3);
	assert_int_equal(s->domains[0].weight, 0);
	assert_int_equal(s->domains[1].weight, 256);
	assert_int_equal(s->domains[1].cap, 50);
	assert_int_equal(s->domains[2].weight, 0);
	sample_free(s);
}

static void rates(void **state)
{
	struct sample_rate r;
	struct sample *a, *b;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_running, 512);
	write_devices();
	a = take(SAMPLE_DEVICES);
	fake_hyp_domain(&fake, 3)->info.cpu_time += 3000000000ull;
	fake.idle_ns[0] += 1000000000;
	put("vbd-3-51712/statistics/rd_sect", "1000\n");
	put("vif-3-0/net/any name/statistics/rx_bytes", "8096\n");
	put("vif-3-0/net/any name/statistics/tx_bytes", "3\n");	/* went back */
	b = take(SAMPLE_DEVICES);
	assert_false(sample_rate(a, a, &a->domains[1], &r));
	b->when_ns = a->when_ns + 2000000000ull;
	assert_true(sample_rate(a, b, &b->domains[1], &r));
	assert_true(r.cpu_percent > 149.9 && r.cpu_percent < 150.1);
	assert_true(r.vbd_rd_bytes == 100 * 512.0 && r.vbd_wr_bytes == 0);
	assert_true(r.vif_tx_bytes == 2000 && r.vif_rx_bytes == 0);
	assert_true(sample_host_busy(a, b) > 74.9 && sample_host_busy(a, b) < 75.1);
	assert_true(sample_host_busy(a, a) < 0);
	/* another domain that has the id now */
	b->domains[1].info.uuid[0] ^= 1;
	assert_false(sample_rate(a, b, &b->domains[1], &r));
	sample_free(a);
	sample_free(b);
}

static void json_there_and_back(void **state)
{
	static const char *const wrong[] = {
		"{}", "[]", "7", "null", "{\"domains\":7}", "{\"domains\":[7]}",
		"{\"domains\":[{\"domid\":1,\"uuid\":\"x\"}]}",
	};
	struct json_object *first, *second;
	struct sample *s, *again;

	(void)state;
	add_domain(3, "a\"b\\\n", XEN_DOMINF_running, 512);
	write_devices();
	s = take(SAMPLE_DEVICES);
	first = sample_to_json(s);
	assert_int_equal(sample_from_json(first, &again, NULL), 0);
	assert_string_equal(again->domains[1].name, s->domains[1].name);
	assert_int_equal(again->domains[1].vbds[0].rd_req, 100);
	assert_non_null(sample_find(again, &s->domains[1]));
	second = sample_to_json(again);
	assert_int_equal(json_object_array_length(json_object_object_get(second, "domains")), 2);
	json_object_put(first);
	json_object_put(second);
	sample_free(s);
	sample_free(again);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_zerr_ struct zerr *err = NULL;

		first = json_tokener_parse(wrong[i]);
		assert_int_equal(sample_from_json(first, &again, &err), -1);
		assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
		json_object_put(first);
	}
}

static void prometheus(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct sample *s;

	(void)state;
	add_domain(3, "a\"b\\c\nd", XEN_DOMINF_paused, 512);
	write_devices();
	s = take(SAMPLE_VCPUS | SAMPLE_DEVICES | SAMPLE_TRAPS);
	s->domains[1].info.max_pages = UINT64_MAX;
	stats_prometheus(&out, s);
#define HERE(text) assert_non_null(strstr(out.buf, text))
#define LABELS "domain=\"a\\\"b\\\\c\\\\x0ad\",uuid=\"11223344-0000-0000-0000-000000000003\""
	HERE("# TYPE zl_domain_cpu_seconds_total counter\n");
	HERE("zl_domain_cpu_seconds_total{" LABELS ",vcpu=\"1\"} 18.630000000\n");
	HERE("zl_domain_memory_bytes{" LABELS ",kind=\"current\"} 536870912\n");
	assert_null(strstr(out.buf, LABELS ",kind=\"max\""));
	HERE("zl_domain_state{" LABELS ",state=\"paused\"} 1\n");
	HERE("zl_sched_weight{" LABELS "} 256\n");
	HERE("zl_vbd_read_bytes_total{" LABELS ",device=\"51712\"} 409600\n");
	HERE("zl_vif_tx_bytes_total{" LABELS ",device=\"0\"} 4096\n");
	HERE("zl_pcpu_busy_seconds_total{cpu=\"1\"} ");
	HERE("zl_host_memory_free_bytes ");
	HERE("# TYPE zl_hypervisor_traps_total counter\nzl_hypervisor_traps_total{reason=\"hvc\"} 8\n"
	     "zl_hypervisor_traps_total{reason=\"data_abort\"} 8589934599\n");
	stats_prometheus_store(&out, "my_nodes 3\nwatches 7\nrequests 99\njournal_bytes 4096\n");
	HERE("# TYPE zl_xenstore_watches gauge\nzl_xenstore_watches 7\n");
	HERE("# TYPE zl_xenstore_requests_total counter\nzl_xenstore_requests_total 99\n");
	HERE("\nzl_xenstore_journal_bytes 4096\n");
	assert_null(strstr(out.buf, "zl_xenstore_nodes"));	/* it does not say so */
	sample_free(s);
}

/* What the server says to a request. */
static void request(const char *text, int want, const char *answer)
{
	char buf[512] = "";
	int fds[2], rc;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(write(fds[0], text, strlen(text)), strlen(text));
	shutdown(fds[0], SHUT_WR);
	rc = stats_http_request(fds[1], fds[1]);
	close(fds[1]);
	assert_int_equal(rc, want);
	assert_true(read(fds[0], buf, sizeof(buf) - 1) >= 0);
	close(fds[0]);
	if (!strstr(buf, answer))
		fail_msg("%s:\n%s", text, buf);
}

static void http(void **state)
{
	_cleanup_free_ char *large = malloc(20000);

	(void)state;
	request("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 1, "HTTP/1.0 200 OK\r\n");
	request("GET /metrics?x=1 HTTP/1.0\n\n", 1, "version=0.0.4");
	request("GET / HTTP/1.0\r\n\r\n", 1, "200 OK");
	request("HEAD /metrics HTTP/1.0\r\n\r\n", 0, "200 OK");
	request("GET /metricsx HTTP/1.0\r\n\r\n", 0, "404 Not Found");
	request("GET \r\n\r\n", 0, "404 Not Found");
	request("POST /metrics HTTP/1.0\r\n\r\n", 0, "405 Method Not Allowed");
	request("\r\n\r\n", 0, "405");
	request("GET /metrics HTTP/1.0\r\n", -EPIPE, "");
	request("", -EPIPE, "");
	memset(large, 'a', 19999);
	large[19999] = '\0';
	request(large, -E2BIG, "431");
}

static void top_lines(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct top_options o = { .sort = TOP_SORT_CPU, .disks = true, .networks = true };
	struct sample *a, *b;
	char *line;

	(void)state;
	add_domain(3, "a long name\033[2J", XEN_DOMINF_blocked, 512);
	write_devices();
	a = take(SAMPLE_VCPUS | SAMPLE_DEVICES);
	fake_hyp_domain(&fake, 3)->info.cpu_time += 1000000000ull;
	b = take(SAMPLE_VCPUS | SAMPLE_DEVICES);
	b->when_ns = a->when_ns + 2000000000ull;
	b->domains[0].info.max_pages = UINT64_MAX;
	assert_int_equal(top_rows(&out, a, b, &o), 0);
	line = out.buf;
	assert_ptr_equal(strstr(line, "a\\x20long\\ --b---         38   50.0     524288   25.0     "
				"524288      25.0     2    1        4        1    2        0 "), line);
	HERE("\nNet0 RX:     1024bytes");
	HERE("\nVBD BlkBack  51712 [ca: 0]  OO:        0   RD:      100 ");
	HERE("\n  Domain-0 -----r         37    0.0    1048576   50.0          -         -     2 ");
	strbuf_reset(&out);
	o = (struct top_options){ .sort = TOP_SORT_CPU, .dom0_first = true };
	assert_int_equal(top_rows(&out, a, b, &o), 0);
	assert_ptr_equal(strstr(out.buf, "  Domain-0 "), out.buf);
	strbuf_reset(&out);
	o = (struct top_options){ .full_names = true, .vcpus = true, .pcpus = true };
	assert_int_equal(top_rows(&out, a, b, &o), 0);
	HERE("\na\\x20long\\x20name\\x1b[2J --b---");	/* by id: the second */
	HERE("VCPUs   0:");
	HERE("CPU1   busy 100.0 %\n");
	strbuf_reset(&out);
	top_header(&out);
	top_summary(&out, a, b);
	HERE("2 domains: 1 running, 1 blocked, 0 paused");
	HERE("Mem: 2097152k total");
	sample_free(a);
	sample_free(b);
}

static void commands(void **state)
{
	struct caught c;
	unsigned int before;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	expect("stats web1", 0, "web1                                 3 -b----       37.3      512",
	       NULL);
	expect("stats nosuch", 3, NULL, "there is no domain");
	expect("stats --format=prometheus", 0, "zl_domain_state{domain=\"web1\"", NULL);
	expect("stats --format=prometheus", 0, "\nzl_xenstore_nodes ", NULL);
	assert_int_equal(run(&c, "stats --format=prometheus"), 0);
	before = fake_xs_requests(store);
	output_free(&c);
	assert_int_equal(run(&c, "stats --format=prometheus"), 0);
	fake_xs_fail_at(store, fake_xs_requests(store) - before);
	output_free(&c);
	assert_int_equal(run(&c, "stats --format=prometheus"), 0);
	assert_null(strstr(c.out, "zl_xenstore"));
	assert_non_null(strstr(c.out, "zl_host_memory_free_bytes"));
	output_free(&c);
	fake_xs_fail_at(store, 1);
	assert_int_equal(run(&c, "stats"), 0);
	assert_non_null(strstr(c.out, "(null)                               3 -b----"));
	assert_non_null(strstr(c.err, "names are missing, the store does not answer: store told to fail"));
	output_free(&c);
	/* Only who prints them has them counted. */
	strbuf_reset(&fake.log);
	expect("stats", 0, "web1", NULL);
	expect("top -b -d 1 -i 1", 0, "web1", NULL);
	assert_null(strstr(fake.log.buf, "sysctl 5\n"));
	expect("stats --format=json --watch=1 --count=1", 0,
	       "\"traps\":{\"hvc\":8,\"data_abort\":8589934599}", NULL);
	fake.no_traps = true;
	assert_int_equal(run(&c, "stats --format=prometheus"), 0);
	assert_null(strstr(c.out, "zl_hypervisor_traps_total"));
	output_free(&c);
	fake.no_traps = false;
	expect("stats --format=yaml", 2, NULL, "known: table, json, prometheus");
	expect("stats --watch=0", 2, NULL, "is not a number of seconds");
	expect("stats --count=3", 2, NULL, "--count=N goes with --watch=S");
	expect("stats --watch=1 --count=1 --format=json", 0, "{\"schema\":\"zl.stats/1\",\"host\":",
	       NULL);
	json_object_put(run_json("--json stats", "zl.stats/1"));
	expect("top -b -d 1 -i 1", 0, "      NAME  STATE   CPU(sec) CPU(%)", NULL);
	expect("--json top -d 1 -i 1", 0, "{\"schema\":\"zl.stats/1\",\"host\":", NULL);
	expect("top -d x", 2, NULL, "--delay=x is not a number from 1 on");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(weights_by_pool, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_there_and_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prometheus, set_up, tear_down),
		cmocka_unit_test(http),
		cmocka_unit_test_setup_teardown(top_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(commands, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
