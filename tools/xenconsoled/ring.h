/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic of the console ring that a guest shares with the daemon; the guest is not trusted. */
#ifndef TOOLS_XENCONSOLED_RING_H
#define TOOLS_XENCONSOLED_RING_H

#include <stddef.h>
#include <stdint.h>

#include <public/io/console.h>

int ring_out_read(volatile struct xencons_interface *ring, char *buf, size_t size,
		  uint32_t *position);
void ring_out_done(volatile struct xencons_interface *ring, uint32_t position);
int ring_in_space(volatile struct xencons_interface *ring);
int ring_in_write(volatile struct xencons_interface *ring, const char *buf, size_t len);

#endif
