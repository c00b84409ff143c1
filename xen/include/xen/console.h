/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's console: a ring of everything printed (readable by dom0), the hardware UART
 * behind it, dom0's own output passed through, and input for dom0's hvc0 (core/console.c).
 */
#pragma once

#include <xen/types.h>

struct uart_ops {
	void (*putc)(char c);		/* waits for room */
	int (*getc)(void);		/* -1: none */
};

void console_set_uart(const struct uart_ops *ops);
/* Text of the hypervisor: ring and UART. */
void console_write(const char *s, size_t n);
/* dom0's hvc0: UART only, bytes verbatim but for \n -> \r\n. */
void console_write_guest(const char *s, size_t n);
/* Who gets what is typed: 0 dom0, else a static domain that said that it takes it. */
domid_t console_input_domain(void);
void console_add_input_domain(domid_t id);
/* Receive interrupt: hand what was typed to whom it is meant for. */
void console_rx_irq(void);
size_t console_read_input(char *buf, size_t n);
/*
 * The log ring: copy from *index on (or from the oldest) up to n bytes; returns how many and
 * moves *index.
 */
size_t console_ring_read(uint32_t *index, bool incremental, char *buf, size_t n);
void console_ring_clear(void);
