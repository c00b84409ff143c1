/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emulated device memory of a domain: frames with one handler each (vdev/mmio.c). */
#pragma once

#include <xen/types.h>

struct mmio_access {
	ipa_t ipa;
	uint64_t data;		/* write: masked to size; read: result, masked by the dispatcher */
	uint8_t size;		/* bytes: 1, 2, 4, 8 */
	bool write;
};

enum mmio_result {
	MMIO_DONE,
	MMIO_ABORT,	/* the guest gets a data abort */
	MMIO_NONE,	/* nobody's address */
	MMIO_AGAIN,	/* not finished: the guest's instruction is executed again */
};

/* offset is from the frame's base. v is the vCPU that accesses. */
typedef enum mmio_result mmio_fn(struct vcpu *v, struct mmio_access *a, uint64_t offset, void *ctx);

/*
 * A short way for the commonest access, an aligned 4-byte read: the value, or MMIO_NOT_SHORT to
 * be asked the long way. The vectors call it without v's registers in the frame; it may not raise
 * work or inject anything.
 */
#define MMIO_NOT_SHORT	(~0UL)
typedef uint64_t mmio_read32_fn(struct vcpu *v, uint32_t offset, void *ctx);

/*
 * At creation of the domain only (or before its first unpause). -EEXIST on overlap, -ENOSPC (at
 * most 8).
 */
int mmio_register(struct domain *d, ipa_t base, uint64_t size, mmio_fn *fn,
		  mmio_read32_fn *read32, void *ctx) __must_check;
bool mmio_overlaps(const struct domain *d, ipa_t base, uint64_t size);
/* What vcpu.mmio_page is for the page of ipa: HPFAR_EL2 holds IPA[51:12] in bits 43:4. */
static inline uint64_t mmio_page_tag(ipa_t ipa) { return ipa >> 12 << 4; }
enum mmio_result mmio_dispatch(struct vcpu *v, struct mmio_access *a);
