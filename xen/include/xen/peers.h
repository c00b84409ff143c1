/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May two domains share event channels and grants? Guests reach the control domain and themselves;
 * each other only when the administrator allowed it for both, or for all (robustness rule 43).
 */
#pragma once

#include <xen/cmdline.h>
#include <xen/domain.h>

static inline bool domain_peers_allowed(const struct domain *a, const struct domain *b)
{
	return a == b || a->is_privileged || b->is_privileged || opt.allow_peers ||
	       (READ_ONCE(a->allow_peers) && READ_ONCE(b->allow_peers));
}
