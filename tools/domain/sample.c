/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic on samples: sums, and rates between two of them. Pure. A counter that went back
 * (its device is a new one) counts as not moved.
 */
#include <stdlib.h>
#include <string.h>

#include <xentools/sample.h>

void sample_free(struct sample *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->domains[i].vcpus);
		free(s->domains[i].vbds);
		free(s->domains[i].vifs);
	}
	free(s->domains);
	free(s->idle_ns);
	free(s);
}

struct sample_vbd sample_vbd_sum(const struct sample_domain *d)
{
	struct sample_vbd sum = { 0 };

	for (size_t i = 0; i < d->vbd_count; i++) {
		const struct sample_vbd *v = &d->vbds[i];

		sum.oo_req += v->oo_req;
		sum.rd_req += v->rd_req;
		sum.wr_req += v->wr_req;
		sum.f_req += v->f_req;
		sum.ds_req += v->ds_req;
		sum.rd_sect += v->rd_sect;
		sum.wr_sect += v->wr_sect;
	}
	return sum;
}

struct sample_vif sample_vif_sum(const struct sample_domain *d)
{
	struct sample_vif sum = { 0 };

	for (size_t i = 0; i < d->vif_count; i++) {
		const struct sample_vif *v = &d->vifs[i];

		sum.rx_bytes += v->rx_bytes;
		sum.rx_packets += v->rx_packets;
		sum.rx_errors += v->rx_errors;
		sum.rx_drops += v->rx_drops;
		sum.tx_bytes += v->tx_bytes;
		sum.tx_packets += v->tx_packets;
		sum.tx_errors += v->tx_errors;
		sum.tx_drops += v->tx_drops;
	}
	return sum;
}

const struct sample_domain *sample_find(const struct sample *s, const struct sample_domain *d)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->domains[i].info.domid == d->info.domid &&
		    memcmp(s->domains[i].info.uuid, d->info.uuid, sizeof(d->info.uuid)) == 0)
			return &s->domains[i];
	return NULL;
}

static double per_second(uint64_t before, uint64_t now, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

bool sample_rate(const struct sample *before, const struct sample *now,
		 const struct sample_domain *d, struct sample_rate *ret)
{
	const struct sample_domain *old = sample_find(before, d);
	struct sample_vbd vbd, old_vbd;
	struct sample_vif vif, old_vif;
	double s;

	if (!old || now->when_ns <= before->when_ns)
		return false;
	s = (double)(now->when_ns - before->when_ns) / 1e9;
	vbd = sample_vbd_sum(d);
	old_vbd = sample_vbd_sum(old);
	vif = sample_vif_sum(d);
	old_vif = sample_vif_sum(old);
	*ret = (struct sample_rate){
		.cpu_percent = per_second(old->info.cpu_time_ns, d->info.cpu_time_ns, s) / 1e7,
		.vbd_rd_bytes = per_second(old_vbd.rd_sect, vbd.rd_sect, s) * SAMPLE_SECTOR,
		.vbd_wr_bytes = per_second(old_vbd.wr_sect, vbd.wr_sect, s) * SAMPLE_SECTOR,
		.vif_rx_bytes = per_second(old_vif.rx_bytes, vif.rx_bytes, s),
		.vif_tx_bytes = per_second(old_vif.tx_bytes, vif.tx_bytes, s),
	};
	return true;
}

double sample_host_busy(const struct sample *before, const struct sample *now)
{
	double span = (double)(now->when_ns - before->when_ns), idle = 0, busy;

	if (now->when_ns <= before->when_ns || now->cpu_count == 0 ||
	    now->cpu_count != before->cpu_count)
		return -1;
	for (uint32_t i = 0; i < now->cpu_count; i++)
		if (now->idle_ns[i] > before->idle_ns[i])
			idle += (double)(now->idle_ns[i] - before->idle_ns[i]);
	busy = 100 - 100 * idle / (span * now->cpu_count);
	return busy < 0 ? 0 : busy;
}
