/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to happen when a domain has ended: why it ended, and what its configuration asks for in
 * that case. Pure.
 */
#include "tools/zl-monitord/monitor.h"

#define QUICK_NS 3000000000ull		/* a domain that lived shorter comes back too fast */
#define QUICK_RESTARTS 3u
#define QUICK_DELAY_NS 5000000000ull

static enum domain_action action_for(const struct monitor_end *end)
{
	switch (end->reason) {
	case HYP_SHUTDOWN_POWEROFF:
		return end->on_poweroff;
	case HYP_SHUTDOWN_REBOOT:
	case HYP_SHUTDOWN_SOFT_RESET:
		return end->on_reboot;
	/* A guest whose watchdog fired hangs: a fresh start is what the watchdog is for. */
	case HYP_SHUTDOWN_WATCHDOG:
		return end->on_watchdog < 0 ? end->on_reboot :
			(enum domain_action)end->on_watchdog;
	default:
		return end->on_crash;
	}
}

/* Decide; no side effects. A restart without a stored configuration becomes a destroy. */
struct monitor_decision monitor_decide(const struct monitor_end *end)
{
	struct monitor_decision d = { .step = MONITOR_NOTHING };

	if (end->reason == HYP_SHUTDOWN_SUSPEND)
		return d;
	switch (end->final ? DOMAIN_ACTION_DESTROY : action_for(end)) {
	case DOMAIN_ACTION_COREDUMP_DESTROY:
		d.core = true;
		/* fall through */
	case DOMAIN_ACTION_DESTROY:
		d.step = MONITOR_DESTROY;
		break;
	case DOMAIN_ACTION_COREDUMP_RESTART:
		d.core = true;
		/* fall through */
	case DOMAIN_ACTION_RESTART:
		d.step = end->has_config ? MONITOR_RESTART : MONITOR_DESTROY;
		break;
	case DOMAIN_ACTION_PRESERVE:
		d.step = MONITOR_PRESERVE;
		break;
	case DOMAIN_ACTION_RENAME_RESTART:
		d.step = end->has_config ? MONITOR_RENAME_RESTART : MONITOR_PRESERVE;
		break;
	}
	if ((d.step == MONITOR_RESTART || d.step == MONITOR_RENAME_RESTART) &&
	    end->lived_ns < QUICK_NS && end->restarts >= QUICK_RESTARTS) {
		d.delay_ns = QUICK_DELAY_NS;
		d.core = false;		/* a loop of crashes must not fill the disk */
	}
	return d;
}
