/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision by XenBus states: its rules for every view there can be, and that every run of a
 * model of both ends reaches its goal or a reason, whatever happens in between and in what order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tools/domain/xenbus_state.h"

#define STATES 9

/* Each view once. */
#define for_each_view(v) \
	for (unsigned int i_ = 0; next_view(i_, &(v)); i_++)

static bool next_view(unsigned int i, struct xenbus_view *v)
{
	*v = (struct xenbus_view){
		.goal = (enum xenbus_goal)(i % 3),
		.exists = i / 3 % 2,
		.front = (enum xenbus_state)(i / 6 % STATES),
		.back = (enum xenbus_state)(i / 54 % STATES),
		.online = i / 486 % 2,
		.hotplug = (enum xenbus_hotplug)(i / 972 % 3),
		.stepped = i / 2916 % 2,
		.in_time = i / 5832 % 2,
		.held = i / 11664 % 2,
	};
	return i < 11664 * 2;
}

static void reasons_and_time(void **state)
{
	enum xenbus_reason why;
	struct xenbus_view v;
	unsigned int seen[4] = { 0 };

	(void)state;
	for_each_view(v) {
		enum xenbus_action a = xenbus_decide(&v, &why);

		seen[a]++;
		assert_int_equal(a == XENBUS_GIVE_UP, why != XENBUS_WHY_NONE);
		if (!v.in_time)
			assert_int_not_equal(a, XENBUS_WAIT);
		if (v.stepped)
			assert_int_not_equal(a, XENBUS_STEP);
	}
	for (size_t i = 0; i < 4; i++)
		assert_true(seen[i] > 0);
}

/* What the guest writes changes no action, only the sentence when it is not in time. */
static void the_guest_decides_nothing(void **state)
{
	enum xenbus_reason why, other;
	struct xenbus_view v, w;

	(void)state;
	for_each_view(v) {
		for (int front = 0; front < STATES; front++) {
			w = v;
			w.front = (enum xenbus_state)front;
			assert_int_equal(xenbus_decide(&v, &why), xenbus_decide(&w, &other));
		}
	}
}

static void attach_rules(void **state)
{
	enum xenbus_reason why;
	struct xenbus_view v;

	(void)state;
	for_each_view(v) {
		enum xenbus_action a = xenbus_decide(&v, &why);
		bool alive = v.exists && v.online && v.back >= XENBUS_INIT_WAIT &&
			     v.back != XENBUS_CLOSING && v.back != XENBUS_CLOSED;

		if (v.goal != XENBUS_ATTACH)
			continue;
		/* Never done without a back-end, our step and its good end. */
		assert_int_equal(a == XENBUS_DONE, alive && v.stepped &&
				 v.hotplug == XENBUS_HOTPLUG_CONNECTED);
		assert_int_equal(a == XENBUS_STEP, alive && !v.stepped &&
				 v.hotplug != XENBUS_HOTPLUG_ERROR);
		if (!v.exists)
			assert_int_equal(why, XENBUS_WHY_VANISHED);
		else if (v.online && v.hotplug == XENBUS_HOTPLUG_ERROR)
			assert_int_equal(why, XENBUS_WHY_HOTPLUG_FAILED);
	}
}

static void detach_rules(void **state)
{
	enum xenbus_reason why;
	struct xenbus_view v;

	(void)state;
	for_each_view(v) {
		enum xenbus_action a = xenbus_decide(&v, &why);

		if (v.goal == XENBUS_ATTACH)
			continue;
		if (!v.exists || v.back == XENBUS_CLOSED)
			assert_int_equal(a, XENBUS_DONE);
		/* A device with rings is not taken from a guest that was not asked. */
		if (v.goal == XENBUS_DETACH && v.exists && v.back == XENBUS_CONNECTED)
			assert_int_equal(a, !v.stepped ? XENBUS_STEP :
					 v.in_time ? XENBUS_WAIT : XENBUS_GIVE_UP);
		if (v.goal == XENBUS_REMOVE && v.exists && v.back == XENBUS_CONNECTED)
			assert_int_equal(a, !v.held ? XENBUS_DONE :
					 v.in_time ? XENBUS_WAIT : XENBUS_GIVE_UP);
	}
}

/* A model of both ends, moved by random events; our actions are carried out as device.c does. */
struct world {
	struct xenbus_view v;
	bool driver, guest, ring;
	unsigned int left;
};

static void both_ends(struct world *w)
{
	struct xenbus_view *v = &w->v;

	if (!v->exists || !w->driver)
		return;
	if (v->back == XENBUS_INITIALISING)
		v->back = XENBUS_INIT_WAIT;
	else if (v->back == XENBUS_CLOSING && (v->goal == XENBUS_REMOVE || w->guest))
		v->back = v->front = XENBUS_CLOSED;
	else if (v->back == XENBUS_INIT_WAIT && w->guest &&
		 v->hotplug == XENBUS_HOTPLUG_CONNECTED)
		v->back = v->front = XENBUS_CONNECTED;
	else if (v->back == XENBUS_CLOSED && v->online && w->guest)
		v->back = XENBUS_INIT_WAIT;
}

static void event(struct world *w, int what)
{
	switch (what) {
	case 0:
		w->v.exists = false;			/* somebody removes the nodes */
		break;
	case 1:
		w->v.back = XENBUS_CLOSED;		/* the back-end dies */
		break;
	case 2:
		w->v.front = (enum xenbus_state)(rand() % STATES);	/* rubbish */
		break;
	case 3:
		w->v.front = XENBUS_INITIALISING;	/* the guest starts anew */
		if (w->v.back == XENBUS_CONNECTED)
			w->v.back = XENBUS_INIT_WAIT;
		break;
	case 4:
		w->guest = !w->guest;			/* it falls silent, or wakes up */
		break;
	case 5:
		w->v.hotplug = XENBUS_HOTPLUG_ERROR;
		break;
	case 6:
		w->v.online = false;			/* a second detach */
		if (w->v.back != XENBUS_CLOSED)
			w->v.back = XENBUS_CLOSING;
		break;
	case 7:
		w->driver = false;			/* the module goes */
		break;
	case 9:
		w->v.held = false;			/* the back-end goes without a word */
		break;
	default:
		both_ends(w);
	}
}

static void do_step(struct world *w)
{
	w->v.stepped = true;
	if (w->v.goal == XENBUS_ATTACH) {
		if (w->v.hotplug == XENBUS_HOTPLUG_PENDING && rand() % 4)
			w->v.hotplug = XENBUS_HOTPLUG_CONNECTED;
	} else if (w->v.exists) {
		w->v.online = false;
		if (w->v.back != XENBUS_CLOSED)
			w->v.back = XENBUS_CLOSING;
	}
}

static void any_order_of_events_ends(void **state)
{
	unsigned int ends[3][2] = { { 0 } };

	(void)state;
	srand(4711);
	for (unsigned int round = 0; round < 200000; round++) {
		struct world w = {
			.v = { .goal = (enum xenbus_goal)(round % 3), .exists = true,
			       .online = true, .held = true, .back = XENBUS_INITIALISING,
			       .front = XENBUS_INITIALISING, .in_time = true },
			.driver = rand() % 8 != 0, .guest = rand() % 4 != 0,
		};
		enum xenbus_action a = XENBUS_WAIT;
		enum xenbus_reason why;
		unsigned int steps;

		if (w.v.goal != XENBUS_ATTACH) {
			w.v.hotplug = XENBUS_HOTPLUG_CONNECTED;
			w.v.back = w.v.goal == XENBUS_REMOVE ? XENBUS_CLOSING : XENBUS_CONNECTED;
			w.v.front = w.v.back;
		}
		for (steps = 0; steps < 64; steps++) {
			w.v.in_time = steps < 20;
			a = xenbus_decide(&w.v, &why);
			if (a == XENBUS_DONE || a == XENBUS_GIVE_UP)
				break;
			if (a == XENBUS_STEP)
				do_step(&w);
			event(&w, rand() % 3 ? 8 : rand() % 10);
		}
		assert_true(a == XENBUS_DONE || a == XENBUS_GIVE_UP);
		assert_true(steps <= 22);
		ends[w.v.goal][a == XENBUS_DONE]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(ends[i][0] > 0 && ends[i][1] > 0);
}

static void state_texts(void **state)
{
	static const char *const rubbish[] = { "", "9", "-1", "44", "4 ", " 4", "0x4", "four" };

	(void)state;
	assert_int_equal(xenbus_state_parse("4"), XENBUS_CONNECTED);
	assert_int_equal(xenbus_state_parse("8"), XENBUS_RECONFIGURED);
	assert_int_equal(xenbus_state_parse(NULL), XENBUS_UNKNOWN);
	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++)
		assert_int_equal(xenbus_state_parse(rubbish[i]), XENBUS_UNKNOWN);
	assert_string_equal(xenbus_state_word(XENBUS_CLOSED), "closed");
	assert_string_equal(xenbus_state_word((enum xenbus_state)77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons_and_time),
		cmocka_unit_test(the_guest_decides_nothing),
		cmocka_unit_test(attach_rules),
		cmocka_unit_test(detach_rules),
		cmocka_unit_test(any_order_of_events_ends),
		cmocka_unit_test(state_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
