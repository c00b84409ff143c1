/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printing: a prefix with time and level, one call of the console per line. Text that a guest
 * causes goes through guest_printk: stripped, named, and limited to ten lines a second for each
 * domain.
 */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/lib.h>

#define GUEST_LINES_PER_SECOND	10u
#define LINE_MAX_CHARS		512
#define STAMP			"(ZZ) [       0.000000 E] "

/* Begin a line of at least sizeof(STAMP) bytes: seconds since the start, and the level. */
static void put_stamp(char *line, enum log_level level)
{
	uint64_t us = (uint64_t)system_time() / 1000;

	memcpy(line, STAMP, sizeof(STAMP) - 1);
	line[sizeof(STAMP) - 4] = "EWID"[level];
	for (unsigned int at = sizeof(STAMP) - 6; at > sizeof("(ZZ) [") - 2; at--) {
		if (line[at] == '.')
			continue;
		if (line[at] == ' ' && !us)
			break;
		line[at] = (char)('0' + us % 10);
		us /= 10;
	}
}

/*
 * Print when level is within the log level of the command line. Safe anywhere; takes the console
 * lock only.
 */
void printk(enum log_level level, const char *fmt, ...)
{
	char line[LINE_MAX_CHARS];
	va_list ap;

	if ((uint32_t)level > opt.log_level)
		return;
	put_stamp(line, level);
	int n = sizeof(STAMP) - 1;
	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	console_write(line, MIN((size_t)n, sizeof(line) - 1));
}

/*
 * May d print another line now? Counts what is dropped. The counters are racy on purpose: only a
 * limit.
 */
static bool guest_may_print(struct domain *d, uint32_t *dropped)
{
	s_time_t now = system_time();

	*dropped = 0;
	if (now - d->log_window >= NS_PER_SECOND) {
		*dropped = d->log_dropped;
		d->log_window = now;
		d->log_lines = 0;
		d->log_dropped = 0;
	}
	if (d->log_lines++ < GUEST_LINES_PER_SECOND)
		return true;
	d->log_dropped++;
	return false;
}

/* Print a line about what domain d did. Control characters are replaced; a newline is added. */
void guest_printk(struct domain *d, const char *fmt, ...)
{
	char text[LINE_MAX_CHARS / 2];
	uint32_t dropped;
	va_list ap;

	if (LOG_WARNING > opt.guest_log_level || !guest_may_print(d, &dropped))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '.';
	if (dropped)
		printk(LOG_WARNING, "d%u: %u lines dropped\n", d->id, dropped);
	printk(LOG_WARNING, "d%u: %s\n", d->id, text);
}
