/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the monitor does when a domain ends: a pure decision, and the steps that carry it out. */
#ifndef TOOLS_ZL_MONITORD_MONITOR_H
#define TOOLS_ZL_MONITORD_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <xentools/config.h>
#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/log.h>

enum monitor_step {
	MONITOR_NOTHING,		/* not our business (suspended) */
	MONITOR_DESTROY,
	MONITOR_RESTART,
	MONITOR_PRESERVE,
	MONITOR_RENAME_RESTART,
};

struct monitor_decision {
	enum monitor_step step;
	bool core;			/* first a core dump */
	uint64_t delay_ns;		/* before a restart: the domain comes back too fast */
};

struct monitor_end {
	unsigned int reason;		/* enum hyp_shutdown */
	uint64_t lived_ns;
	unsigned int restarts;
	enum domain_action on_poweroff, on_reboot, on_crash;
	int on_watchdog;		/* enum domain_action; -1: as on_reboot */
	bool has_config;		/* without it a restart is not possible */
	bool final;			/* somebody destroys it: no more than that is to happen */
};

struct monitor_decision monitor_decide(const struct monitor_end *end);

int monitor_carry_out(struct domain_ctx *ctx, const struct domain_state *s,
		      const struct monitor_decision *d, struct zerr **err);
int monitor_restart(struct domain_ctx *ctx, const struct domain_state *s, struct zerr **err);
/* What the stored configuration says of the watchdog; -1: nothing. */
int monitor_watchdog_action(const struct domain_state *s);

/*
 * Dump a domain's core in a process of its own, which ends with us: *ret_fd hangs up when it is
 * through, then monitor_core_end() says how it went and closes it.
 */
int monitor_core_begin(const struct domain_ctx *ctx, const struct domain_state *s, pid_t *ret_pid,
		       int *ret_fd, struct zerr **err);
bool monitor_core_end(pid_t pid, int fd);

/* What a line of a domain's log is about. */
#define MONITOR_ABOUT(s, op) ZLOG_ABOUT(ZLOG_INFO, (s)->name, (s)->uuid, (op))

#endif
