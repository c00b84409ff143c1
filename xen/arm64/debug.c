/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Break- and watchpoints of the running CPU. Registers have their number in their name, so loading
 * enters a list of all at the last one there is. Nothing is read: vdev/vdebug.c has the values.
 */
#include <arch/debug.h>
#include <arm64/sysreg.h>

/* kind: b or w. */
#define LOAD_POINT(kind, n, points)						\
	case (n) + 1:								\
		write_sysreg(dbg##kind##vr##n##_el1, (points)[n].value);	\
		write_sysreg(dbg##kind##cr##n##_el1, (points)[n].control);	\
		__attribute__((fallthrough));
#define BREAKPOINT(n)	LOAD_POINT(b, n, points)
#define WATCHPOINT(n)	LOAD_POINT(w, n, points + nr_bps)
#define FROM_15_DOWN(nr, op)							\
	switch (nr) {								\
	op(15) op(14) op(13) op(12) op(11) op(10) op(9) op(8)			\
	op(7) op(6) op(5) op(4) op(3) op(2) op(1) op(0)				\
	default:								\
		break;								\
	}

void debug_hw_load(const struct debug_point *points, uint32_t nr_bps, uint32_t nr_wps,
		   uint64_t mdscr)
{
	if (mdscr & MDSCR_MDE) {
		FROM_15_DOWN(nr_bps, BREAKPOINT)
		FROM_15_DOWN(nr_wps, WATCHPOINT)
	}
	write_sysreg(mdscr_el1, mdscr);
}
