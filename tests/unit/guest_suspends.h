/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest that can suspend does when it is asked: it takes the request, and stops. */
#ifndef TESTS_GUEST_SUSPENDS_H
#define TESTS_GUEST_SUSPENDS_H

#include <stdio.h>
#include <string.h>

#include <public/domctl.h>
#include <public/sched.h>

#include "test_support_hyp.h"
#include "test_support_xs.h"

static inline void guest_suspends(struct fake_hyp *hyp, struct xs *xs, uint16_t id)
{
	struct fake_domain *d = fake_hyp_domain(hyp, id);
	char node[64];
	const char *value;

	snprintf(node, sizeof(node), "/local/domain/%u/control/shutdown", id);
	value = d ? fake_xs_get(xs, node) : NULL;
	if (!value || strcmp(value, "suspend") != 0)
		return;
	fake_xs_set(xs, node, "");
	d->info.flags |= XEN_DOMINF_shutdown | SHUTDOWN_suspend << XEN_DOMINF_shutdownshift;
}

#endif
