/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xen/lib defines gets the names of host_names.h. Included by the files that define it, after
 * all other headers.
 */
#ifndef FAKE_LIBC_RENAME_H
#define FAKE_LIBC_RENAME_H

#include "host_names.h"

#define memcpy		xen_memcpy
#define memmove		xen_memmove
#define memset		xen_memset
#define memcmp		xen_memcmp
#define memchr		xen_memchr
#define strlen		xen_strlen
#define strnlen		xen_strnlen
#define strcmp		xen_strcmp
#define strncmp		xen_strncmp
#define strchr		xen_strchr
#define strrchr		xen_strrchr
#define vsnprintf	xen_vsnprintf
#define snprintf	xen_snprintf

#endif
