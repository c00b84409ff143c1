/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error numbers. Values are those of the public ABI (abi/hypercalls.md 1), so
 * that an error returns to a guest as it is. -ERESTART never leaves the
 * hypervisor: it asks the hypercall's exit path to execute the call again.
 */
#pragma once

#ifdef ZAZEN_HOST_TEST
#include <errno.h>	/* the host's Linux values are the same */
#else
#include <public/errno.h>

enum {
#define ERRNO_(name, value)	name = value,
	XEN_ERRNO_LIST(ERRNO_)
#undef ERRNO_
	ERESTART = 85,
};
#endif
