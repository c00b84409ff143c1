/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls: the dispatch table that the vectors index, the guest-copy functions, the
 * continuation. Guest pointers exist in hypercall/ only and cannot be dereferenced.
 */
#pragma once

#include <xen/types.h>
#include <xen/errno.h>

#define NR_HYPERCALLS	64u

/* Arguments as in x0..x4. Result to x0. Runs for this_vcpu() with interrupts masked. */
typedef int64_t hypercall_fn(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);

/*
 * One entry per number, no holes: unknown numbers hold a function that answers -ENOSYS. Read by
 * vectors.S.
 */
extern hypercall_fn *const hypercall_table[NR_HYPERCALLS];
/* The two that have their own files and helpers: event_channel_op.c, grant_table_op.c. */
extern hypercall_fn do_event_channel_op, do_grant_table_op;

/*
 * Ask for the current call to be executed again with these arguments, when the guest next runs
 * (PC is put back over the HVC, x0..x4 are set); inside a multicall the entry is updated instead.
 * Returns -ERESTART for the handler to return; handlers return it unchanged.
 */
int64_t hypercall_restart(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
/* Should a long loop stop here? An interrupt is pending, or work waits for this CPU. Cheap. */
bool hypercall_preempt(void);

/* ---- hypercall/guest_copy.c: guest virtual address of the current vCPU, page by page ---- */
int copy_from_guest(void *dst, uint64_t guest_va, size_t size) __must_check;	/* 0 or -EFAULT */
int copy_to_guest(uint64_t guest_va, const void *src, size_t size) __must_check;
int clear_guest(uint64_t guest_va, size_t size) __must_check;
/* Its stage 1 alone, whatever stage 2 goes through meanwhile. 0 or -EFAULT. */
int guest_va_find(uint64_t va, bool write, ipa_t *ipa) __must_check;
/* Element i of an array of size-byte elements, overflow-checked. */
int copy_elem_from_guest(void *dst, uint64_t base, uint64_t i, size_t size) __must_check;
int copy_elem_to_guest(uint64_t base, uint64_t i, const void *src, size_t size) __must_check;
