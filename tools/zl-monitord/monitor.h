/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the monitor does when a domain ends: a pure decision, and the steps that carry it out. */
#ifndef TOOLS_ZL_MONITORD_MONITOR_H
#define TOOLS_ZL_MONITORD_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include <xentools/domain.h>

enum monitor_step {
	MONITOR_NOTHING,		/* not our business (suspended) */
	MONITOR_DESTROY,
	MONITOR_RESTART,
	MONITOR_PRESERVE,
	MONITOR_RENAME_RESTART,
};

struct monitor_decision {
	enum monitor_step step;
	bool core_skipped;		/* a core dump was asked for and is not made */
	uint64_t delay_ns;		/* before a restart: the domain comes back too fast */
};

struct monitor_end {
	unsigned int reason;		/* enum hyp_shutdown */
	uint64_t lived_ns;
	unsigned int restarts;
	enum domain_action on_poweroff, on_reboot, on_crash;
	bool has_config;		/* without it a restart is not possible */
};

struct monitor_decision monitor_decide(const struct monitor_end *end);

int monitor_carry_out(struct domain_ctx *ctx, const struct domain_state *s,
		      const struct monitor_decision *d, struct zerr **err);
int monitor_restart(struct domain_ctx *ctx, const struct domain_state *s, struct zerr **err);

#endif
