/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of what guests come to the hypervisor for (core/trace.c): one for each visit, from a
 * guest's trap to the return to a guest on the same CPU. Only the recording vectors ask for them.
 */
#pragma once

#include <xen/vcpu.h>
#include <public/zazen.h>

/* This CPU begins or ends recording, as is wanted now: does it record? Takes no lock. */
bool trace_here(void);
/* v came for a reason: its record, to be filled in at once; NULL: nobody wants it. */
struct zazen_trace_record *trace_open(const struct vcpu *v, uint32_t reason);
/* v leaves, which ends the visit. From the vectors: v. */
struct vcpu *trace_close(struct vcpu *v);
