/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope-bound release of memory, descriptors and streams, by the compiler's cleanup attribute.
 * A variable so marked must be initialised to its empty value (NULL or -1) at its declaration.
 * steal_ptr() and steal_fd() take the value out, so that the scope's end no longer releases it.
 */
#ifndef XENTOOLS_CLEANUP_H
#define XENTOOLS_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_freep(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _cleanup_free_ _cleanup_(cleanup_freep)
#define _cleanup_close_ _cleanup_(cleanup_closep)
#define _cleanup_fclose_ _cleanup_(cleanup_fclosep)
#define _cleanup_closedir_ _cleanup_(cleanup_closedirp)

#define steal_ptr(p) __extension__({ __typeof__(p) steal_tmp_ = (p); (p) = NULL; steal_tmp_; })

static inline int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
