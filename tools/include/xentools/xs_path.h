/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules for xenstore paths. Pure functions on strings; client and daemon both use them.
 */
#ifndef XENTOOLS_XS_PATH_H
#define XENTOOLS_XS_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XS_PATH_ABS_MAX 3072U	/* bytes with the NUL */
#define XS_PATH_REL_MAX 2048U
#define XS_PATH_HOME_MAX 32U	/* "/local/domain/4294967295" and NUL */

/* Characters, slashes and length are right; "@special" names are not paths. */
bool xs_path_is_valid(const char *path);
bool xs_path_is_special(const char *path);
bool xs_path_is_absolute(const char *path);

/* "/local/domain/N"; returns the length. */
size_t xs_path_home(uint32_t domid, char *buf);

/* path is `top` itself or below it; both absolute. */
bool xs_path_is_below(const char *path, const char *top);

/* Length of the parent's path ("/" for "/a"); 0 for the root. */
size_t xs_path_parent_len(const char *path);

/* The last component; "" for the root. */
const char *xs_path_name(const char *path);

/*
 * Absolute form of a path given by domid: relative ones are put below its home. Checks the path.
 * 0 or -EINVAL; *ret is path itself or buf.
 */
int xs_path_resolve(const char *path, uint32_t domid, char buf[XS_PATH_ABS_MAX],
		    const char **ret);

#endif
