/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl report: series are made of samples (report_series.c), charts and page of series
 * (report_chart.c, report_html.c). All of it is pure: samples in, text out.
 */
#ifndef ZL_REPORT_H
#define ZL_REPORT_H

#include "xentools/sample.h"
#include "xentools/strbuf.h"

#define REPORT_POINTS 600u		/* of a line; more samples than that are thinned out */
#define REPORT_COLORS 8u		/* domains with a colour of their own, the busiest */

enum report_metric { REPORT_CPU, REPORT_MEMORY, REPORT_READ, REPORT_WRITE, REPORT_RX, REPORT_TX };
#define REPORT_METRICS 6

struct report_domain {
	const struct sample_domain *last;	/* as it was seen last */
	double used;			/* CPU, for the order */
	unsigned int color;		/* REPORT_COLORS: none */
	double *value[REPORT_METRICS];	/* by point; NAN: not there */
};

struct report {
	const struct sample **samples;	/* points + 1 of those given */
	size_t points;
	struct report_domain *domains;	/* the busiest first */
	size_t count;
	double *busy;			/* of the host, percent, by point; NAN: unknown */
};

/* From n samples in order of time, which must stay; at least two. -1: no memory. */
int report_make(struct report *r, struct sample *const *samples, size_t n);
void report_clear(struct report *r);
/* Largest, mean and last value of a line; 0 when it has none. */
struct report_figures {
	double max, mean, last;
};
struct report_figures report_figures(const struct report *r, const double *line);

/* One chart as an SVG element; solid and dashed lines for two metrics, or the same twice. */
void report_chart(struct strbuf *out, const struct report *r, enum report_metric solid,
		  enum report_metric dashed, const char *title);
void report_page(struct strbuf *out, const struct report *r, const char *host);
/* Text of others for HTML: control bytes become visible. */
void report_escape(struct strbuf *out, const char *text);
const char *report_name(const struct sample_domain *d);

#endif
