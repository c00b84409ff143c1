/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/xen/gntdev: map pages that a guest granted to the control domain. One page per mapping;
 * the list remembers each mapping's index, which the unmap ioctl wants after the munmap.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include <public/sys/gntdev.h>

#include "tools/hyp/hyp_priv.h"

#define GNTDEV_PATH "/dev/xen/gntdev"

struct gnttab_mapping {
	struct gnttab_mapping *next;
	void *page;
	uint64_t index;
};

struct gnttab_dev {
	const struct hyp_ops *ops;
	void *priv;
	int fd;
	struct gnttab_mapping *maps;
};

/* Open the device; ops NULL means the real kernel. Class ZERR_NO_HYPERVISOR when missing. */
int gnttab_dev_open(struct gnttab_dev **ret, const struct hyp_ops *ops, void *priv,
		    struct zerr **err)
{
	struct gnttab_dev *g = calloc(1, sizeof(*g));
	int saved;

	if (!g)
		return hcall_no_memory(err);
	g->ops = ops ? ops : &hyp_kernel_ops;
	g->priv = priv;
	g->fd = g->ops->open(priv, GNTDEV_PATH, O_RDWR | O_CLOEXEC);
	if (g->fd < 0) {
		saved = errno;
		free(g);
		zerr_set(err, ZERR_NO_HYPERVISOR, "E901", saved, "cannot open %s", GNTDEV_PATH);
		return zerr_hint(err, "load the kernel module with modprobe xen-gntdev");
	}
	*ret = g;
	return 0;
}

static void mapping_drop(struct gnttab_dev *g, struct gnttab_mapping *m)
{
	struct ioctl_gntdev_unmap_grant_ref arg = { .index = m->index, .count = 1 };

	g->ops->munmap(g->priv, m->page, HYP_PAGE_SIZE);
	g->ops->ioctl(g->priv, g->fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &arg);
	free(m);
}

/* Unmaps what is still mapped. NULL is fine. */
void gnttab_dev_close(struct gnttab_dev *g)
{
	struct gnttab_mapping *m;

	if (!g)
		return;
	while ((m = g->maps) != NULL) {
		g->maps = m->next;
		mapping_drop(g, m);
	}
	g->ops->close(g->priv, g->fd);
	free(g);
}

/* Map one granted page read-write. NULL and *err: the domain granted no such page to us. */
void *gnttab_dev_map(struct gnttab_dev *g, uint16_t domid, uint32_t ref, struct zerr **err)
{
	struct ioctl_gntdev_map_grant_ref arg = {
		.count = 1,
		.refs = { { .domid = domid, .ref = ref } },
	};
	struct ioctl_gntdev_unmap_grant_ref undo = { .count = 1 };
	struct gnttab_mapping *m = calloc(1, sizeof(*m));
	int saved;

	if (!m) {
		hcall_no_memory(err);
		return NULL;
	}
	if (g->ops->ioctl(g->priv, g->fd, IOCTL_GNTDEV_MAP_GRANT_REF, &arg) < 0) {
		saved = errno;
		goto fail;
	}
	m->index = arg.index;
	m->page = g->ops->mmap(g->priv, HYP_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd,
			       (off_t)arg.index);
	if (m->page == MAP_FAILED) {
		saved = errno;
		undo.index = arg.index;
		g->ops->ioctl(g->priv, g->fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &undo);
		goto fail;
	}
	m->next = g->maps;
	g->maps = m;
	return m->page;
fail:
	free(m);
	zerr_set(err, ZERR_FAILED, "E912", saved, "cannot map grant %u of domain %u", ref, domid);
	return NULL;
}

void gnttab_dev_unmap(struct gnttab_dev *g, void *page)
{
	struct gnttab_mapping **link, *m;

	for (link = &g->maps; (m = *link) != NULL; link = &m->next) {
		if (m->page != page)
			continue;
		*link = m->next;
		mapping_drop(g, m);
		return;
	}
}
