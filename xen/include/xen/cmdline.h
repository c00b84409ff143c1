/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command-line options, one row each (core/cmdline.c). */
#pragma once

#include <xen/types.h>

struct boot_options {
	uint64_t dom0_mem;		/* bytes */
	uint32_t dom0_max_vcpus;	/* 0: as many as CPUs */
	char dtuart[128];		/* path or alias of the UART; empty: stdout-path */
	uint32_t log_level;		/* highest enum log_level printed */
	uint32_t guest_log_level;
	bool dom0_vpmu;			/* dom0 has performance monitors */
	bool noreboot;
	bool bootscrub;
	bool allow_peers;		/* xsm=dummy */
	bool vwfi_native;		/* vwfi=native: who is alone on a CPU sleeps in its guest */
	uint32_t gnttab_max_frames, gnttab_max_maptrack_frames;
	char sched[16];			/* credit2 (default), credit, null */
	uint32_t sched_ratelimit_us;
	uint64_t reported_reserve;	/* bytes; REPORTING_OFF: domains report nothing */
};
#define REPORTING_OFF	UINT64_MAX
extern struct boot_options opt;
extern char saved_cmdline[1024];	/* as given, with dom0_mem= added when absent */

void cmdline_parse(const char *s);	/* unknown options are reported, never fatal */
