/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two-level event delivery: the bitmaps of shared_info and the selector word of vcpu_info. Pure on
 * the shared words; the guest changes them at the same time, so every change is one atomic. Ports
 * are below EVTCHN_2L_NR_CHANNELS by the caller's word. *ok becomes false when the guest starves
 * us.
 */
#include <arch/guest_atomic.h>
#include "event.h"

bool evtchn_2l_test(const xen_ulong_t *map, uint32_t port)
{
	return shared_read(&map[port / 64]) >> (port % 64) & 1;
}

/*
 * Set port pending. True when it was not pending before; *unmasked then says whether the vCPU has
 * to be told.
 */
bool evtchn_2l_set(struct shared_info *s, uint32_t port, bool *unmasked, bool *ok)
{
	/* The sender's own stores come before our look: else an event that the receiver is just
	 * taking would be thought still to come. */
	smp_mb();
	if (evtchn_2l_test(s->evtchn_pending, port))
		return false;
	if (guest_test_and_set_bit(port % 64, &s->evtchn_pending[port / 64], ok) || !*ok)
		return false;
	*unmasked = !evtchn_2l_test(s->evtchn_mask, port);
	return true;
}

/* Note in vi which word to look at. True when that was not noted before: the upcall is due. */
bool evtchn_2l_select(struct vcpu_info *vi, uint32_t port, bool *ok)
{
	return !guest_test_and_set_bit(port / 64, &vi->evtchn_pending_sel, ok) && *ok;
}

/* Unmask port. True when it was masked and is pending: it has to be told now. */
bool evtchn_2l_clear_mask(struct shared_info *s, uint32_t port, bool *ok)
{
	return guest_test_and_clear_bit(port % 64, &s->evtchn_mask[port / 64], ok) && *ok &&
	       evtchn_2l_test(s->evtchn_pending, port);
}

/* Make port not pending; was it? */
bool evtchn_2l_clear(struct shared_info *s, uint32_t port, bool *ok)
{
	return guest_test_and_clear_bit(port % 64, &s->evtchn_pending[port / 64], ok);
}
