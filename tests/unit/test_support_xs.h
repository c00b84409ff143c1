/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store for the tools' tests, in place of the client library: a sorted list of paths with values
 * and permissions. Linked before the library, so its functions win.
 */
#ifndef TEST_SUPPORT_XS_H
#define TEST_SUPPORT_XS_H

#include <stdbool.h>
#include <stddef.h>

struct xs *fake_xs_new(void);
void fake_xs_free(struct xs *xs);
size_t fake_xs_count(const struct xs *xs);
char *fake_xs_dump(const struct xs *xs);
const char *fake_xs_get(const struct xs *xs, const char *path);
/* "n0,r1", or NULL for no such node */
const char *fake_xs_perms(const struct xs *xs, const char *path);
void fake_xs_set(struct xs *xs, const char *path, const char *value);
/* Fail the n-th request from now on (1 = the next); 0 never. */
void fake_xs_fail_at(struct xs *xs, unsigned int n);
/*
 * Call changed after each write outside of a transaction and after each transaction; what it
 * writes by fake_xs_set() tells nobody.
 */
void fake_xs_on_change(struct xs *xs, void (*changed)(void *arg), void *arg);
/* A guest writes to what is watched, so that there is an event each 20 us, up to n of them. */
void fake_xs_flood(struct xs *xs, unsigned int n);
unsigned int fake_xs_flood_left(const struct xs *xs);
/* The next event is one with this token, which has to stay. */
void fake_xs_event(struct xs *xs, const char *token);
unsigned int fake_xs_requests(const struct xs *xs);
unsigned int fake_xs_introduced(const struct xs *xs);
/* The requests for limits, so far: "quota set 1 nodes 5;" */
const char *fake_xs_limits(const struct xs *xs);

#endif
