/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of zl stats: its lines of JSON, Prometheus text and the small HTTP around it. */
#ifndef ZL_STATS_H
#define ZL_STATS_H

#include "xentools/sample.h"
#include "xentools/strbuf.h"

/* A line of JSON on stdout, "zl.stats/1". 0 or -1: it cannot be written. */
int stats_print_line(const struct sample *s);
void stats_prometheus(struct strbuf *out, const struct sample *s);
/* The same of what xenstored says to the control request "stats"; the rest is absent. */
void stats_prometheus_store(struct strbuf *out, const char *text);
/* Where the digits of a figure begin in what xenstored says; NULL: it is not there. */
const char *stats_store_figure(const char *text, const char *name);
/*
 * Read a request's head from in and write the answer's to out. 1: the figures are to follow, 0:
 * all is said (another path, or HEAD), negative errno: nobody is there.
 */
int stats_http_request(int in, int out);

#endif
