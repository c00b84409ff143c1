/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: what the hypervisor prints goes into a ring that dom0 can read and, when there is
 * a UART, out of it. dom0's own hvc0 and the serial ports of static domains share the UART; what
 * is typed there is for one of them at a time: Ctrl-A three times is for the next. One lock, the
 * last in the order, so that anybody may print.
 */
#include <xen/console.h>
#include <xen/evtchn.h>
#include <xen/lib.h>
#include <xen/vpl011.h>

#define RING_SIZE	(64u * 1024u)
#define INPUT_SIZE	1024u
#define SWITCH_KEY	1	/* Ctrl-A */
#define SWITCH_TIMES	3u

static spinlock_t console_lock = SPINLOCK_INIT(LOCK_CONSOLE);
static const struct uart_ops *uart;
static char ring[RING_SIZE];
static uint64_t ring_prod;	/* count of bytes ever written */
static uint64_t ring_cleared;	/* bytes before this were cleared by `zl dmesg -c` */
static char input[INPUT_SIZE];
static uint32_t input_prod, input_cons;
/* Written by start-up, then by the CPU that has the UART's interrupt alone. */
static domid_t input_domain;
static domid_t last_input_domain;	/* 0: only dom0 ever takes input */
static uint32_t switch_keys;		/* typed in a row, and held back */

/* Count of the oldest byte that the ring still has. */
static uint64_t oldest(void)
{
	return ring_prod > RING_SIZE ? ring_prod - RING_SIZE : 0;
}

static void uart_write(const char *s, size_t n)
{
	for (; uart && n; n--, s++) {
		if (*s == '\n')
			uart->putc('\r');
		uart->putc(*s);
	}
}

/* From now on text also goes to this UART; what the ring holds already is sent first. */
void console_set_uart(const struct uart_ops *ops)
{
	SPIN_GUARD(&console_lock);
	uart = ops;
	for (uint64_t i = oldest(); i != ring_prod; i++)
		uart_write(&ring[i % RING_SIZE], 1);
}

/* The hypervisor's own text: ring and UART. */
void console_write(const char *s, size_t n)
{
	SPIN_GUARD(&console_lock);
	for (size_t i = 0; i < n; i++)
		ring[ring_prod++ % RING_SIZE] = s[i];
	uart_write(s, n);
}

/* dom0's output: the UART alone, so that it does not push the hypervisor's text out of the ring. */
void console_write_guest(const char *s, size_t n)
{
	SPIN_GUARD(&console_lock);
	uart_write(s, n);
}

domid_t console_input_domain(void) { return READ_ONCE(input_domain); }

/* Start-up: static domain id, higher than those before, takes input; at once if no dom0 does. */
void console_add_input_domain(domid_t id)
{
	last_input_domain = id;
	if (!dom0 && !input_domain)
		WRITE_ONCE(input_domain, id);
}

/* Give c to the domain; false when it is gone, or never took any. */
static bool give(domid_t id, char c)
{
	HELD struct domain *d = id ? domain_get_by_id(id) : NULL;

	if (id)
		return d && vpl011_input(d, c);
	SPIN_GUARD(&console_lock);
	/* more than fits is dropped: nobody reads */
	if (input_prod - input_cons < INPUT_SIZE)
		input[input_prod++ % INPUT_SIZE] = c;
	return true;
}

/* The keys to switch were typed: the next domain there is, with at most one turn round. */
static void switch_input(void)
{
	domid_t id = input_domain;
	struct domain *d;

	do {
		id = id >= last_input_domain ? 0 : (domid_t)(id + 1);
		d = domain_get_by_id(id);
		if (d)
			domain_put(d);
	} while (!d && id != input_domain);
	WRITE_ONCE(input_domain, id);
	pr_err("input to d%u (Ctrl-A three times for another)\n", id);
}

/* One typed byte. The key to switch waits for what comes next; those that were not three go on. */
static bool take(char c)
{
	domid_t id = input_domain;

	if (last_input_domain && c == SWITCH_KEY) {
		if (++switch_keys == SWITCH_TIMES) {
			switch_keys = 0;
			switch_input();
		}
		return false;
	}
	for (; switch_keys; switch_keys--)
		(void)give(id, SWITCH_KEY);
	return give(id, c) && id == 0;
}

/* Take what was typed, and tell dom0 what is its. */
void console_rx_irq(void)
{
	uint32_t left = INPUT_SIZE;
	bool any = false;
	int c;

	while (left--) {
		spin_lock(&console_lock);
		c = uart ? uart->getc() : -1;
		spin_unlock(&console_lock);
		if (c < 0)
			break;
		any |= take((char)c);
	}
	if (any)
		virq_raise_global(VIRQ_CONSOLE);
}

/* Move up to n typed bytes to buf; returns how many. */
size_t console_read_input(char *buf, size_t n)
{
	size_t i = 0;

	SPIN_GUARD(&console_lock);
	while (i < n && input_cons != input_prod)
		buf[i++] = input[input_cons++ % INPUT_SIZE];
	return i;
}

/*
 * Copy log text to buf, from *index on when incremental, else from the oldest that is still there
 * and not cleared. Returns the number of bytes and sets *index behind them.
 */
size_t console_ring_read(uint32_t *index, bool incremental, char *buf, size_t n)
{
	size_t i = 0;

	SPIN_GUARD(&console_lock);
	uint64_t from = MAX(oldest(), ring_cleared);
	/* The caller's index is the low half of a count: how far it is behind says which. */
	uint64_t left = (uint32_t)ring_prod - *index;
	if (incremental && left <= ring_prod - from)
		from = ring_prod - left;
	while (i < n && from != ring_prod)
		buf[i++] = ring[from++ % RING_SIZE];
	*index = (uint32_t)from;
	return i;
}

/* Forget the log up to now. */
void console_ring_clear(void)
{
	SPIN_GUARD(&console_lock);
	ring_cleared = ring_prod;
}
