/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the C library prepares at the start of a static program and zl never asks of it. The linker
 * puts these in the place of its own (--wrap). Nothing but speed depends on them.
 */

/*
 * Where the program lies, by readlink("/proc/self/exe"), for an $ORIGIN in the search path of
 * dlopen(). The answer is the one that it gives itself where there is no /proc: not known.
 */
const char *__wrap__dl_get_origin(void);
const char *__wrap__dl_get_origin(void)
{
	return (const char *)-1;
}
