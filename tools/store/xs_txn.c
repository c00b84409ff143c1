/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions of the client: start, end, and the loop that starts again after a conflict.
 */
#include <time.h>

#include <xentools/parse_num.h>

#include "xs_priv.h"

#define TRANSACTION_TRIES 100

int xs_transaction_start(struct xs *xs, uint32_t *ret_tx, struct zerr **err)
{
	const struct xs_part part = xs_string("");
	_cleanup_free_ char *text = NULL;
	uint32_t tx;

	if (xs_simple(xs, XS_TRANSACTION_START, XS_NO_TX, NULL, &part, 1, &text, NULL, err))
		return -1;
	if (parse_u32(text, 1, UINT32_MAX, &tx))
		return zerr_set(err, ZERR_FAILED, "E112", EPROTO, "xenstore transaction-start");
	*ret_tx = xs->open_tx = tx;
	xs->dead_tx = 0;
	return 0;
}

int xs_transaction_end(struct xs *xs, uint32_t tx, bool commit, struct zerr **err)
{
	const struct xs_part part = xs_string(commit ? "T" : "F");
	int errnum, rc;

	xs->open_tx = 0;
	rc = xs_talk(xs, XS_TRANSACTION_END, tx, &part, 1, NULL, NULL, &errnum, err);
	if (rc == 1)
		return errnum == EAGAIN ? 0 : xs_refused(XS_TRANSACTION_END, NULL, errnum, err);
	return rc ? -1 : 1;
}

/* Two clients that keep meeting drift apart: the pause grows, to at most 10 ms. */
static void pause_before(int attempt)
{
	struct timespec ts = { 0, 100000L * (attempt > 100 ? 100 : attempt) };

	nanosleep(&ts, NULL);
}

/* All changes were taken, or -1; with the daemon gone it is as in xs_talk(). */
static int settle(struct xs *xs, uint32_t tx, struct zerr **err)
{
	int rc = tx == xs->dead_tx ? -1 : xs_settle(xs, err);

	if (rc && xs->lost && xs->reconnect_ms > 0)
		xs->dead_tx = tx;
	return rc;
}

int xs_transaction(struct xs *xs, xs_transaction_fn fn, void *arg, struct zerr **err)
{
	for (int attempt = 0; attempt < TRANSACTION_TRIES; attempt++) {
		uint32_t tx;
		int rc;

		if (attempt)
			pause_before(attempt);
		if (xs_transaction_start(xs, &tx, err))
			return -1;
		xs->batch_tx = tx;
		rc = fn(xs, tx, arg, err);
		if (!rc)
			rc = settle(xs, tx, err);
		xs->batch_tx = 0;
		xs->out_len = 0;
		if (rc && xs->dead_tx == tx && err) {
			zerr_free(*err);	/* not its fault: the daemon was started anew */
			*err = NULL;
		}
		if (rc && xs->dead_tx != tx) {
			xs_transaction_end(xs, tx, false, NULL);
			return -1;
		}
		rc = xs_transaction_end(xs, tx, true, err);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	return zerr_set(err, ZERR_FAILED, "E113", EAGAIN, "xenstore: %d transactions in conflict",
			TRANSACTION_TRIES);
}
