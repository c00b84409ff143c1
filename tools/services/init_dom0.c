/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl-init-dom0: write what the store must say about the control domain, after each start of
 * xenstored: its name, id and memory, the default CPU pool. May be run any number of times: what
 * is there stays, as it is when the daemon was killed and could take up its store again.
 */
#include <stdio.h>

#include <xentools/cleanup.h>
#include <xentools/error.h>
#include <xentools/hyp.h>
#include <xentools/xs.h>

struct facts {
	uint64_t memory_kib;
};

static int write_missing(struct xs *xs, uint32_t tx, const char *path, const char *value,
			 struct zerr **err)
{
	_cleanup_free_ char *there = NULL;
	int rc = xs_read(xs, tx, path, &there, NULL, err);

	return rc == 0 ? xs_write_str(xs, tx, path, value, err) : rc < 0 ? -1 : 0;
}

static int write_nodes(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct facts *f = arg;
	const struct {
		const char *path, *value;
	} nodes[] = {
		{ "/local/domain/0/name", "Domain-0" },
		{ "/local/domain/0/domid", "0" },
		{ "/local/pool/0/name", "Pool-0" },
		{ "/tool/xenconsoled/domid", "0" },
	};
	char memory[24];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++)
		if (write_missing(xs, tx, nodes[i].path, nodes[i].value, err) != 0)
			return -1;
	/* The same value twice: the kernel's balloon driver must see nothing to do. */
	snprintf(memory, sizeof(memory), "%llu", (unsigned long long)f->memory_kib);
	if (write_missing(xs, tx, "/local/domain/0/memory/static-max", memory, err) != 0)
		return -1;
	return write_missing(xs, tx, "/local/domain/0/memory/target", memory, err);
}

static int run(struct zerr **err)
{
	struct hyp_domain_info info;
	struct hyp *hyp = NULL;
	struct xs *xs = NULL;
	struct facts facts;
	int rc = -1;

	if (hyp_open(&hyp, err) != 0)
		return -1;
	if (hyp_domain_info(hyp, 0, &info, err) != 1) {
		zerr_set(err, ZERR_FAILED, "E701", 0, "the hypervisor does not know domain 0");
		goto out;
	}
	facts.memory_kib = info.tot_pages * (HYP_PAGE_SIZE / 1024);
	if (xs_open(&xs, NULL, err) != 0)
		goto out;
	rc = xs_transaction(xs, write_nodes, &facts, err);
out:
	xs_close(xs);
	hyp_close(hyp);
	return rc;
}

int main(int argc, char **)
{
	_cleanup_zerr_ struct zerr *err = NULL;

	if (argc != 1) {
		fputs("usage: zl-init-dom0\n", stderr);
		return ZERR_USAGE;
	}
	if (run(&err) == 0)
		return 0;
	zerr_print(stderr, err, false);
	return (int)zerr_class_of(err);
}
