/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other domains' pages in our address space: guest frames by MMAPBATCH_V2, frames that the
 * hypervisor keeps for a domain by MMAP_RESOURCE. A mapping is whole or not there at all. The
 * lists of frames lie in ordinary memory: the kernel reads them, not the hypervisor.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <public/memory.h>
#include <public/sys/privcmd.h>

#include "tools/hyp/hyp_priv.h"

static int map_window(struct hyp *h, size_t nr, void **ret, struct zerr **err)
{
	void *p = h->ops->mmap(h->priv, nr * HYP_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			       h->fd, 0);

	if (p == MAP_FAILED)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno,
				"no address space for %zu guest pages", nr);
	*ret = p;
	return 0;
}

static int map_error(struct zerr **err, int e, uint16_t domid, uint64_t gfn, size_t nr)
{
	return zerr_set(err, e == ENOMEM ? ZERR_NO_RESOURCES : ZERR_FAILED, "E914", e,
			"cannot map %zu pages of domain %u at frame 0x%llx", nr, domid,
			(unsigned long long)gfn);
}

static int first_error(const int *errs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (errs[i] != 0)
			return -errs[i];
	return 0;
}

/*
 * Map nr consecutive guest frames of a domain from gfn on, readable and writable, and say in errs[]
 * which are not there: their addresses must not be touched. Class ZERR_NO_RESOURCES, ZERR_FAILED.
 */
int hyp_map_foreign_some(struct hyp *h, uint16_t domid, uint64_t gfn, size_t nr, int *errs,
			 struct hyp_map *ret, struct zerr **err)
{
	_cleanup_free_ uint64_t *gfns = calloc(nr, sizeof(*gfns));
	struct privcmd_mmapbatch_v2 batch = { .num = (unsigned int)nr, .dom = domid };
	void *addr = NULL;
	size_t i;
	int e;

	if (!gfns)
		return hcall_no_memory(err);
	if (map_window(h, nr, &addr, err) != 0)
		return -1;
	for (i = 0; i < nr; i++)
		gfns[i] = gfn + i;
	batch.addr = hcall_addr(addr);
	batch.arr = gfns;
	batch.err = errs;
	e = h->ops->ioctl(h->priv, h->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) < 0 ? errno : 0;
	if (e != 0 && e != ENOENT) {	/* that one only says that a page is missing */
		h->ops->munmap(h->priv, addr, nr * HYP_PAGE_SIZE);
		return map_error(err, e, domid, gfn, nr);
	}
	ret->addr = addr;
	ret->nr = nr;
	return 0;
}

/* The same where every page must be there. */
int hyp_map_foreign(struct hyp *h, uint16_t domid, uint64_t gfn, size_t nr, struct hyp_map *ret,
		    struct zerr **err)
{
	_cleanup_free_ int *errs = calloc(nr, sizeof(*errs));
	struct hyp_map map;
	int e;

	if (!errs)
		return hcall_no_memory(err);
	if (hyp_map_foreign_some(h, domid, gfn, nr, errs, &map, err) != 0)
		return -1;
	e = first_error(errs, nr);
	if (e != 0) {
		hyp_unmap(h, &map);
		return map_error(err, e, domid, gfn, nr);
	}
	*ret = map;
	return 0;
}

/* Map nr frames of a domain's grant table; errnum EOPNOTSUPP: the kernel cannot do this. */
int hyp_map_grant_table(struct hyp *h, uint16_t domid, uint32_t first, size_t nr,
			struct hyp_map *ret, struct zerr **err)
{
	struct privcmd_mmap_resource res = {
		.dom = domid,
		.type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_shared,
		.idx = first,
		.num = nr,
	};
	void *addr = NULL;
	int e;

	if (map_window(h, nr, &addr, err) != 0)
		return -1;
	res.addr = hcall_addr(addr);
	if (h->ops->ioctl(h->priv, h->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &res) < 0) {
		e = errno == ENOTTY || errno == EINVAL || errno == ENOSYS ? EOPNOTSUPP : errno;
		h->ops->munmap(h->priv, addr, nr * HYP_PAGE_SIZE);
		return zerr_set(err, e == EOPNOTSUPP ? ZERR_UNSUPPORTED : ZERR_FAILED, "E914", e,
				"cannot map the grant table of domain %u", domid);
	}
	ret->addr = addr;
	ret->nr = nr;
	return 0;
}

/* Take a mapping away; one that was never made (addr NULL) is fine. */
void hyp_unmap(struct hyp *h, struct hyp_map *m)
{
	if (m->addr)
		h->ops->munmap(h->priv, m->addr, m->nr * HYP_PAGE_SIZE);
	m->addr = NULL;
	m->nr = 0;
}
