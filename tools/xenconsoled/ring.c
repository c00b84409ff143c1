/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console page: `out` from the guest, `in` to it, free-running 32-bit indexes. The guest can
 * write every byte of it at any time, so each index is loaded once, the distance of the two is
 * compared with the ring's size before use, and each byte is read once. Pure functions on a page:
 * no system calls, no events.
 */
#include <errno.h>
#include <stdint.h>

#include "tools/xenconsoled/ring.h"

#define OUT_SIZE sizeof(((struct xencons_interface *)0)->out)
#define IN_SIZE sizeof(((struct xencons_interface *)0)->in)

/*
 * Copy what the guest has written, at most size bytes; they begin at *position of its stream.
 * They stay in the ring until ring_out_done(). Returns the number of bytes, or -EPROTO when the
 * indexes make no sense.
 */
int ring_out_read(volatile struct xencons_interface *ring, char *buf, size_t size,
		  uint32_t *position)
{
	uint32_t cons = ring->out_cons, prod = ring->out_prod, i, n;

	n = prod - cons;
	if (n > OUT_SIZE)
		return -EPROTO;
	/* The bytes are read after the index that says they are there. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (n > size)
		n = (uint32_t)size;
	for (i = 0; i < n; i++)
		buf[i] = ring->out[(cons + i) & (OUT_SIZE - 1)];
	*position = cons;
	return (int)n;
}

/* All before that position is safe elsewhere: the guest has the room again. */
void ring_out_done(volatile struct xencons_interface *ring, uint32_t position)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	ring->out_cons = position;
}

/* Bytes that the guest has room for, or -EPROTO. */
int ring_in_space(volatile struct xencons_interface *ring)
{
	uint32_t used = ring->in_prod - ring->in_cons;

	return used > IN_SIZE ? -EPROTO : (int)(IN_SIZE - used);
}

/* Hand bytes to the guest; returns how many found room, or -EPROTO. */
int ring_in_write(volatile struct xencons_interface *ring, const char *buf, size_t len)
{
	uint32_t prod = ring->in_prod, cons = ring->in_cons, i, n;

	if (prod - cons > IN_SIZE)
		return -EPROTO;
	n = (uint32_t)IN_SIZE - (prod - cons);
	if (n > len)
		n = (uint32_t)len;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (i = 0; i < n; i++)
		ring->in[(prod + i) & (IN_SIZE - 1)] = buf[i];
	/* The guest must see the bytes before the index. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	ring->in_prod = prod + n;
	return (int)n;
}
