/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine contract: a guest's break- and watchpoints in the running CPU. Debug exceptions go to
 * EL1 (MDCR_EL2.TDE = 0), and the architecture generates none for code at a higher exception level
 * than their target: EL2 never takes one, whatever is loaded.
 */
#pragma once

#include <xen/types.h>

#define MDSCR_SS	BIT(0)		/* software step */
#define MDSCR_TDCC	BIT(12)		/* EL0 has no debug communication channel */
#define MDSCR_KDE	BIT(13)		/* debug exceptions from EL1 too */
#define MDSCR_MDE	BIT(15)		/* break- and watchpoints */

struct debug_point { uint64_t value, control; };	/* DBGBVR, DBGBCR or DBGWVR, DBGWCR */

/*
 * Load nr_bps breakpoints, behind them nr_wps watchpoints, and MDSCR_EL1. All CPUs have that many,
 * at most 16 of each. mdscr 0: no debug exceptions from now on, whatever is there.
 */
void debug_hw_load(const struct debug_point *points, uint32_t nr_bps, uint32_t nr_wps,
		   uint64_t mdscr);
