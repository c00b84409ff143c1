/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of struct hyp, for the files of tools/hyp only. What a call takes is an ordinary struct,
 * copied to where the hypervisor can reach it and back (hyp_call_arg()); buffers that it points to
 * come from hcall_put() and hcall_alloc(). They live until the next one is taken after the call, so
 * nothing is freed by hand and nothing leaks. Where there is no memory for them the call fails.
 */
#ifndef TOOLS_HYP_PRIV_H
#define TOOLS_HYP_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include <xentools/error.h>
#include <xentools/hyp.h>

#define NO_DOMAIN (-1)

#define HCALL_POOLS 2

struct hyp {
	const struct hyp_ops *ops;
	void *priv;			/* first argument of each of ops */
	int fd;				/* /dev/xen/privcmd */
	int buf_fd;			/* /dev/xen/hypercall, -1: pool is locked memory */
	uint8_t *pool[HCALL_POOLS];	/* pages the hypervisor may access; NULL until first use */
	size_t used[HCALL_POOLS];	/* bytes of them */
	bool no_memory;			/* for a buffer of the next call, which will fail */
};

extern const struct hyp_ops hyp_kernel_ops;

/* privcmd.c */
#define HCALL_NO_MEMORY (-4096L)	/* result of a call that had no buffer */
#define HCALL_NO_CMD (-1)
long hyp_call(struct hyp *h, unsigned int nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3);
long hyp_call_arg(struct hyp *h, unsigned int nr, int cmd, void *arg, size_t size);
int hyp_error(struct zerr **err, long rc, const char *what, int domid);

/* hcall_buf.c */
uint8_t *hcall_map(struct hyp *h, size_t size);
void *hcall_alloc(struct hyp *h, size_t size);
void *hcall_put(struct hyp *h, const void *from, size_t size);
void *hcall_alloc_rest(struct hyp *h, size_t keep, size_t *size);
void hcall_pool_free(struct hyp *h);
int hcall_no_memory(struct zerr **err);

static inline uint64_t hcall_addr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* What comes of a call: 0, or -1 with *err set as by hyp_error(). */
static inline int hyp_result(struct zerr **err, long rc, const char *what, int domid)
{
	return rc < 0 ? hyp_error(err, rc, what, domid) : 0;
}

#endif
