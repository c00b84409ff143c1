/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sethvmcontext: a domain's context from a file that anybody may have written. Refused or taken, no
 * lock, window or page is left behind and the domain cannot run on half of one; what was taken comes
 * out again, and goes in again as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "context_world.h"
#include <xen/vdev.h>
#include "tests/fuzz/fuzz.h"

static void demand(bool good)
{
	if (!good)
		abort();
}

/* What comes out, but for the header's and the clock's own. */
static void goes_in_again(struct domain *d)
{
	static uint8_t first[BUFFER_SIZE];
	uint32_t n;

	demand(get_records(d) == 0);
	n = nr_bytes;
	memcpy(first, records, n);
	demand(set_records(d) == 0 && get_records(d) == 0);
	demand(nr_bytes == n);
	/* The interrupt that says "look at your events" is raised by each. */
	for (uint16_t v = 0; v < shape.max_vcpus; v++) {
		struct zazen_save_irq *irq = contents(ZAZEN_SAVE_PRIVATE, v);
		uint32_t at = (uint32_t)((uint8_t *)irq - records);

		irq[EVTCHN_PPI_DOMU].flags |= ZAZEN_IRQ_PENDING;
		((struct zazen_save_irq *)(first + at))[EVTCHN_PPI_DOMU].flags |= ZAZEN_IRQ_PENDING;
	}
	demand(memcmp(first, records, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t frames;
	int64_t rc;

	if (!dom0)
		world_once(NULL);
	fake_start();
	shape = (struct domain_config){
		.max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = 4,
		.max_maptrack_frames = 4, .nr_spis = 32, .gic_version = 3,
	};
	frames = fake_free_frames();
	fresh = make();
	run_as(dom0, 0);
	size = MIN(size, (size_t)BUFFER_SIZE);
	rc = set_bytes(fresh, data, (uint32_t)size);
	demand(rc <= 0 && rc != -ERESTART && (rc == 0) == !fresh->restoring);
	demand(map_window_empty() && lock_rank_none_held());
	for_each_vcpu(fresh, v)
		demand(rc || !v->initialised || vcpu_psr_is_legal(fresh, v->regs.spsr));
	if (rc == 0)
		goes_in_again(fresh);
	else
		demand(domain_unpause(fresh) == -EBUSY);
	fake_set_current(NULL);
	fake_domain_destroy(fresh);
	fresh = NULL;
	demand(fake_free_frames() == frames);
	return 0;
}

static const char *const tokens[] = {
	"\x01\x5a", "\x02\x5a", "\x03\x5a", "\x04\x5a", "\x05\x5a", "\x06\x5a", "\x07\x5a", "\x08\x5a",
	"\xff\xda", "\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x80\xc0", "zZnx", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/context" },
	.files = 2,
	.tokens = tokens,
};
