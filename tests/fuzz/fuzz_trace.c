/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a trace: refused with a reason, or events in the order of time, whose sums count each
 * of them once.
 */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tools/zl/trace.h"

static void look(const struct trace *t)
{
	struct trace_sum *sums;
	size_t n = trace_summarize(t, &sums);
	uint64_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += sums[i].count;
	if (count != t->count)
		abort();
	free(sums);
	for (size_t i = 0; i < t->count; i++) {
		_cleanup_strbuf_ struct strbuf what = STRBUF_INIT;

		if ((i > 0 && t->events[i].r.begin < t->events[i - 1].r.begin) ||
		    t->events[i].cpu >= t->nr_cpus)
			abort();
		trace_what(&t->events[i].r, &what);
		if (what.len == 0 || what.len > 80)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zerr *err = NULL;
	struct trace t;

	if (trace_parse(data, size, &t, &err) == 0)
		look(&t);
	else if (err == NULL)
		abort();
	trace_free(&t);
	zerr_free(err);
	return 0;
}

static const char *const tokens[] = { TRACE_MAGIC, NULL };

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/trace" },
	.files = 2,
	.tokens = tokens,
};
