/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A living domain's share of memory and CPUs. Memory has two figures: what the hypervisor lets it
 * have at most, and the target in the store, which the guest's balloon driver makes true in its
 * own time. The hypervisor's figure never lies below the target, so it is raised before it and
 * lowered after it. vCPUs are taken and given by the store, too: the guest's kernel puts them
 * off and on. The control domain's memory lies at fixed places and stays its own.
 */
#include "tools/domain/domain_priv.h"

#define PAGE_KIB (HYP_PAGE_SIZE / 1024)
#define TARGET_MIN_KIB (16 * 1024)	/* as <memory> */

static unsigned long long mib(uint64_t kib)
{
	return kib / 1024;
}

/* A number in KiB that only the tools can have written; 0 for none. */
static int read_kib(struct domain_ctx *ctx, uint16_t domid, const char *rel, uint64_t *ret,
		    struct zerr **err)
{
	_cleanup_free_ char *text = NULL;
	int rc = domain_store_read(ctx, domid, rel, &text, err);

	if (rc < 0)
		return -1;
	if (rc == 0 || parse_u64(text, 0, UINT64_MAX / 1024, ret) != 0)
		*ret = 0;
	return 0;
}

int domain_memory_get(struct domain_ctx *ctx, uint16_t domid, struct domain_memory *ret,
		      struct zerr **err)
{
	struct hyp_domain_info info;

	if (domain_must_exist(ctx, domid, &info, err) != 0 ||
	    read_kib(ctx, domid, "memory/static-max", &ret->static_max_kib, err) != 0 ||
	    read_kib(ctx, domid, "memory/target", &ret->target_kib, err) != 0)
		return -1;
	/* Outstanding: what it reported as free, and has when it needs it. */
	ret->current_kib = (info.tot_pages + info.outstanding_pages) * PAGE_KIB;
	ret->max_kib = info.max_pages > UINT64_MAX / PAGE_KIB ? UINT64_MAX :
		info.max_pages * PAGE_KIB;
	if (info.dying || info.shutdown)
		return zerr_set(err, ZERR_STATE, "E704", 0, "domain %u has ended", domid);
	return 0;
}

/* Dom0's pages are where the machine has them: nobody else can use one that it gave back. */
static int refuse_control_domain(struct domain_ctx *ctx, const struct domain_memory *m,
				 struct zerr **err)
{
	struct hyp_physinfo phys;

	if (hyp_physinfo(ctx->hyp, &phys, err) != 0)
		return -1;
	zerr_set(err, ZERR_UNSUPPORTED, "E505", 0, "the control domain's memory cannot change: its "
		 "%llu MiB lie at fixed places and would be of no use to guests, for whom %llu MiB "
		 "are free", mib(m->current_kib), mib(phys.free_pages * PAGE_KIB));
	return zerr_hint(err, "its share is given by dom0_mem= on the hypervisor's command line");
}

static int check_free(struct domain_ctx *ctx, const struct domain_memory *m, uint64_t kib,
		      struct zerr **err)
{
	struct hyp_physinfo phys;
	uint64_t free_kib;

	if (kib <= m->current_kib)
		return 0;
	if (hyp_physinfo(ctx->hyp, &phys, err) != 0)
		return -1;
	free_kib = phys.free_pages * PAGE_KIB;
	if (kib - m->current_kib <= free_kib)
		return 0;
	zerr_set(err, ZERR_NO_RESOURCES, "E601", 0,
		 "not enough memory: it has %llu MiB and would need %llu MiB more, free %llu MiB",
		 mib(m->current_kib), mib(kib - m->current_kib + 1023), mib(free_kib));
	return zerr_hint(err, "zl mem-set another domain to less, or ask for %llu MiB at most",
			 mib(m->current_kib + free_kib));
}

/* May the domain be asked to have that much? See domain.h for the classes. */
int domain_memory_check(struct domain_ctx *ctx, uint16_t domid, const struct domain_memory *m,
			uint64_t kib, struct zerr **err)
{
	if (domid == 0)
		return refuse_control_domain(ctx, m, err);
	if (m->static_max_kib != 0 && m->target_kib == 0)
		return zerr_set(err, ZERR_UNSUPPORTED, "E509", 0,
				"the domain has no balloon: <memballoon model='none'>");
	if (kib < TARGET_MIN_KIB)
		return zerr_set(err, ZERR_USAGE, "E342", 0,
				"%llu KiB are less than a domain can have: %d MiB",
				(unsigned long long)kib, TARGET_MIN_KIB / 1024);
	if (m->static_max_kib != 0 && kib > m->static_max_kib) {
		zerr_set(err, ZERR_NO_RESOURCES, "E602", 0,
			 "%llu MiB are more than the %llu MiB it was started with", mib(kib),
			 mib(m->static_max_kib));
		return zerr_hint(err, "<memory> in its configuration is the most it can have; "
				 "<currentMemory> may be less");
	}
	return check_free(ctx, m, kib, err);
}

static int write_kib(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, struct zerr **err)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)kib);
	return domain_store_write(ctx, domid, "memory/target", text, err);
}

static int set_both(struct domain_ctx *ctx, uint16_t domid, const struct domain_memory *m,
		    uint64_t kib, struct zerr **err)
{
	uint64_t limit = kib + DOMAIN_SLACK_KIB;

	if (limit >= m->max_kib) {
		if (hyp_domain_max_mem(ctx->hyp, domid, limit, err) != 0)
			return -1;
		if (write_kib(ctx, domid, kib, err) == 0)
			return 0;
		hyp_domain_max_mem(ctx->hyp, domid, m->max_kib, NULL);
		return -1;
	}
	if (write_kib(ctx, domid, kib, err) != 0)
		return -1;
	if (hyp_domain_max_mem(ctx->hyp, domid, limit, err) == 0)
		return 0;
	write_kib(ctx, domid, m->target_kib, NULL);
	return -1;
}

int domain_set_memory(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	struct domain_memory m;
	char target[32];

	if (domain_lock(ctx, &lock, err) != 0 || domain_memory_get(ctx, domid, &m, err) != 0 ||
	    domain_memory_check(ctx, domid, &m, kib, err) != 0)
		return -1;
	if (set_both(ctx, domid, &m, kib, err) != 0)
		return -1;
	snprintf(target, sizeof(target), "%llu KiB", (unsigned long long)kib);
	domain_did(ctx, domid, "balloon", target);
	return 0;
}

bool domain_memory_reached(const struct domain_memory *m, uint64_t kib)
{
	return m->current_kib <= kib + DOMAIN_SLACK_KIB && m->current_kib + DOMAIN_SLACK_KIB >= kib;
}

int domain_set_max_memory(struct domain_ctx *ctx, uint16_t domid, uint64_t kib, bool dry_run,
			  struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	struct domain_memory m;

	if (domain_lock(ctx, &lock, err) != 0 || domain_memory_get(ctx, domid, &m, err) != 0)
		return -1;
	if (domid == 0)
		return refuse_control_domain(ctx, &m, err);
	if (kib < m.target_kib) {
		zerr_set(err, ZERR_STATE, "E708", 0, "%llu MiB are less than its present target of "
			 "%llu MiB", mib(kib), mib(m.target_kib));
		return zerr_hint(err, "zl mem-set it to less first");
	}
	return dry_run ? 0 : hyp_domain_max_mem(ctx->hyp, domid, kib + DOMAIN_SLACK_KIB, err);
}

struct vcpu_wish {
	uint16_t domid;
	unsigned int max, online;
};

static int write_vcpus(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct vcpu_wish *w = arg;
	struct node_writer out = { .xs = xs, .tx = tx, .err = err };
	char base[40], rel[40];

	snprintf(base, sizeof(base), "/local/domain/%u/cpu", w->domid);
	out.base = base;
	for (unsigned int i = 0; i < w->max; i++) {
		snprintf(rel, sizeof(rel), "%u/availability", i);
		node_write(&out, rel, "%s", i < w->online ? "online" : "offline");
	}
	return out.rc;
}

int domain_set_vcpus(struct domain_ctx *ctx, uint16_t domid, unsigned int n, bool dry_run,
		     struct zerr **err)
{
	struct vcpu_wish wish = { .domid = domid, .online = n };
	struct hyp_domain_info info;

	if (domain_need_store(ctx, err) != 0 || domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	if (info.dying || info.shutdown)
		return zerr_set(err, ZERR_STATE, "E704", 0, "domain %u has ended", domid);
	wish.max = info.max_vcpu_id + 1;	/* none yet: 0 */
	if (n < 1 || n > wish.max) {
		zerr_set(err, ZERR_USAGE, "E343", 0, "it can have 1 to %u vCPUs, not %u", wish.max,
			 n);
		return zerr_hint(err, "<vcpu> in its configuration is the most it can have; "
				 "current= may be less");
	}
	return dry_run ? 0 : xs_transaction(ctx->xs, write_vcpus, &wish, err);
}
