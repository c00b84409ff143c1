/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's nodes in the store: what is written for a new one, with which permissions, and what
 * is removed when it is gone. Values and permissions are those that libxl leaves, so that Xen's
 * own tools see our domains. A node inherits its parent's permissions; rows say where that is
 * not what is wanted.
 */
#include "tools/domain/domain_priv.h"

/* Nodes of fixed value below /local/domain/N; what is not "rw" is read-only like its parent. */
static const struct {
	const char *rel, *value;
	bool rw;			/* the guest owns it */
} fixed_nodes[] = {
	{ "device", "", false },
	{ "device/suspend", "", false },
	{ "device/suspend/event-channel", "", true },
	{ "control", "", false },
	{ "control/shutdown", "", true },
	{ "control/feature-poweroff", "", true },
	{ "control/feature-reboot", "", true },
	{ "control/feature-suspend", "", true },
	{ "control/sysrq", "", true },
	{ "control/platform-feature-multiprocessor-suspend", "1", false },
	{ "control/platform-feature-xs_reset_watches", "1", false },
	{ "data", "", true },
	{ "drivers", "", true },
	{ "feature", "", true },
	{ "attr", "", true },
	{ "error", "", true },
};

static void write_domain(struct node_writer *w, const struct domain_nodes *n)
{
	char rel[40];
	unsigned int i;
	size_t k;

	node_write(w, "", "%s", "");
	node_perms(w, "", NODE_RO, n->domid);
	node_write(w, "vm", "/vm/%s", n->uuid);
	node_write(w, "name", "%s", n->name);
	for (i = 0; i < n->vcpus_max; i++) {
		snprintf(rel, sizeof(rel), "cpu/%u/availability", i);
		node_write(w, rel, "%s", i < n->vcpus_online ? "online" : "offline");
	}
	node_write_uint(w, "memory/static-max", n->memory_kib);
	if (n->target_kib != 0)
		node_write_uint(w, "memory/target", n->target_kib);
	node_write(w, "memory/videoram", "0");
	for (k = 0; k < ARRAY_SIZE(fixed_nodes); k++) {
		node_write(w, fixed_nodes[k].rel, "%s", fixed_nodes[k].value);
		if (fixed_nodes[k].rw)
			node_perms(w, fixed_nodes[k].rel, NODE_RW, n->domid);
	}
	node_write_uint(w, "domid", n->domid);
	node_write_uint(w, "store/port", n->store_port);
	node_write_uint(w, "store/ring-ref", n->store_gfn);
}

static void write_vm(struct node_writer *w, const struct domain_nodes *n)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	node_write(w, "", "%s", "");
	node_perms(w, "", NODE_RO, n->domid);
	node_write(w, "uuid", "%s", n->uuid);
	node_write(w, "name", "%s", n->name);
	node_write(w, "start_time", "%lld.%02ld", (long long)now.tv_sec, now.tv_nsec / 10000000);
}

static int write_all(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct domain_nodes *n = arg;
	struct node_writer w = { .xs = xs, .tx = tx, .err = err };
	char base[80];

	w.base = base;
	snprintf(base, sizeof(base), "/local/domain/%u", n->domid);
	/* Nothing of an earlier domain with this id may be inherited. */
	w.rc = xs_rm(xs, tx, base, err);
	write_domain(&w, n);
	snprintf(base, sizeof(base), "/vm/%s", n->uuid);
	write_vm(&w, n);
	snprintf(base, sizeof(base), "/libxl/%u", n->domid);
	node_write(&w, "", "%s", "");
	node_perms(&w, "", NODE_PRIVATE, n->domid);
	node_write(&w, "type", "pvh");
	node_write(&w, "dm-version", "qemu_xen");
	w.base = "";
	device_console_write(&w, n);
	device_channels_write(&w, n);
	return w.rc;
}

/* Write all nodes of a new domain, in one transaction. */
int domain_nodes_write(struct xs *xs, const struct domain_nodes *n, struct zerr **err)
{
	if (xs_transaction(xs, write_all, (void *)(uintptr_t)n, err) != 0)
		return zerr_context(err, "write store nodes of", n->name);
	return 0;
}

/* Back-end directories of every kind that serve the domain. */
static int remove_backends(struct xs *xs, uint16_t domid, struct zerr **err)
{
	static const char base[] = "/local/domain/0/backend";
	_cleanup_free_ char **kinds = NULL;
	char path[sizeof(base) + 300];
	size_t i, n;
	int rc = xs_directory(xs, XS_NO_TX, base, &kinds, &n, err);

	if (rc <= 0)
		return rc;
	for (i = 0; i < n; i++) {
		if (snprintf(path, sizeof(path), "%s/%s/%u", base, kinds[i], domid) >=
		    (int)sizeof(path))
			continue;
		if (xs_rm(xs, XS_NO_TX, path, err) != 0)
			return -1;
	}
	return 0;
}

/* Remove what is known of a domain that is gone or about to go; uuid may be NULL. */
int domain_nodes_remove(struct xs *xs, uint16_t domid, const char *uuid, struct zerr **err)
{
	char path[80];

	if (remove_backends(xs, domid, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	if (xs_rm(xs, XS_NO_TX, path, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "/libxl/%u", domid);
	if (xs_rm(xs, XS_NO_TX, path, err) != 0)
		return -1;
	if (!uuid)
		return 0;
	snprintf(path, sizeof(path), "/vm/%s", uuid);
	return xs_rm(xs, XS_NO_TX, path, err);
}
