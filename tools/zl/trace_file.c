/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in a trace: the file's bytes, which may be anything, to events in the order of time; their
 * names; sums. Nothing here asks the hypervisor.
 */
#include <stdlib.h>
#include <string.h>

#include <public/xen.h>

#include "trace.h"
#include "xentools/macros.h"

/* The reasons, as the hypervisor's counters name them (zl stats); those without a name are "other". */
#define NR_REASONS 128u
#define NAME(reason, name) [reason] = name,
static const char *const reasons[NR_REASONS] = { ZAZEN_TRAP_REASONS(NAME) };
enum { WFX = 1, HVC32 = 0x12, SMC32, HVC = 0x16, SMC, SYSREG, FETCH = 0x20, DATA = 0x24, IRQ = 64 };

static const char *const hypercalls[64] = {
	[__HYPERVISOR_platform_op] = "platform_op", [__HYPERVISOR_memory_op] = "memory_op",
	[__HYPERVISOR_multicall] = "multicall", [__HYPERVISOR_xen_version] = "xen_version",
	[__HYPERVISOR_console_io] = "console_io", [__HYPERVISOR_grant_table_op] = "grant_table_op",
	[__HYPERVISOR_vm_assist] = "vm_assist", [__HYPERVISOR_vcpu_op] = "vcpu_op",
	[__HYPERVISOR_sched_op] = "sched_op", [__HYPERVISOR_hvm_op] = "hvm_op",
	[__HYPERVISOR_event_channel_op] = "event_channel_op",
	[__HYPERVISOR_physdev_op] = "physdev_op", [__HYPERVISOR_sysctl] = "sysctl",
	[__HYPERVISOR_domctl] = "domctl",
};

const char *trace_reason(uint32_t reason)
{
	return reason < NR_REASONS && reasons[reason] ? reasons[reason] : reasons[0];
}

uint64_t trace_ns(const struct zazen_trace_record *r)
{
	uint64_t all = r->end > r->begin ? r->end - r->begin : 0;

	return all > r->idle ? all - r->idle : 0;
}

int trace_events(const char *names, uint64_t events[2], struct zerr **err)
{
	events[0] = events[1] = 0;
	for (const char *p = names; *p != '\0'; p += *p == ',') {
		size_t len = strcspn(p, ",");
		bool all = len == 3 && memcmp(p, "all", 3) == 0, found = all;

		for (uint32_t i = 0; i < NR_REASONS; i++) {
			const char *name = trace_reason(i);

			if (!all && (strlen(name) != len || memcmp(p, name, len) != 0))
				continue;
			events[i / 64] |= 1ull << (i % 64);
			found = true;
		}
		if (!found) {
			zerr_set(err, ZERR_USAGE, "E007", 0, "no event is called \"%.*s\"", (int)len, p);
			return zerr_hint(err, "all, or by commas the reasons of zl stats: hvc, sysreg, "
					 "data_abort, irq ...");
		}
		p += len;
	}
	return 0;
}

static int refuse(struct zerr **err, const char *why)
{
	return zerr_set(err, ZERR_BAD_CONFIG, "E132", 0, "this is no trace: %s", why);
}

static int by_time(const void *a, const void *b)
{
	const struct trace_event *x = a, *y = b;

	if (x->r.begin != y->r.begin)
		return x->r.begin < y->r.begin ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

int trace_parse(const void *data, size_t size, struct trace *ret, struct zerr **err)
{
	struct trace_cpu cpus[TRACE_CPUS_MAX];
	const uint8_t *p = data;
	struct trace_header h;
	size_t n;

	*ret = (struct trace){ 0 };
	if (size < sizeof(h))
		return refuse(err, "it is too short");
	memcpy(&h, p, sizeof(h));
	if (memcmp(h.magic, TRACE_MAGIC, sizeof(h.magic)) != 0)
		return refuse(err, "it begins otherwise");
	if (h.version != TRACE_VERSION || h.record_size != sizeof(struct zazen_trace_record))
		return refuse(err, "it is of another version");
	if (h.nr_cpus > TRACE_CPUS_MAX || size - sizeof(h) < h.nr_cpus * sizeof(*cpus))
		return refuse(err, "its table of CPUs is cut off");
	p += sizeof(h);
	size -= sizeof(h) + h.nr_cpus * sizeof(*cpus);
	memcpy(cpus, p, h.nr_cpus * sizeof(*cpus));
	p += h.nr_cpus * sizeof(*cpus);
	n = size / sizeof(struct zazen_trace_record);
	ret->events = calloc(n + 1, sizeof(*ret->events));
	if (ret->events == NULL)
		return zerr_no_memory(err);
	ret->nr_cpus = h.nr_cpus;
	ret->khz = h.khz;
	for (uint32_t cpu = 0; cpu < h.nr_cpus; cpu++) {
		if (cpus[cpu].count > n - ret->count)
			return refuse(err, "records are missing");
		ret->lost += cpus[cpu].lost;
		for (uint64_t i = 0; i < cpus[cpu].count; i++) {
			struct trace_event *e = &ret->events[ret->count++];

			memcpy(&e->r, p, sizeof(e->r));
			p += sizeof(e->r);
			e->cpu = cpu;
		}
	}
	if (ret->count * sizeof(struct zazen_trace_record) != size)
		return refuse(err, "there is more behind its end");
	qsort(ret->events, ret->count, sizeof(*ret->events), by_time);
	return 0;
}

void trace_free(struct trace *t)
{
	free(t->events);
}

static void hypercall(const struct zazen_trace_record *r, struct strbuf *out)
{
	const char *name = r->number < ARRAY_SIZE(hypercalls) ? hypercalls[r->number] : NULL;

	if ((r->esr & 0xffff) != 0xea1)
		strbuf_addf(out, " function 0x%x", (uint32_t)r->info);
	else if (name != NULL)
		strbuf_addf(out, " %s 0x%llx", name, (unsigned long long)r->info);
	else
		strbuf_addf(out, " hypercall %u", r->number);
}

void trace_what(const struct zazen_trace_record *r, struct strbuf *out)
{
	uint32_t iss = r->esr;

	strbuf_addf(out, "%s", trace_reason(r->reason));
	switch (r->reason) {
	case WFX:
		strbuf_addf(out, " %s", iss & 1 ? "wfe" : "wfi");
		break;
	case HVC:
	case HVC32:
		hypercall(r, out);
		break;
	case SMC:
	case SMC32:
		strbuf_addf(out, " function 0x%x", (uint32_t)r->info);
		break;
	case SYSREG:
		strbuf_addf(out, " %s S%u_%u_C%u_C%u_%u", iss & 1 ? "read" : "write", iss >> 20 & 3,
			    iss >> 14 & 7, iss >> 10 & 15, iss >> 1 & 15, iss >> 17 & 7);
		break;
	case DATA:
		strbuf_addf(out, " %s 0x%llx", iss & 64 ? "write" : "read",
			    (unsigned long long)r->info);
		break;
	case FETCH:
		strbuf_addf(out, " 0x%llx", (unsigned long long)r->info);
		break;
	case IRQ:
		strbuf_addf(out, " %u", (uint32_t)r->info);
		break;
	default:
		break;
	}
}

static int by_kind(const void *a, const void *b)
{
	const struct trace_sum *x = a, *y = b;

	return x->domain != y->domain ? (int)x->domain - (int)y->domain :
	       (int)x->reason - (int)y->reason;
}

static int by_time_taken(const void *a, const void *b)
{
	const struct trace_sum *x = a, *y = b;

	return x->ns != y->ns ? (x->ns > y->ns ? -1 : 1) : by_kind(a, b);
}

/* One sum for each event, those of a kind side by side; then they become one. */
size_t trace_summarize(const struct trace *t, struct trace_sum **ret)
{
	struct trace_sum *sums = calloc(t->count + 1, sizeof(*sums)), *last = sums;

	*ret = sums;
	if (sums == NULL || t->count == 0)
		return 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct zazen_trace_record *r = &t->events[i].r;
		bool known = r->reason < NR_REASONS && reasons[r->reason] != NULL;

		sums[i] = (struct trace_sum){
			.domain = r->domain, .reason = known ? r->reason : 0, .count = 1,
			.ns = trace_ns(r), .longest_ns = trace_ns(r), .idle_ns = r->idle,
		};
	}
	qsort(sums, t->count, sizeof(*sums), by_kind);
	for (size_t i = 1; i < t->count; i++) {
		if (by_kind(last, &sums[i]) != 0) {
			*++last = sums[i];
			continue;
		}
		last->count++;
		last->ns += sums[i].ns;
		last->idle_ns += sums[i].idle_ns;
		last->longest_ns = MAX(last->longest_ns, sums[i].longest_ns);
	}
	qsort(sums, (size_t)(last - sums) + 1, sizeof(*sums), by_time_taken);
	return (size_t)(last - sums) + 1;
}
