/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end: the hypervisor's own state is wrong. Says why, stops the other CPUs, then powers off or
 * restarts by the command line. No guest input reaches any caller; docs/testing.md lists them all.
 */
#include <xen/cmdline.h>
#include <xen/lib.h>
#include <xen/percpu.h>

/* libfdt's objects were built with the stack protector; ours are too. */
uintptr_t __stack_chk_guard = 0x5a617a656e45; /* replaced by a random value in arm64/setup.c */

static uint32_t panicking;

void panic(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	/* The first CPU speaks; another that fails meanwhile, or this one again, just stops. */
	if (__atomic_fetch_add(&panicking, 1, __ATOMIC_RELAXED) == 0) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		pr_err("PANIC on CPU%u: %s\n", this_cpu()->id, text);
		ipi_send_others(IPI_HALT);
		if (opt.noreboot)
			machine_power_off();
		machine_restart();
	}
	cpu_halt();
}

void assert_failed(const char *cond, const char *file, int line)
{
	panic("%s:%d: %s", file, line, cond);
}

/* Called by the compiler's stack check: a buffer on an EL2 stack overflowed, a bug of ours. */
void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	panic("stack smashed");
}
