/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event log, injected allocation failures, and where panics of the tested code end. */
#include <stdio.h>
#include <stdlib.h>
#include <xen/lib.h>
#include "fake.h"
#include "alloc_hook.h"

struct fake_event fake_log[FAKE_LOG_MAX];
unsigned int fake_log_len;
void (*fake_on_event)(const struct fake_event *e);
jmp_buf fake_jump;
bool fake_jump_armed;

static unsigned int fail_countdown;
static bool failed;

void fake_event(enum fake_event_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	struct fake_event e = {
		.kind = kind, .cpu = fake_this_cpu ? fake_this_cpu->id : 0, .a = a, .b = b, .c = c,
	};

	if (fake_log_len < FAKE_LOG_MAX)
		fake_log[fake_log_len] = e;
	fake_log_len++;
	if (fake_on_event)
		fake_on_event(&e);
}

void fake_log_clear(void)
{
	fake_log_len = 0;
}

unsigned int fake_log_count(enum fake_event_kind kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fake_log_len && i < FAKE_LOG_MAX; i++)
		n += fake_log[i].kind == kind;
	return n;
}

int fake_log_find(enum fake_event_kind kind, unsigned int from)
{
	for (unsigned int i = from; i < fake_log_len && i < FAKE_LOG_MAX; i++)
		if (fake_log[i].kind == kind)
			return (int)i;
	return -1;
}

void fake_fail_alloc(unsigned int nth)
{
	fail_countdown = nth;
	failed = false;
}

bool fake_alloc_failed(void)
{
	fail_countdown = 0;
	return failed;
}

bool fake_alloc_should_fail(void)
{
	if (fail_countdown == 0 || --fail_countdown != 0)
		return false;
	failed = true;
	fake_event(FAKE_ALLOC_FAILED, 0, 0, 0);
	return true;
}

static void __noreturn stop(enum fake_event_kind kind)
{
	fake_event(kind, 0, 0, 0);
	if (fake_jump_armed) {
		fake_jump_armed = false;
		longjmp(fake_jump, (int)kind);
	}
	fprintf(stderr, "fake machine stopped (event %d); last line: %s\n", (int)kind,
		fake_last_line);
	abort();
}

void cpu_halt(void) { stop(FAKE_HALT); }
void machine_power_off(void) { stop(FAKE_POWER_OFF); }
void machine_restart(void) { stop(FAKE_RESTART); }
