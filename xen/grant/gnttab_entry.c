/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of one grant entry: while anybody uses it, "reading" (and "writing") stand in its
 * flags, set together with a check that it is still lent to us as we found it. The lender takes an
 * entry back by a compare-and-swap that fails while they stand. Pure on the entry and its pins;
 * the lender's lock is held.
 */
#include <arch/guest_atomic.h>
#include "grant.h"

#define PIN_TRIES	5u	/* a lender that rewrites the entry meanwhile */

static uint32_t *flags_word(struct grant_entry_v1 *e)
{
	return (uint32_t *)(void *)e;
}

/* May `by` use an entry whose first word is w: flags below, domid above. */
static bool word_allows(uint32_t w, domid_t by, bool readonly)
{
	return (w & GTF_type_mask) == GTF_permit_access && w >> 16 == by &&
	       !(w & GTF_sub_page) && (readonly || !(w & GTF_readonly));
}

/*
 * Count one more use of the entry and read its frame, once. GNTST_bad_gntref when it is not lent
 * to `by` in that way, or is in use by another; GNTST_general_error when it keeps changing;
 * GNTST_no_device_space when there are too many uses. Nothing is changed then.
 */
int grant_entry_pin(struct domain *d, struct grant_entry_v1 *e, struct grant_pin *p, domid_t by,
		    bool readonly, uint32_t *frame)
{
	uint32_t set = GTF_reading | (readonly ? 0u : (uint32_t)GTF_writing);
	uint32_t w = shared_read(flags_word(e)), found;

	if ((p->readers || p->writers) && p->by != by)
		return GNTST_bad_gntref;
	if ((readonly ? p->readers : p->writers) == GRANT_PIN_MAX)
		return GNTST_no_device_space;
	for (unsigned int tries = 0; ; tries++) {
		if (!word_allows(w, by, readonly))
			return GNTST_bad_gntref;
		if (tries == PIN_TRIES)
			return GNTST_general_error;
		if ((w & set) == set)
			break;
		found = guest_cmpxchg32(flags_word(e), w, w | set, d);
		if (found == w)
			break;
		if (d->starves)
			return GNTST_general_error;
		w = found;
	}
	/* The frame after the flags that make it valid. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	*frame = shared_read(&e->frame);
	p->by = by;
	if (readonly)
		p->readers++;
	else
		p->writers++;
	return GNTST_okay;
}

/* Count one use less; the last writer and the last user of all take their flag out. */
void grant_entry_unpin(struct domain *d, struct grant_entry_v1 *e, struct grant_pin *p,
		       bool readonly)
{
	uint16_t clear = 0;

	if (readonly)
		p->readers--;
	else if (--p->writers == 0)
		clear = GTF_writing;
	if (!p->readers && !p->writers)
		clear |= GTF_reading;
	if (clear)
		guest_clear_mask16(clear, &e->flags, d);
}
