/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From samples to lines: one value for each domain, metric and interval. With more samples than a
 * line has points some are left out: rates are of counters, so those that stay are exact means.
 */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *report_name(const struct sample_domain *d)
{
	return d->name[0] ? d->name : d->info.domid == 0 ? "Domain-0" : "(no name)";
}

/* The samples that stay: the first, the last, and evenly between. */
static int thin_out(struct report *r, struct sample *const *samples, size_t n)
{
	size_t kept = n > REPORT_POINTS + 1 ? REPORT_POINTS + 1 : n;

	r->samples = calloc(kept, sizeof(*r->samples));
	if (!r->samples)
		return -1;
	for (size_t i = 0; i < kept; i++)
		r->samples[i] = samples[kept == 1 ? 0 : i * (n - 1) / (kept - 1)];
	r->points = kept - 1;
	return 0;
}

static double *empty_line(size_t points)
{
	double *line = calloc(points + 1, sizeof(*line));

	for (size_t i = 0; line && i < points; i++)
		line[i] = NAN;
	return line;
}

static struct report_domain *find_or_add(struct report *r, const struct sample_domain *d)
{
	struct report_domain *more;

	for (size_t i = 0; i < r->count; i++)
		if (r->domains[i].last->info.domid == d->info.domid &&
		    memcmp(r->domains[i].last->info.uuid, d->info.uuid, 16) == 0)
			return &r->domains[i];
	more = realloc(r->domains, (r->count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	r->domains = more;
	more += r->count++;
	*more = (struct report_domain){ .color = REPORT_COLORS };
	for (int m = 0; m < REPORT_METRICS; m++) {
		more->value[m] = empty_line(r->points);
		if (!more->value[m])
			return NULL;
	}
	return more;
}

/* The values of point i: between samples i and i + 1. */
static int fill_point(struct report *r, size_t i)
{
	const struct sample *before = r->samples[i], *now = r->samples[i + 1];
	double busy = sample_host_busy(before, now);

	r->busy[i] = busy < 0 ? NAN : busy;
	for (size_t k = 0; k < now->count; k++) {
		const struct sample_domain *d = &now->domains[k];
		struct report_domain *line = find_or_add(r, d);
		struct sample_rate rate;

		if (!line)
			return -1;
		line->last = d;
		line->value[REPORT_MEMORY][i] = (double)d->info.tot_pages * HYP_PAGE_SIZE;
		if (!sample_rate(before, now, d, &rate))
			continue;
		line->value[REPORT_CPU][i] = rate.cpu_percent;
		line->used += rate.cpu_percent;
		line->value[REPORT_READ][i] = rate.vbd_rd_bytes;
		line->value[REPORT_WRITE][i] = rate.vbd_wr_bytes;
		line->value[REPORT_RX][i] = rate.vif_rx_bytes;
		line->value[REPORT_TX][i] = rate.vif_tx_bytes;
	}
	return 0;
}

struct report_figures report_figures(const struct report *r, const double *line)
{
	struct report_figures f = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < r->points; i++) {
		if (isnan(line[i]))
			continue;
		f.max = line[i] > f.max ? line[i] : f.max;
		f.mean += line[i];
		f.last = line[i];
		n++;
	}
	if (n > 0)
		f.mean /= (double)n;
	return f;
}

static int busier(const void *a, const void *b)
{
	const struct report_domain *x = a, *y = b;
	const struct hyp_domain_info *i = &x->last->info, *k = &y->last->info;

	if (x->used != y->used)
		return x->used < y->used ? 1 : -1;
	return (int)i->domid - (int)k->domid;
}

int report_make(struct report *r, struct sample *const *samples, size_t n)
{
	*r = (struct report){ .points = 0 };
	if (thin_out(r, samples, n) < 0 || !(r->busy = empty_line(r->points)))
		goto fail;
	for (size_t i = 0; i < r->points; i++)
		if (fill_point(r, i) < 0)
			goto fail;
	if (r->count > 0)
		qsort(r->domains, r->count, sizeof(*r->domains), busier);
	for (size_t i = 0; i < r->count && i < REPORT_COLORS; i++)
		r->domains[i].color = (unsigned int)i;
	return 0;
fail:
	report_clear(r);
	return -1;
}

void report_clear(struct report *r)
{
	for (size_t i = 0; i < r->count; i++)
		for (int m = 0; m < REPORT_METRICS; m++)
			free(r->domains[i].value[m]);
	free(r->domains);
	free(r->samples);
	free(r->busy);
	*r = (struct report){ .points = 0 };
}
