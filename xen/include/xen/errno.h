/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error numbers. Values are those of the public ABI (abi/hypercalls.md 1), so
 * that an error returns to a guest as it is. -ERESTART never leaves the
 * hypervisor: it asks the hypercall's exit path to execute the call again.
 */
#ifndef XEN_ERRNO_H
#define XEN_ERRNO_H

#ifdef ZAZEN_HOST_TEST
#include <errno.h>	/* the host's Linux values are the same */
#else
#define EPERM		1
#define ENOENT		2
#define ESRCH		3
#define EIO		5
#define ENXIO		6
#define E2BIG		7
#define EBADF		9
#define EAGAIN		11
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define EXDEV		18
#define ENODEV		19
#define EINVAL		22
#define ENOSPC		28
#define EROFS		30
#define EDOM		33
#define ERANGE		34
#define EDEADLK		35
#define ENOSYS		38
#define ENOTEMPTY	39
#define ENODATA		61
#define EOVERFLOW	75
#define EILSEQ		84
#define ERESTART	85
#define EOPNOTSUPP	95
#define EADDRINUSE	98
#define EADDRNOTAVAIL	99
#define ENOBUFS		105
#define EISCONN		106
#define ENOTCONN	107
#define ETIMEDOUT	110
#endif

#endif
