/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon may be killed and started again at any time, with all it knew but its clients'
 * watches and transactions. Here the connection is made anew, the watches are set again (their
 * first events stand for all that was missed), and the request in hand is sent once more: each
 * may be carried out twice. A transaction is in conflict then, which its caller knows to handle.
 */
#include <xentools/fd_util.h>

#include "xs_priv.h"

#define RECONNECTS_PER_REQUEST 5

void xs_set_reconnect(struct xs *xs, int timeout_ms)
{
	xs->reconnect_ms = timeout_ms;
}

static int connect_again(struct xs *xs)
{
	int fd = xs_connect_socket(xs->run_dir, xs->reconnect_ms, 0);

	if (fd < 0)
		return fd;
	if (fd_set_nonblock(fd, true)) {
		close(fd);
		return -EIO;
	}
	/* Opened before the old one goes: a caller sees by its number that it is another. */
	close(xs->fd);
	xs->fd = fd;
	xs->connections++;
	xs->is_device = false;
	return 0;
}

int xs_reconnect(struct xs *xs)
{
	if (!xs->lost || xs->reconnect_ms <= 0)
		return -1;
	xs->lost = false;	/* it is waited for once */
	if (connect_again(xs))
		return -1;
	xs->broken = false;
	xs->in_pos = xs->in_len = xs->out_len = 0;
	if (xs->open_tx)
		xs->dead_tx = xs->open_tx;
	for (struct xs_watch *w = xs->watches; w; w = w->next) {
		const struct xs_part parts[] = { xs_string(w->path), xs_string(w->token) };
		int errnum;

		if (xs_exchange(xs, XS_WATCH, XS_NO_TX, parts, 2, NULL, NULL, &errnum, NULL) < 0)
			return -1;
	}
	return 0;
}

int xs_talk(struct xs *xs, enum xs_wire_type type, uint32_t tx, const struct xs_part *parts,
	    size_t n_parts, char **ret_body, size_t *ret_len, int *ret_errnum, struct zerr **err)
{
	struct zerr *why = NULL;
	int rc = -1;

	for (int i = 0; i <= RECONNECTS_PER_REQUEST; i++) {
		if (tx && tx == xs->dead_tx) {
			zerr_free(why);
			*ret_errnum = EAGAIN;
			return 1;
		}
		if (i == 0 || !xs_reconnect(xs)) {
			zerr_free(why);
			why = NULL;
			rc = xs_exchange(xs, type, tx, parts, n_parts, ret_body, ret_len,
					 ret_errnum, &why);
		}
		if (rc >= 0 || !xs->lost || xs->reconnect_ms <= 0)
			break;
		if (tx)
			xs->dead_tx = tx;
	}
	zerr_pass(err, why);
	return rc;
}

int xs_simple(struct xs *xs, enum xs_wire_type type, uint32_t tx, const char *path,
	      const struct xs_part *parts, size_t n_parts, char **ret_body, size_t *ret_len,
	      struct zerr **err)
{
	int errnum = 0;
	int rc = xs_talk(xs, type, tx, parts, n_parts, ret_body, ret_len, &errnum, err);

	return rc == 1 ? xs_refused(type, path, errnum, err) : rc;
}
