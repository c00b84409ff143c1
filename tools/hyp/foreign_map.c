/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another domain's pages in our address space, by MMAPBATCH_V2. The list of frames lies in ordinary
 * memory: the kernel reads it, not the hypervisor.
 */
#include <sys/mman.h>

#include <public/sys/privcmd.h>

#include "tools/hyp/hyp_priv.h"

/*
 * Map nr consecutive guest frames of a domain from gfn on, readable and writable, and say in errs[]
 * which are not there: their addresses must not be touched. Class ZERR_NO_RESOURCES, ZERR_FAILED.
 */
int hyp_map_foreign(struct hyp *h, uint16_t domid, uint64_t gfn, size_t nr, int *errs,
		    struct hyp_map *ret, struct zerr **err)
{
	_cleanup_free_ uint64_t *gfns = calloc(nr, sizeof(*gfns));
	struct privcmd_mmapbatch_v2 batch = { .num = (unsigned int)nr, .dom = domid };
	void *addr;
	size_t i;
	int e;

	if (!gfns)
		return hcall_no_memory(err);
	addr = h->ops->mmap(h->priv, nr * HYP_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			    h->fd, 0);
	if (addr == MAP_FAILED)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno,
				"no address space for %zu guest pages", nr);
	for (i = 0; i < nr; i++)
		gfns[i] = gfn + i;
	batch.addr = hcall_addr(addr);
	batch.arr = gfns;
	batch.err = errs;
	e = h->ops->ioctl(h->priv, h->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) < 0 ? errno : 0;
	if (e != 0 && e != ENOENT) {	/* that one only says that a page is missing */
		h->ops->munmap(h->priv, addr, nr * HYP_PAGE_SIZE);
		return zerr_set(err, e == ENOMEM ? ZERR_NO_RESOURCES : ZERR_FAILED, "E914", e,
				"cannot map %zu pages of domain %u at frame 0x%llx", nr, domid,
				(unsigned long long)gfn);
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
