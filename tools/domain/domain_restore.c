/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What domain_create() does otherwise for a domain that comes out of a file: its memory and what it
 * had written to the store come from there, and its vCPUs go on where they stopped.
 */
#include <poll.h>

#include <xentools/build.h>
#include <xentools/save.h>

#include "tools/domain/domain_priv.h"
#include "tools/domain/save_bits.h"

#define BATCH 1024u				/* frames given back in one go */

int domain_saved_open(struct domain_saved *s, const char *path, struct domain_config *ret,
		      char **text, struct zerr **err)
{
	*s = (struct domain_saved){ .fd = -1 };
	if (save_in_open(&s->in, path, err) != 0)
		return -1;
	return save_in_config(&s->in, ret, text, err);
}

void domain_saved_close(struct domain_saved *s)
{
	save_in_close(&s->in);
	free(s->context);
	s->context = NULL;
	free(s->has);
	s->has = NULL;
}

static int differs(struct zerr **err, enum zerr_class cls, const char *what, uint64_t saved,
		   uint64_t here, const char *where)
{
	return zerr_set(err, cls, cls == ZERR_UNSUPPORTED ? "E515" : "E725", 0,
			"%s was %llu when it was saved, and is %llu %s", what,
			(unsigned long long)saved, (unsigned long long)here, where);
}

/* The configuration may have come from elsewhere: the guest cannot be another machine. */
int domain_saved_check(struct domain_ctx *ctx, const struct domain_saved *s,
		       const struct domain_config *cfg, struct zerr **err)
{
	const struct save_header *h = &s->in.head;
	uint32_t bits = cfg->arch == DOMAIN_ARCH_ARMV7L ? 32 : 64;
	uint32_t flags = (cfg->vuart ? SAVE_VUART : 0) | (cfg->vpmu ? SAVE_VPMU : 0);
	static const char here[] = "in the configuration";
	struct hyp_domain_info host;

	if (h->bits != bits)
		return differs(err, ZERR_BAD_CONFIG, "the guest's size of registers", h->bits,
			       bits, here);
	if (h->memory_kib != cfg->memory_kib)
		return differs(err, ZERR_BAD_CONFIG, "its memory in KiB", h->memory_kib,
			       cfg->memory_kib, here);
	if (h->vcpus != cfg->vcpus_max)
		return differs(err, ZERR_BAD_CONFIG, "the number of vCPUs", h->vcpus,
			       cfg->vcpus_max, here);
	if (h->flags != flags)
		return zerr_set(err, ZERR_BAD_CONFIG, "E725", 0, "serial port and performance "
				"monitors (z:vuart, pmu) must be as when it was saved");
	if (h->sve_bytes * 8 != cfg->sve_bits && cfg->sve_bits != SVE_HOST)
		return differs(err, ZERR_BAD_CONFIG, "the length of its vectors in bits",
			       h->sve_bytes * 8, cfg->sve_bits, here);
	if (cfg->gic_version && h->gic_version != (uint32_t)cfg->gic_version)
		return differs(err, ZERR_BAD_CONFIG, "the interrupt controller's version",
			       h->gic_version, (uint32_t)cfg->gic_version, here);
	if (hyp_domain_info(ctx->hyp, 0, &host, NULL) != 1)
		return 0;
	if (host.gic_version && host.gic_version != h->gic_version)
		return differs(err, ZERR_UNSUPPORTED, "the interrupt controller's version",
			       h->gic_version, host.gic_version, "on this host");
	if (host.clock_frequency && h->frequency && host.clock_frequency != h->frequency)
		return differs(err, ZERR_UNSUPPORTED, "the counter's frequency", h->frequency,
			       host.clock_frequency, "on this host");
	return 0;
}

/* The guest keeps numbers of these. */
int domain_saved_check_made(const struct domain_saved *s, const struct domain_build_args *made,
			    struct zerr **err)
{
	const struct save_header *h = &s->in.head;
	static const char here[] = "on this host";

	if (h->gic_version != made->gic_version)
		return differs(err, ZERR_UNSUPPORTED, "the interrupt controller's version",
			       h->gic_version, made->gic_version, here);
	if (h->frequency != made->clock_frequency)
		return differs(err, ZERR_UNSUPPORTED, "the counter's frequency", h->frequency,
			       made->clock_frequency, here);
	if (h->store_port != made->store_port)
		return differs(err, ZERR_UNSUPPORTED, "the store's event channel", h->store_port,
			       made->store_port, here);
	if (h->console_port != made->console_port)
		return differs(err, ZERR_UNSUPPORTED, "the console's event channel",
			       h->console_port, made->console_port, here);
	return 0;
}

/* The record that must come now. */
static int expect(struct domain_saved *s, struct save_record *r, struct zerr **err)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	if (s->fd >= 0 && poll(&p, 1, 0) > 0)
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0,
				"interrupted; nothing is left behind");
	return save_in_next(&s->in, r, err);
}

/* Memory for those of the frames that have none. */
static int populate(struct domain_ctx *ctx, uint16_t domid, struct domain_saved *s,
		    const struct save_range *range, struct zerr **err)
{
	uint64_t gfn = range->gfn, end = gfn + range->count, n;

	for (; gfn < end; gfn += n) {
		struct guest_range ram = { .base = gfn << HYP_PAGE_SHIFT };

		n = bits_run(s->has, gfn, end);
		if (bits_has(s->has, gfn))
			continue;
		ram.size = n << HYP_PAGE_SHIFT;
		if (guest_memory_populate(ctx->hyp, domid, &ram, 1, err) != 0)
			return -1;
		for (uint64_t i = gfn; i < gfn + n; i++)
			bits_put(s->has, i, true);
	}
	return 0;
}

/* What was sent early for frames below end, from gfn on, which it has not any more. */
static int give_back(struct domain_ctx *ctx, uint16_t domid, struct domain_saved *s, uint64_t gfn,
		     uint64_t end, struct zerr **err)
{
	uint64_t list[BATCH];
	size_t n = 0;

	while (gfn < end) {
		if (!bits_has(s->has, gfn)) {
			gfn += bits_run(s->has, gfn, end);
			continue;
		}
		list[n++] = gfn++;
		if (n == BATCH) {
			if (hyp_depopulate(ctx->hyp, domid, list, n, err) != 0)
				return -1;
			n = 0;
		}
	}
	return n > 0 ? hyp_depopulate(ctx->hyp, domid, list, n, err) : 0;
}

/* The hypervisor takes them from our buffer, or, where it cannot see that, from its own pages. */
static int put_pages(struct domain_ctx *ctx, uint16_t domid, const struct save_record *r,
		     struct zerr **err)
{
	uint64_t at = r->gfn << HYP_PAGE_SHIFT;
	int rc = hyp_domain_write(ctx->hyp, domid, at, r->data, r->len, err);

	return rc == 1 ? guest_memory_write(ctx->hyp, domid, at, r->data, r->len, err) : rc;
}

/*
 * What comes while it still runs elsewhere, up to the record of the store. A guest that has all of
 * its memory gets that at once, in large pieces; another one for what comes, and in no case more
 * than its configuration allows, which the reader and the hypervisor see to.
 */
static int take_early(struct domain_ctx *ctx, uint16_t domid, struct domain_saved *s,
		      struct save_record *r, struct zerr **err)
{
	const struct save_header *h = &s->in.head;
	struct save_range ram[2];
	int rc;

	s->end = save_ram_end(h->memory_kib);
	s->has = calloc(s->end / 8 + 1, 1);
	if (!s->has)
		return zerr_no_memory(err);
	save_ram(h->memory_kib, ram);
	for (size_t i = 0; i < ARRAY_SIZE(ram) && s->in.live && h->pages >= h->memory_kib / 4; i++)
		if (populate(ctx, domid, s, &ram[i], err) != 0)
			return -1;
	while ((rc = expect(s, r, err)) == 0 && r->type != SAVE_STORE) {
		const struct save_range range = { r->gfn, r->count };

		if (r->type == SAVE_EARLY && (populate(ctx, domid, s, &range, err) != 0 ||
					      put_pages(ctx, domid, r, err) != 0))
			return -1;
	}
	return rc;
}

/* What its kernel wrote once, over what each new domain has. */
static int put_nodes(struct domain_ctx *ctx, uint16_t domid, struct domain_saved *s,
		     const struct save_record *r, struct zerr **err)
{
	const char *rel;
	size_t pos = 0;
	char *value;
	int rc = 0;

	while (rc == 0 && (rc = save_store_next(&s->in, r, &pos, &rel, &value, err)) == 1) {
		rc = domain_store_write(ctx, domid, rel, value, err);
		free(value);
	}
	return rc;
}

static int give_memory(struct domain_ctx *ctx, uint16_t domid, struct domain_saved *s,
		       struct zerr **err)
{
	struct save_record r;
	uint64_t next = 0;

	if (expect(s, &r, err) != 0)
		return -1;
	for (size_t i = 0; i < s->in.nr_ranges; i++) {
		const struct save_range *range = &s->in.ranges[i];

		if (give_back(ctx, domid, s, next, range->gfn, err) != 0 ||
		    populate(ctx, domid, s, range, err) != 0)
			return -1;
		next = range->gfn + range->count;
	}
	return give_back(ctx, domid, s, next, s->end, err);
}

int domain_saved_fill(void *arg, uint16_t domid, struct zerr **err)
{
	struct domain_ctx *ctx = ((struct saved_fill *)arg)->ctx;
	struct domain_saved *s = ((struct saved_fill *)arg)->saved;
	struct save_record r;
	int rc;

	if (take_early(ctx, domid, s, &r, err) != 0 || put_nodes(ctx, domid, s, &r, err) != 0 ||
	    give_memory(ctx, domid, s, err) != 0)
		return -1;
	while ((rc = expect(s, &r, err)) == 0 && r.type == SAVE_PAGES) {
		if (put_pages(ctx, domid, &r, err) != 0)
			return -1;
		if (s->progress)
			s->progress(s->arg, s->in.at, s->in.size);
	}
	if (rc != 0)
		return -1;
	s->context_len = r.len;
	s->context = malloc(r.len + 1);
	if (!s->context)
		return zerr_no_memory(err);
	memcpy(s->context, r.data, r.len);
	return expect(s, &r, err);		/* the end: the file is whole */
}

/* Last, as the guest's clock goes on from here. */
int domain_saved_state(struct domain_ctx *ctx, const struct domain_saved *s, uint16_t domid,
		       struct zerr **err)
{
	struct zerr *why = NULL;
	int e;

	if (hyp_domain_context_set(ctx->hyp, domid, s->context, s->context_len, &why) == 0)
		return 0;
	e = why ? why->errnum : 0;
	if (e != EINVAL && e != ENODATA && e != EOPNOTSUPP)
		return zerr_pass(err, why);
	zerr_free(why);
	if (e == EOPNOTSUPP)
		return zerr_set(err, ZERR_UNSUPPORTED, "E515", e, "it was saved on a host that has "
				"what this one has not: its CPUs, counter or interrupt controller "
				"differ, or the hypervisor was another");
	return zerr_set(err, ZERR_BAD_CONFIG, "E724", e, "the state of its CPUs in %s is refused "
			"by the hypervisor", s->in.path);
}
