/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does this machine give pseudo terminals? One without /dev/pts has no test of what needs them. */
#ifndef HAS_PTYS_H
#define HAS_PTYS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define TEST_SKIPPED 77			/* a program's exit code, for automake */

static bool has_ptys(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	const char *name = master >= 0 && unlockpt(master) == 0 ? ptsname(master) : NULL;
	bool there = name && access(name, R_OK | W_OK) == 0;

	if (master >= 0)
		close(master);
	return there;
}

#endif
