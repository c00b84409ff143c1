/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The emulated serial port of a guest, as the rest of the hypervisor sees it (vdev/vpl011.c). */
#pragma once

#include <xen/domain.h>

int vpl011_init(struct domain *d, gfn_t g, domid_t daemon, uint32_t *port) __must_check;
int vpl011_init_static(struct domain *d) __must_check;
/* The far end of d's port sent an event; true: send one back. Under the sender's LOCK_EVTCHN. */
bool vpl011_event(struct domain *d);
/* A byte typed for d; false when d does not take any. */
bool vpl011_input(struct domain *d, char c);
