/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the sweep share: its random numbers, its counts, and places that may be hit. */
#ifndef TESTS_GUEST_SWEEP_H
#define TESTS_GUEST_SWEEP_H

#include "../lib/probe.h"
#include "../lib/rng.h"

struct sweep {
	struct rng rng;
	uint64_t thin;			/* take one in so many of a large space */
	uint64_t probes, faults, hash;
	const char *bad;		/* the first thing that was wrong in this part */
	uint64_t bad_at, bad_value;
	const void *dtb;
};

extern struct sweep sweep;
/* What any access may overwrite; a write-back may go a little below where it was aimed. */
#define SINK_SIZE 65536
#define SINK_MARGIN 4096
extern uint8_t sink[SINK_SIZE];

/* Take part in the thinned sweep? */
static inline bool chosen(void)
{
	return sweep.thin == 1 || !rng_below(&sweep.rng, sweep.thin);
}

/* Count a probe of WHAT that came to RESULT. */
void note(uint64_t what, uint64_t result, bool faulted);
/* Something is as it must not be: AT and VALUE tell. */
void wrong(const char *why, uint64_t at, uint64_t value);
/* Any address but those of this payload's memory and of its shared pages. */
uint64_t stray_address(void);
int64_t smccc_smc(uint64_t id, uint64_t a, uint64_t b, uint64_t c);

/* The parts; each ends with its registers as it found them. */
void sweep_registers(void);		/* registers.c */
void sweep_registers_el0(void);
void sweep_system(void);
void sweep_hints(void);
void sweep_a32(void);			/* a32.c */
void sweep_frames(void);		/* frames.c */
void sweep_states(void);
void sweep_stray(void);
void sweep_fetches(void);
void sweep_sgis(void);			/* calls.c */
void sweep_psci(void);
void sweep_smccc(void);
void sweep_immediates(void);
void sweep_hypercalls(void);

bool hammer_start(uint64_t seed);	/* hammer.c */
uint64_t hammer_rounds(void);

extern const uint32_t access_words[], access_words_end[];	/* words.S */

#endif
