/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One fuzz target a file: LLVMFuzzerTestOneInput() and where its inputs are. Built by clang with
 * -fsanitize=fuzzer (make fuzz) it is explored; linked with replay.c it replays the corpus and
 * seeded changes of it, which every ./check does.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_inputs {
	const char *dirs[6];		/* below tests/, each file of which is an input; NULL ends */
	const char *suffix;		/* only these, or NULL */
	unsigned int files;		/* at least so many: a lost corpus is a failure */
	const char *const *tokens;	/* what means something there; ends with NULL */
};
extern const struct fuzz_inputs fuzz_inputs;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
