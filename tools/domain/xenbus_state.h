/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a pair of XenBus states means to who attaches or takes away a device; xenbus_state.c. */
#ifndef TOOLS_XENBUS_STATE_H
#define TOOLS_XENBUS_STATE_H

#include <xentools/device.h>

enum xenbus_goal {
	XENBUS_ATTACH,
	XENBUS_DETACH,			/* the guest is asked to let go first */
	XENBUS_REMOVE,			/* the front-end's nodes are gone: the back-end lets go */
};

enum xenbus_hotplug { XENBUS_HOTPLUG_PENDING, XENBUS_HOTPLUG_CONNECTED, XENBUS_HOTPLUG_ERROR };

struct xenbus_view {
	enum xenbus_goal goal;
	bool exists;			/* the back-end's nodes are there */
	enum xenbus_state front, back;
	bool held;			/* the back-end's kernel has the device, or may have it */
	bool online;
	enum xenbus_hotplug hotplug;	/* the node hotplug-status */
	bool stepped;			/* our step was done: hotplug, or the request to close */
	bool in_time;
};

enum xenbus_action {
	XENBUS_WAIT,			/* for a change of the back-end's nodes, or the time's end */
	XENBUS_STEP,			/* run the hotplug step, or ask to close; then look again */
	XENBUS_DONE,
	XENBUS_GIVE_UP,
};

enum xenbus_reason {
	XENBUS_WHY_NONE,
	XENBUS_WHY_VANISHED,		/* somebody took the device away meanwhile */
	XENBUS_WHY_NO_BACKEND,		/* no driver answers */
	XENBUS_WHY_BACKEND_FAILED,	/* its driver gave up */
	XENBUS_WHY_HOTPLUG_FAILED,
	XENBUS_WHY_HOTPLUG_SLOW,
	XENBUS_WHY_GUEST_KEEPS,		/* the guest does not answer the request to close */
	XENBUS_WHY_GUEST_CLOSING,	/* it has begun to close, but is not through */
	XENBUS_WHY_BACKEND_KEEPS,	/* the back-end does not let go */
};

enum xenbus_action xenbus_decide(const struct xenbus_view *v, enum xenbus_reason *why);
/* The text of a state node: anything but one of the numbers is XENBUS_UNKNOWN. */
enum xenbus_state xenbus_state_parse(const char *text);

#endif
