/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_console_io: dom0's hvc0 writes to the UART and reads what is typed there. A domU's
 * text goes into the log instead, line by line, stripped and rate-limited; it reads nothing.
 */
#include <xen/console.h>
#include "ops.h"

#define CHUNK		128u
#define DOMU_MAX	1024u	/* bytes of one call that are looked at */

/* Verbatim, in pieces; a slow UART makes it long, so it may stop between them. */
static int64_t write_dom0(uint32_t count, uint64_t buf)
{
	char text[CHUNK];

	while (count) {
		uint32_t n = MIN(count, CHUNK);

		if (copy_from_guest(text, buf, n))
			return -EFAULT;
		console_write_guest(text, n);
		count -= n;
		buf += n;
		if (count && hypercall_preempt())
			return hypercall_restart(CONSOLEIO_write, count, buf, 0, 0);
	}
	return 0;
}

/* A line ends at its newline, or where a piece ends. */
static int64_t write_domu(struct domain *d, uint32_t count, uint64_t buf)
{
	char text[CHUNK + 1];
	uint32_t i, begin, n;

	count = MIN(count, DOMU_MAX);
	for (; count; count -= n, buf += n) {
		n = MIN(count, CHUNK);
		if (copy_from_guest(text, buf, n))
			return -EFAULT;
		for (i = begin = 0; i <= n; i++) {
			if (i < n && text[i] != '\n')
				continue;
			text[i] = '\0';
			if (i > begin)
				guest_printk(d, "%s", text + begin);
			begin = i + 1;
		}
	}
	return 0;
}

/* Up to count typed bytes; returns how many. */
static int64_t read_dom0(uint32_t count, uint64_t buf)
{
	char text[CHUNK];
	uint32_t done = 0, n;

	/* Ends with the input ring, which is a page at most. */
	while (done < count) {
		n = (uint32_t)console_read_input(text, MIN(count - done, CHUNK));
		if (!n)
			break;
		if (copy_to_guest(buf + done, text, n))
			return -EFAULT;
		done += n;
	}
	return done;
}

/* -ENOSYS for an unknown command, -EPERM, -EFAULT. */
int64_t do_console_io(uint64_t cmd, uint64_t count, uint64_t buf, uint64_t a3, uint64_t a4)
{
	struct domain *d = this_vcpu()->domain;

	switch (cmd) {
	case CONSOLEIO_write:
		return d->is_privileged ? write_dom0((uint32_t)count, buf) :
		       write_domu(d, (uint32_t)count, buf);
	case CONSOLEIO_read:
		return d->is_privileged ? read_dom0((uint32_t)count, buf) : -EPERM;
	default:
		return -ENOSYS;
	}
}
