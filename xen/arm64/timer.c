/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counter and the EL2 physical timer. System time is the physical counter in nanoseconds
 * since start; the counter is the same on all CPUs. Conversion is a multiplication by 2^32-scaled
 * constants.
 */
#include <arch/gic.h>
#include "machine.h"

struct time_base time_base __ro_after_init;
static uint64_t freq __ro_after_init;
static uint64_t tick_mult __ro_after_init;	/* ticks = ns * tick_mult >> 32 */

uint64_t timer_ticks(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

uint64_t timer_frequency(void) { return freq; }

s_time_t ticks_to_system_time(uint64_t ticks)
{
	__uint128_t ns = (__uint128_t)(ticks - time_base.start) * time_base.ns_mult >> 32;

	if (ticks < time_base.start)
		return 0;
	return ns > INT64_MAX ? INT64_MAX : (s_time_t)ns;
}

/*
 * The comparison is rounded up by one tick: by our own conversion the timer never fires before t.
 */
void timer_set_deadline(s_time_t t)
{
	__uint128_t ticks = ((__uint128_t)t * tick_mult >> 32) + time_base.start + 1;

	if (t == 0) {
		write_sysreg(cnthp_ctl_el2, 0);
		return;
	}
	write_sysreg(cnthp_cval_el2, ticks > UINT64_MAX ? UINT64_MAX : (uint64_t)ticks);
	write_sysreg(cnthp_ctl_el2, TIMER_ENABLE);
	isb();
}

/* Boot CPU, first thing: from here on system_time() counts. */
__init void timer_init_boot(void)
{
	freq = host_info.timer_clock_frequency ? host_info.timer_clock_frequency :
						 read_sysreg(cntfrq_el0);
	if (!freq || freq >> 32)
		panic("the host's timer frequency is out of range");
	time_base.ns_mult = (NS_PER_SECOND << 32) / freq;
	tick_mult = (freq << 32) / NS_PER_SECOND;	/* below 4 GHz: checked */
	time_base.start = read_sysreg(cntpct_el0);
}

/* Each CPU: EL2's timer on, the guests' off until one runs. */
void timer_init_cpu(void)
{
	write_sysreg(cnthp_ctl_el2, 0);
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(cntp_ctl_el0, 0);
	isb();
	gic_irq_enable(host_info.timer_ppi_hyp);
	gic_irq_enable(host_info.timer_ppi_virt);
	/* Its line is low until a guest's counter overflows. */
	if (host_info.pmu_ppi)
		gic_irq_enable(host_info.pmu_ppi);
}
