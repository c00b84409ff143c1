/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holding off what would end the program.
 */
#include <xentools/signals.h>

sigset_t signals_hold(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &old);
	return old;
}
