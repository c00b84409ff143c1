/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_va_to_mfn of <arch/vcpu_ctxt.h>: AT S12E1x walks both stages and checks both's
 * permissions.
 */
#pragma once

#include <xen/types.h>

static inline mfn_t guest_va_to_mfn(uint64_t va, bool write)
{
	uint64_t saved, par;

	/* PAR_EL1 is the guest's: put it back. */
	__asm__ volatile("mrs %0, par_el1" : "=r"(saved));
	if (write)
		__asm__ volatile("at s12e1w, %0\n\tisb" :: "r"(va) : "memory");
	else
		__asm__ volatile("at s12e1r, %0\n\tisb" :: "r"(va) : "memory");
	__asm__ volatile("mrs %0, par_el1\n\tmsr par_el1, %1" : "=&r"(par) : "r"(saved) : "memory");
	return par & 1 ? INVALID_MFN : pa_to_mfn(par & GENMASK(51, 12));
}
