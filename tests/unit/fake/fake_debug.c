/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug and performance monitor registers of the fake machine: per CPU, as last loaded. */
#include <string.h>
#include "fake.h"
#include "fake_private.h"

uint32_t pmu_version;
struct fake_debug fake_debug[MAX_CPUS];
struct fake_pmu fake_pmu[MAX_CPUS];

void fake_debug_reset(void)
{
	memset(fake_debug, 0, sizeof(fake_debug));
	memset(fake_pmu, 0, sizeof(fake_pmu));
}

void debug_hw_load(const struct debug_point *points, uint32_t nr_bps, uint32_t nr_wps,
		   uint64_t mdscr)
{
	struct fake_debug *f = &fake_debug[this_cpu()->id];

	if (nr_bps > 16 || nr_wps > 16)
		fake_die("more break- or watchpoints than there can be");
	if (mdscr & MDSCR_MDE)
		memcpy(f->point, points, (nr_bps + nr_wps) * sizeof(*points));
	f->mdscr = mdscr;
	fake_event(FAKE_DEBUG_LOAD, mdscr, 0, 0);
}

void pmu_hw_load(const struct pmu_state *s)
{
	struct fake_pmu *f = &fake_pmu[this_cpu()->id];

	if (f->loaded)
		fake_die("two guests' counters in one CPU");
	f->state = *s;
	f->loaded = true;
	fake_event(FAKE_PMU_LOAD, 0, 0, 0);
}

void pmu_hw_save(struct pmu_state *s)
{
	struct fake_pmu *f = &fake_pmu[this_cpu()->id];

	if (!f->loaded)
		fake_die("no counters to save");
	*s = f->state;
	f->loaded = false;
	fake_event(FAKE_PMU_SAVE, 0, 0, 0);
}

bool pmu_hw_overflow(void)
{
	const struct pmu_state *s = &fake_pmu[this_cpu()->id].state;

	return (s->pmcr & PMCR_E) && (s->ovsset & s->intenset);
}
