/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace as zl trace dump writes it: a header, for each CPU how many records were lost and how many
 * follow, then the records, CPU by CPU. All little-endian; what is in a record: public/zazen.h.
 */
#ifndef ZL_TRACE_H
#define ZL_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include <public/zazen.h>

#include "xentools/error.h"
#include "xentools/strbuf.h"

#define TRACE_MAGIC "ZLTRACE"
#define TRACE_VERSION 1u
#define TRACE_CPUS_MAX 64u
#define TRACE_FILE_MAX (64u << 20)

struct trace_header {
	char magic[8];
	uint32_t version, record_size;
	uint32_t nr_cpus, khz;			/* of the counter that the times are made of */
};
struct trace_cpu {
	uint64_t lost, count;
};

struct trace_event {
	struct zazen_trace_record r;
	uint32_t cpu;
};
struct trace {
	uint32_t nr_cpus, khz;
	uint64_t lost;
	struct trace_event *events;		/* by the time that they begin */
	size_t count;
};

/* Any bytes: 0, or -1 with class ZERR_BAD_CONFIG. trace_free() in both cases. */
int trace_parse(const void *data, size_t size, struct trace *ret, struct zerr **err);
void trace_free(struct trace *t);

const char *trace_reason(uint32_t reason);
/* Names by commas, or all, as bits. Class ZERR_USAGE. */
int trace_events(const char *names, uint64_t events[2], struct zerr **err);
/* What came, in one line without its end. */
void trace_what(const struct zazen_trace_record *r, struct strbuf *out);

/* All visits of a domain for one reason. */
struct trace_sum {
	uint16_t domain;
	uint32_t reason;
	uint64_t count, ns, idle_ns, longest_ns;
};
/* *ret is malloc'd, the most time first; returns how many, 0 also without memory. */
size_t trace_summarize(const struct trace *t, struct trace_sum **ret);
/* Time that the hypervisor took for it. */
uint64_t trace_ns(const struct zazen_trace_record *r);

#endif
