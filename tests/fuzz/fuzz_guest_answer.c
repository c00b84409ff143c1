/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what a guest's agent says, in pieces of any size: answers have printable text of one
 * line, what is kept is bounded, and a new line is an answer again whatever came before.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xentools/guest_agent.h"
#include "xentools/str_table.h"

static void check(const struct guest_answer *a)
{
	const char *end = memchr(a->text, '\0', sizeof(a->text));

	if (end == NULL || (a->failed && a->is_number) || (!a->is_number && a->number != 0))
		abort();
	for (const char *p = a->text; p < end; p++)
		if (str_control(p, (size_t)(end - p)) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char last[] = "\n\xff{\"return\": 77}\n";
	size_t piece = size > 0 ? (size_t)data[0] + 1 : 1;
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct guest_answer a;

	for (size_t at = 0; at < size; at += piece) {
		strbuf_add(&in, data + at, size - at < piece ? size - at : piece);
		while (guest_answer_take(&in, &a))
			check(&a);
		if (in.len > GUEST_LINE_MAX || (in.len > 0 && memchr(in.buf, '\n', in.len) != NULL))
			abort();
	}
	strbuf_addstr(&in, last);
	a.number = 0;
	while (a.number != 77 || in.len > 0)
		if (!guest_answer_take(&in, &a))
			abort();
	return 0;
}

static const char *const tokens[] = {
	"{", "}", "[", "]", ":", ",", "\"", "\n", "\xff", "null", "{\"return\":", "{\"error\":{",
	"\"class\":", "\"CommandNotFound\"", "\"desc\":\"", "\\u001b", "\\u0000", "\\u009b",
	"1e9", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/guest_answer" },
	.files = 5,
	.tokens = tokens,
};
