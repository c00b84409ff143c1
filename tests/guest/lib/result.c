/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payload's verdicts, in the form that the test runner counts. */
#include "guest.h"

static unsigned int passed, failed;

void result_ok(const char *name)
{
	passed++;
	printk("ok %s\n", name);
}

/* WHY may be NULL. */
void result_failed(const char *name, const char *why)
{
	failed++;
	printk("FAILED %s: %s\n", name, why ? why : "not so");
}

/* Say whether case NAME is GOOD. */
bool result(bool good, const char *name, const char *why)
{
	if (good)
		result_ok(name);
	else
		result_failed(name, why);
	return good;
}

/* GOT must be WANTED. */
bool result_equal(uint64_t got, uint64_t wanted, const char *name)
{
	if (got == wanted) {
		result_ok(name);
		return true;
	}
	failed++;
	printk("FAILED %s: 0x%lx, not 0x%lx\n", name, got, wanted);
	return false;
}

/* The last line; then the payload ends. */
void result_end(void)
{
	printk("%u passed, %u failed\n", passed, failed);
	guest_exit(SHUTDOWN_poweroff);
}
