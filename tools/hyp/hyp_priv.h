/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of struct hyp, for the files of tools/hyp only. Each public function starts with
 * hcall_reset() and takes its argument pages with hcall_alloc(): they live until the next public
 * call, so nothing is freed by hand and nothing leaks.
 */
#ifndef TOOLS_HYP_PRIV_H
#define TOOLS_HYP_PRIV_H

#include <stdint.h>

#include <xentools/error.h>
#include <xentools/hyp.h>

#define NO_DOMAIN (-1)

#define HCALL_POOLS 2

struct hyp {
	const struct hyp_ops *ops;
	void *priv;			/* first argument of each of ops */
	int fd;				/* /dev/xen/privcmd */
	int buf_fd;			/* /dev/xen/hypercall, -1: pool is locked anonymous memory */
	uint8_t *pool[HCALL_POOLS];	/* pages the hypervisor may access; NULL until first use */
	size_t used[HCALL_POOLS];	/* bytes of them */
};

extern const struct hyp_ops hyp_kernel_ops;

/* privcmd.c */
long hyp_call(struct hyp *h, unsigned int nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3);
int hyp_error(struct zerr **err, long rc, const char *what, int domid);

/* hcall_buf.c */
void hcall_reset(struct hyp *h);
void *hcall_alloc(struct hyp *h, size_t size);
void *hcall_alloc_rest(struct hyp *h, size_t *size);
void hcall_pool_free(struct hyp *h);
int hcall_no_memory(struct zerr **err);

/* memory.c: a memory_op with its full 64-bit result, or negative errno */
int64_t hyp_memory_op(struct hyp *h, unsigned int cmd, const void *arg);

static inline uint64_t hcall_addr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

#endif
