/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XenBus state machine of both ends, as a decision without memory: given what the store shows
 * and what is wanted, what to do next. Only the back-end's nodes, which the guest cannot write,
 * decide whether a device is attached or gone; of the front-end's state just the sentence of an
 * error depends. Each row of nodes gives one answer, so events may come in any order and twice.
 */
#include <string.h>

#include <xentools/macros.h>

#include "tools/domain/xenbus_state.h"

static enum xenbus_action give_up(enum xenbus_reason *why, enum xenbus_reason reason)
{
	*why = reason;
	return XENBUS_GIVE_UP;
}

static enum xenbus_action wait_or(const struct xenbus_view *v, enum xenbus_reason *why,
				  enum xenbus_reason reason)
{
	return v->in_time ? XENBUS_WAIT : give_up(why, reason);
}

static bool answered(enum xenbus_state back)
{
	return back != XENBUS_UNKNOWN && back != XENBUS_INITIALISING;
}

static enum xenbus_action attach(const struct xenbus_view *v, enum xenbus_reason *why)
{
	if (!v->exists || !v->online)
		return give_up(why, XENBUS_WHY_VANISHED);
	if (v->hotplug == XENBUS_HOTPLUG_ERROR)
		return give_up(why, XENBUS_WHY_HOTPLUG_FAILED);
	if (v->back == XENBUS_CLOSING || v->back == XENBUS_CLOSED)
		return give_up(why, XENBUS_WHY_BACKEND_FAILED);
	if (!answered(v->back))
		return wait_or(v, why, XENBUS_WHY_NO_BACKEND);
	if (!v->stepped)
		return XENBUS_STEP;
	if (v->hotplug == XENBUS_HOTPLUG_CONNECTED)
		return XENBUS_DONE;
	return wait_or(v, why, XENBUS_WHY_HOTPLUG_SLOW);
}

/*
 * A device at InitWait or before has no ring: no guest uses it, and none that is paused or has no
 * driver needs to be waited for.
 */
static enum xenbus_action detach(const struct xenbus_view *v, enum xenbus_reason *why)
{
	if (!v->exists || v->back == XENBUS_CLOSED)
		return XENBUS_DONE;
	if (!v->stepped)
		return answered(v->back) && v->back != XENBUS_INIT_WAIT ? XENBUS_STEP : XENBUS_DONE;
	return wait_or(v, why, v->front == XENBUS_CLOSING ? XENBUS_WHY_GUEST_CLOSING
							 : XENBUS_WHY_GUEST_KEEPS);
}

/*
 * A back-end whose front-end vanished says "closed" only when it was asked to close before: one
 * that has just gone without a word is known by its absence.
 */
static enum xenbus_action let_go(const struct xenbus_view *v, enum xenbus_reason *why)
{
	if (!v->exists || !v->held || v->back == XENBUS_CLOSED || !answered(v->back))
		return XENBUS_DONE;
	return wait_or(v, why, XENBUS_WHY_BACKEND_KEEPS);
}

/* What to do next; *why says more of XENBUS_GIVE_UP, else it is XENBUS_WHY_NONE. */
enum xenbus_action xenbus_decide(const struct xenbus_view *v, enum xenbus_reason *why)
{
	*why = XENBUS_WHY_NONE;
	switch (v->goal) {
	case XENBUS_ATTACH:
		return attach(v, why);
	case XENBUS_DETACH:
		return detach(v, why);
	default:
		return let_go(v, why);
	}
}

enum xenbus_state xenbus_state_parse(const char *text)
{
	if (!text || text[0] < '0' || text[0] > '8' || text[1] != '\0')
		return XENBUS_UNKNOWN;
	return (enum xenbus_state)(text[0] - '0');
}

const char *xenbus_state_word(enum xenbus_state state)
{
	static const char *const words[] = {
		"unknown", "initialising", "waiting", "initialised", "connected", "closing",
		"closed", "reconfiguring", "reconfigured",
	};

	return (size_t)state < ARRAY_SIZE(words) ? words[state] : words[0];
}
