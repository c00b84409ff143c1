/* SPDX-License-Identifier: MIT */
/*
 * The page a guest and the console daemon share: two byte rings. Indexes run freely and are masked
 * by the ring's size at each use; each is written by one side only.
 */
#ifndef XEN_PUBLIC_IO_CONSOLE_H
#define XEN_PUBLIC_IO_CONSOLE_H

#include <stdint.h>

typedef uint32_t XENCONS_RING_IDX;

#define MASK_XENCONS_IDX(idx, ring)	((idx) & (sizeof(ring) - 1))

struct xencons_interface {
	char in[1024];			/* daemon to guest */
	char out[2048];			/* guest to daemon */
	XENCONS_RING_IDX in_cons, in_prod;
	XENCONS_RING_IDX out_cons, out_prod;
};

#endif /* XEN_PUBLIC_IO_CONSOLE_H */
