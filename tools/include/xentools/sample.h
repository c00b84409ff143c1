/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What host and domains have used up to a moment, and what two such moments say of the time
 * between them. top, stats, the exporter and the report all stand on this. Reading goes to the
 * hypervisor, the store (names) and sysfs (disks and networks); all else here is arithmetic on
 * what was read, or on what a recording of it says.
 */
#ifndef XENTOOLS_SAMPLE_H
#define XENTOOLS_SAMPLE_H

#include "xentools/domain.h"

struct json_object;

#define SAMPLE_SECTOR 512u

struct sample_vbd {
	unsigned int devid;		/* 51712 for xvda */
	uint64_t oo_req, rd_req, wr_req, f_req, ds_req;
	uint64_t rd_sect, wr_sect;	/* of 512 bytes */
};

/* As the guest sees it: rx is what it received. */
struct sample_vif {
	unsigned int devid;
	uint64_t rx_bytes, rx_packets, rx_errors, rx_drops;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_drops;
};

struct sample_vcpu {
	bool online;
	uint64_t cpu_time_ns;
};

struct sample_domain {
	struct hyp_domain_info info;
	char name[DOMAIN_NAME_MAX + 1];
	struct sample_vcpu *vcpus;	/* with SAMPLE_VCPUS */
	size_t vcpu_count;
	struct sample_vbd *vbds;	/* with SAMPLE_DEVICES; ascending by devid, as the next */
	size_t vbd_count;
	struct sample_vif *vifs;
	size_t vif_count;
	uint16_t weight, cap;		/* with SAMPLE_VCPUS; weight 0: the scheduler has none */
};

struct sample {
	uint64_t when_ns;		/* CLOCK_BOOTTIME: for differences */
	uint64_t wall_ns;		/* CLOCK_REALTIME: to show */
	uint64_t total_bytes, free_bytes;
	uint64_t *idle_ns;		/* of each CPU */
	uint32_t cpu_count;
	struct hyp_trap traps[HYP_TRAPS_MAX];	/* with SAMPLE_TRAPS */
	size_t trap_count;
	struct sample_domain *domains;	/* ascending by domid */
	size_t count;
};

/* SAMPLE_TRAPS: from then on the hypervisor counts them, which costs each some instructions. */
enum sample_what { SAMPLE_VCPUS = 1, SAMPLE_DEVICES = 2, SAMPLE_TRAPS = 4 };

/* *ret goes to sample_free(). sysfs NULL: "/sys". A device that vanishes meanwhile is left out. */
int sample_read(struct domain_ctx *ctx, unsigned int what, const char *sysfs, struct sample **ret,
		struct zerr **err);
void sample_free(struct sample *s);

/* Sums over a domain's devices. */
struct sample_vbd sample_vbd_sum(const struct sample_domain *d);
struct sample_vif sample_vif_sum(const struct sample_domain *d);

/* Per second, between two samples; cpu_percent of one CPU. */
struct sample_rate {
	double cpu_percent;
	double vbd_rd_bytes, vbd_wr_bytes, vif_rx_bytes, vif_tx_bytes;
};

/* false when d, of sample now, is not in before, or no time has passed. */
bool sample_rate(const struct sample *before, const struct sample *now,
		 const struct sample_domain *d, struct sample_rate *ret);
/* The same domain in another sample, by id and UUID; NULL: not there. */
const struct sample_domain *sample_find(const struct sample *s, const struct sample_domain *d);
/* How busy all CPUs of the host were in between, percent of all; -1: cannot be told. */
double sample_host_busy(const struct sample *before, const struct sample *now);

/* The form of `zl stats --json`, and back: class ZERR_BAD_CONFIG when it is something else. */
struct json_object *sample_to_json(const struct sample *s);
int sample_from_json(struct json_object *o, struct sample **ret, struct zerr **err);

#endif
