/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that end a program, held off while it must not stop halfway.
 */
#ifndef XENTOOLS_SIGNALS_H
#define XENTOOLS_SIGNALS_H

#include <signal.h>

#include <xentools/cleanup.h>
#include <xentools/macros.h>

/*
 * Until the end of a scope SIGINT, SIGTERM and SIGHUP wait; SIGKILL does not. The value is the
 * mask before:
 *
 *	_cleanup_signals_ sigset_t signals = signals_hold();
 */
sigset_t signals_hold(void);

static inline void cleanup_signals(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}
#define _cleanup_signals_ _cleanup_(cleanup_signals) UNUSED

#endif
