/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drivers of the host's devices. */
#ifndef XEN_DRIVERS_H
#define XEN_DRIVERS_H

struct host_info;

/*
 * Find the console UART that host_info names and give it to the console; without one the ring
 * alone is written.
 */
void uart_init(const struct host_info *h);
/* The console's receive interrupt, once dom0 may be told. */
void console_enable_rx(void);

#endif
