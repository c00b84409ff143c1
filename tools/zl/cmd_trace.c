/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl trace: have the hypervisor record what guests come to it for, write the records to a file, and
 * print such a file, or what is there now.
 */
#include <errno.h>
#include <unistd.h>

#include "trace.h"
#include "zl.h"

#define SIZE_KIB 256u			/* of each CPU, unless asked for */
#define PAGE_RECORDS 64u

/* What a file has, from the hypervisor. */
static int gather(struct zl *zl, struct strbuf *file, struct zerr **err)
{
	struct trace_header h = { .magic = TRACE_MAGIC, .version = TRACE_VERSION,
				  .record_size = sizeof(struct zazen_trace_record) };
	_cleanup_strbuf_ struct strbuf records = STRBUF_INIT;
	struct trace_cpu cpus[TRACE_CPUS_MAX] = { 0 };
	const struct zazen_trace_record *some;
	struct hyp_physinfo phys;

	if (hyp_physinfo(zl->ctx.hyp, &phys, err) < 0)
		return -1;
	h.nr_cpus = MIN(phys.max_cpu_id + 1, TRACE_CPUS_MAX);
	h.khz = phys.cpu_khz;
	for (uint32_t cpu = 0; cpu < h.nr_cpus; cpu++) {
		uint64_t next = 0;
		uint32_t n;
		bool more;

		/* Reading is recorded too: a page that is not full is the end. */
		do {
			if (hyp_trace_read(zl->ctx.hyp, cpu, &next, &cpus[cpu].lost, &some, &n,
					   &more, err) < 0)
				return -1;
			cpus[cpu].count += n;
			strbuf_add(&records, some, n * sizeof(*some));
		} while (more && cpus[cpu].count < TRACE_FILE_MAX / sizeof(*some));
	}
	strbuf_add(file, &h, sizeof(h));
	strbuf_add(file, cpus, h.nr_cpus * sizeof(*cpus));
	strbuf_add(file, records.buf, records.len);
	return records.failed || file->failed ? zerr_no_memory(err) : 0;
}

static int start(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	const char *size = zl_value(args, "size"), *names = zl_value(args, "events");
	uint64_t kib = SIZE_KIB, events[2];
	uint32_t order = 0;

	if ((size && zl_size_kib(size, &kib, err) < 0) ||
	    trace_events(names ? names : "all", events, err) < 0)
		return -1;
	while (order <= ZAZEN_TRACE_ORDER_MAX && (uint64_t)4 << order < kib)
		order++;
	if (order > ZAZEN_TRACE_ORDER_MAX)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "a CPU can have %u KiB at most",
				4u << ZAZEN_TRACE_ORDER_MAX);
	if (zl->dry_run)
		return zl_plan(zl, "each CPU would record %s, the last %u visits",
			       names ? names : "all", PAGE_RECORDS << order);
	return hyp_trace_start(zl->ctx.hyp, order, events, err);
}

static int dump(struct zl *zl, const char *path, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;
	bool out = strcmp(path, "-") == 0;
	int rc;

	if (gather(zl, &file, err) < 0)
		return -1;
	if (!out && zl->dry_run)
		return zl_plan(zl, "%s would be written", path);
	if (out)
		rc = fwrite(file.buf, 1, file.len, stdout) == file.len && fflush(stdout) == 0 ?
			0 : -errno;
	else
		rc = fd_write_file_atomic(path, file.buf, file.len, 0600);
	return rc == 0 ? 0 : zerr_set(err, ZERR_FAILED, "E935", -rc, "cannot write %s", path);
}

static int stop(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	const char *path = zl_value(args, "output");

	if (zl->dry_run)
		return zl_plan(zl, "the trace would end");
	if (path && dump(zl, path, err) < 0)
		return -1;
	return hyp_trace_stop(zl->ctx.hyp, err);
}

static int write_out(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	const char *path = zl_value(args, "output");

	if (!path && isatty(STDOUT_FILENO))
		return zerr_set(err, ZERR_USAGE, "E006", 0, "where to? -o FILE says it");
	return dump(zl, path ? path : "-", err);
}

static void print_events(const struct trace *t)
{
	printf("%14s %3s %9s %9s %10s %10s  %s\n", "Time(s)", "CPU", "From", "To", "Hyp(us)",
	       "Idle(us)", "What");
	for (size_t i = 0; i < t->count; i++) {
		const struct zazen_trace_record *r = &t->events[i].r;
		_cleanup_strbuf_ struct strbuf what = STRBUF_INIT;
		char from[16], to[16];

		trace_what(r, &what);
		snprintf(from, sizeof(from), "%u.%u", r->domain, r->vcpu);
		snprintf(to, sizeof(to), "%u.%u", r->next_domain, r->next_vcpu);
		printf("%14.9f %3u %9s %9s %10.3f %10.3f  %s\n", (double)r->begin / 1e9,
		       t->events[i].cpu, from, to, (double)trace_ns(r) / 1e3,
		       (double)r->idle / 1e3, strbuf_cstr(&what));
	}
}

static void print_summary(const struct trace *t)
{
	_cleanup_free_ struct trace_sum *sums = NULL;
	size_t n = trace_summarize(t, &sums);

	printf("%5s %-18s %10s %14s %12s %12s %14s\n", "ID", "Event", "Count", "Hyp(us)",
	       "Mean(us)", "Longest(us)", "Idle(us)");
	for (size_t i = 0; i < n; i++)
		printf("%5u %-18s %10" PRIu64 " %14.3f %12.3f %12.3f %14.3f\n", sums[i].domain,
		       trace_reason(sums[i].reason), sums[i].count, (double)sums[i].ns / 1e3,
		       (double)sums[i].ns / 1e3 / (double)sums[i].count,
		       (double)sums[i].longest_ns / 1e3, (double)sums[i].idle_ns / 1e3);
}

static struct json_object *event_json(const struct trace_event *e)
{
	struct json_object *o = json_object_new_object();
	_cleanup_strbuf_ struct strbuf what = STRBUF_INIT;
	const struct zazen_trace_record *r = &e->r;

	trace_what(r, &what);
	zl_json_uint(o, "begin_ns", r->begin);
	zl_json_uint(o, "end_ns", r->end);
	zl_json_uint(o, "idle_ns", r->idle);
	zl_json_uint(o, "cpu", e->cpu);
	zl_json_uint(o, "domid", r->domain);
	zl_json_uint(o, "vcpu", r->vcpu);
	zl_json_uint(o, "next_domid", r->next_domain);
	zl_json_uint(o, "next_vcpu", r->next_vcpu);
	zl_json_string(o, "event", trace_reason(r->reason));
	zl_json_string(o, "what", strbuf_cstr(&what));
	zl_json_uint(o, "pc", r->pc);
	return o;
}

static struct json_object *sum_json(const struct trace_sum *s)
{
	struct json_object *o = json_object_new_object();

	zl_json_uint(o, "domid", s->domain);
	zl_json_string(o, "event", trace_reason(s->reason));
	zl_json_uint(o, "count", s->count);
	zl_json_uint(o, "ns", s->ns);
	zl_json_uint(o, "idle_ns", s->idle_ns);
	zl_json_uint(o, "longest_ns", s->longest_ns);
	return o;
}

static struct json_object *trace_json(const struct trace *t, bool summary)
{
	struct json_object *o = json_object_new_object(), *rows = json_object_new_array();
	_cleanup_free_ struct trace_sum *sums = NULL;
	size_t n = summary ? trace_summarize(t, &sums) : t->count;

	zl_json_uint(o, "cpus", t->nr_cpus);
	zl_json_uint(o, "counter_khz", t->khz);
	zl_json_uint(o, "lost", t->lost);
	for (size_t i = 0; i < n; i++)
		json_object_array_add(rows, summary ? sum_json(&sums[i]) :
				      event_json(&t->events[i]));
	json_object_object_add(o, summary ? "summary" : "events", rows);
	return o;
}

static int report(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf now = STRBUF_INIT;
	const char *path = args->pos_count > 1 ? args->pos[1] : NULL;
	bool summary = zl_has(args, "summary");
	_cleanup_free_ char *data = NULL;
	struct trace t = { 0 };
	size_t len;
	int rc;

	rc = path ? fd_read_file(path, TRACE_FILE_MAX, &data, &len) : 0;
	if (rc < 0)
		return zerr_set(err, rc == -ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E131", -rc,
				"cannot read %s", path);
	if (!path && gather(zl, &now, err) < 0)
		return -1;
	rc = trace_parse(path ? data : now.buf, path ? len : now.len, &t, err);
	if (rc == 0 && zl->json)
		rc = zl_print_document(zl, args, trace_json(&t, summary), err);
	else if (rc == 0)
		(summary ? print_summary : print_events)(&t);
	if (rc == 0 && t.lost > 0)
		zl_note(zl, "%" PRIu64 " records were overwritten before they were read", t.lost);
	trace_free(&t);
	return rc;
}

ZL_CMD(trace)
{
	static const struct {
		const char *name;
		int (*fn)(struct zl *zl, const struct zl_args *args, struct zerr **err);
	} verbs[] = { { "start", start }, { "stop", stop }, { "dump", write_out },
		      { "report", report } };
	const char *what = args->pos[0];

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		bool file = verbs[i].fn == report && args->pos_count == 2;

		if (strcmp(what, verbs[i].name) != 0)
			continue;
		if (args->pos_count > 1 && !file)
			return zerr_set(err, ZERR_USAGE, "E006", 0, "trace %s has no argument", what);
		if ((!file && zl_open(zl, ZL_NEED_HYP, err) < 0) || verbs[i].fn(zl, args, err) < 0)
			return zerr_context(err, "trace", what);
		return 0;
	}
	return zerr_set(err, ZERR_USAGE, "E007", 0, "trace: \"%s\" is not known (known: start, stop, "
			"dump, report)", what);
}
