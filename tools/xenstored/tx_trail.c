/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way to the path that a transaction went to last, kept for the next one; see tx_trail.h. */
#include <string.h>

#include "transaction.h"

/* Is the step's path the beginning of this one, up to the end of a component? */
static bool leads_to(const struct tx_trail *trail, size_t step, const char *path, size_t len)
{
	size_t end = trail->step[step].end, begin = step ? trail->step[step - 1].end : 0;

	return end <= len && (end == len || path[end] == '/') &&
	       memcmp(trail->path + begin, path + begin, end - begin) == 0;
}

size_t tx_trail_match(const struct tx_trail *trail, const char *path, size_t len)
{
	size_t n = 0;

	while (n < trail->n && leads_to(trail, n, path, len))
		n++;
	return n;
}

size_t tx_trail_enter(struct tx *tx, const char *path)
{
	struct tx_trail *trail = &tx->trail;

	if (trail->shape != tx->store->tree.shape)
		trail->n = 0;
	trail->shape = tx->store->tree.shape;
	trail->n = tx_trail_match(trail, path, strlen(path));
	return trail->n;
}

void tx_trail_add(struct tx *tx, const char *path, size_t end, const struct tx_cursor *at)
{
	struct tx_trail *trail = &tx->trail;
	size_t begin = trail->n ? trail->step[trail->n - 1].end : 0;

	if (trail->n == TX_TRAIL_MAX || end > sizeof(trail->path))
		return;
	memcpy(trail->path + begin, path + begin, end - begin);
	trail->step[trail->n].end = end;
	trail->step[trail->n++].at = *at;
}
