/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's view of the hypervisor through dom0's kernel: domain 0's page from xenfs, guests'
 * pages by their reserved grant (or by frame number where there is no such grant), event channels,
 * and the virtual interrupt that tells of a domain's end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xentools/error.h>
#include <xentools/event_loop.h>
#include <xentools/fd_util.h>
#include <xentools/hyp.h>
#include <xentools/log.h>
#include <xentools/macros.h>
#include <xentools/parse_num.h>

#include "domain.h"
#include "ring.h"

#define XSD_KVA "/proc/xen/xsd_kva"
#define XSD_PORT "/proc/xen/xsd_port"
#define XENBUS_BACKEND "/dev/xen/xenbus_backend"
#define IOCTL_XENBUS_BACKEND_EVTCHN 0x4200UL
#define GNTTAB_RESERVED_XENSTORE 1u
#define VIRQ_DOM_EXC 3u

struct xen_kernel {
	struct xen_if xen;
	struct server *server;
	struct hyp *hyp;
	struct evtchn_dev *evtchn;
	struct gnttab_dev *gnttab;
	struct event_source *source;
	uint32_t dom_exc_port;
};

/* How a page was mapped, to take it away the same way. */
struct mapping {
	enum { MAPPED_KERNEL, MAPPED_GRANT, MAPPED_FOREIGN } how;
	struct hyp_map foreign;
};

static struct xen_kernel *of(struct xen_if *xen)
{
	return container_of(xen, struct xen_kernel, xen);
}

static void *map_kernel_page(struct zerr **err)
{
	static const char *const files[] = { XSD_KVA, XENBUS_BACKEND };
	int saved = ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_close_ int fd = open(files[i], O_RDWR | O_CLOEXEC);
		void *page;

		if (fd < 0)
			continue;
		page = mmap(NULL, HYP_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (page != MAP_FAILED)
			return page;
		saved = errno;
	}
	zerr_set(err, ZERR_NO_HYPERVISOR, "E902", saved, "cannot map the kernel's xenstore page");
	zerr_hint(err, "mount -t xenfs xenfs /proc/xen");
	return NULL;
}

static int map_ring(struct xen_if *xen, uint32_t domid, uint64_t gfn, struct xen_ring *ret,
		    struct zerr **err)
{
	struct xen_kernel *k = of(xen);
	struct mapping *m = calloc(1, sizeof(*m));
	void *page;

	if (!m)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	if (domid == 0) {
		m->how = MAPPED_KERNEL;
		page = map_kernel_page(err);
	} else {
		m->how = MAPPED_GRANT;
		page = gnttab_dev_map(k->gnttab, (uint16_t)domid, GNTTAB_RESERVED_XENSTORE, NULL);
		if (!page && !hyp_map_foreign(k->hyp, (uint16_t)domid, gfn, 1, &m->foreign, err)) {
			m->how = MAPPED_FOREIGN;
			page = m->foreign.addr;
		}
	}
	if (!page) {
		free(m);
		return -1;
	}
	ret->page = page;
	ret->handle = m;
	return 0;
}

static void unmap_ring(struct xen_if *xen, struct xen_ring *ring)
{
	struct xen_kernel *k = of(xen);
	struct mapping *m = ring->handle;

	if (m->how == MAPPED_KERNEL)
		munmap(ring->page, HYP_PAGE_SIZE);
	else if (m->how == MAPPED_GRANT)
		gnttab_dev_unmap(k->gnttab, ring->page);
	else
		hyp_unmap(k->hyp, &m->foreign);
	free(m);
	*ring = (struct xen_ring){ NULL, NULL };
}

static int bind_port(struct xen_if *xen, uint32_t domid, uint32_t remote_port, uint32_t *ret_port,
		     struct zerr **err)
{
	return evtchn_dev_bind_interdomain(of(xen)->evtchn, (uint16_t)domid, remote_port, ret_port,
					   err);
}

static void unbind_port(struct xen_if *xen, uint32_t port)
{
	evtchn_dev_unbind(of(xen)->evtchn, port, NULL);
}

static void notify_port(struct xen_if *xen, uint32_t port)
{
	evtchn_dev_notify(of(xen)->evtchn, port, NULL);
}

static int list_domains(struct xen_if *xen, struct xen_domain_state **ret, size_t *ret_n,
			struct zerr **err)
{
	_cleanup_free_ struct hyp_domain_info *infos = NULL;
	struct xen_domain_state *states;
	size_t n;

	if (hyp_domain_list(of(xen)->hyp, &infos, &n, err))
		return -1;
	states = calloc(n + 1, sizeof(*states));
	if (!states)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		states[i] = (struct xen_domain_state){ infos[i].domid, infos[i].dying,
						       infos[i].shutdown };
	*ret = states;
	*ret_n = n;
	return 0;
}

static int kernel_port(struct xen_if *xen UNUSED, uint32_t *ret_port, struct zerr **err)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	int port;

	if (!fd_read_file(XSD_PORT, 64, &text, NULL)) {
		text[strcspn(text, "\n")] = '\0';
		if (!parse_u32(text, 1, UINT32_MAX, ret_port))
			return 0;
	}
	fd = open(XENBUS_BACKEND, O_RDWR | O_CLOEXEC);
	port = fd < 0 ? -1 : ioctl(fd, IOCTL_XENBUS_BACKEND_EVTCHN, 0);
	if (port <= 0)
		return zerr_set(err, ZERR_NO_HYPERVISOR, "E902", fd < 0 ? errno : ENODEV,
				"the kernel has no xenstore event channel");
	*ret_port = (uint32_t)port;
	return 0;
}

/* Ports are unmasked before their rings are looked at, so nothing that happens later is lost. */
static void events_ready(void *data, int fd UNUSED, unsigned int revents UNUSED)
{
	struct xen_kernel *k = data;
	struct zerr *err = NULL;
	bool scan = false;
	uint32_t port;

	while (evtchn_dev_pending(k->evtchn, &port, &err) == 1) {
		evtchn_dev_unmask(k->evtchn, port, NULL);
		if (port == k->dom_exc_port)
			scan = true;
		else
			domain_port_fired(k->server, port);
	}
	if (err) {
		zlog_zerr(ZLOG_ERROR, err);
		zerr_free(err);
	}
	if (scan)
		domain_scan(k->server);
}

static void kernel_close(struct xen_if *xen)
{
	struct xen_kernel *k = of(xen);

	event_source_remove(k->source);
	if (k->evtchn)
		evtchn_dev_close(k->evtchn);
	if (k->gnttab)
		gnttab_dev_close(k->gnttab);
	if (k->hyp)
		hyp_close(k->hyp);
	free(k);
}

static int open_devices(struct xen_kernel *k, struct zerr **err)
{
	if (hyp_open(&k->hyp, err) || evtchn_dev_open(&k->evtchn, NULL, NULL, err) ||
	    gnttab_dev_open(&k->gnttab, NULL, NULL, err) ||
	    evtchn_dev_bind_virq(k->evtchn, VIRQ_DOM_EXC, &k->dom_exc_port, err))
		return -1;
	k->source = event_loop_add_fd(k->server->loop, evtchn_dev_fd(k->evtchn), POLLIN,
				      events_ready, k);
	if (!k->source)
		return zerr_set(err, ZERR_FAILED, "E126", errno, "cannot wait for event channels");
	return 0;
}

int xen_kernel_open(struct server *server, struct xen_if **ret, struct zerr **err)
{
	struct xen_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	k->server = server;
	k->xen = (struct xen_if){
		.map_ring = map_ring,
		.unmap_ring = unmap_ring,
		.bind = bind_port,
		.unbind = unbind_port,
		.notify = notify_port,
		.domains = list_domains,
		.kernel_port = kernel_port,
		.close = kernel_close,
	};
	if (open_devices(k, err)) {
		kernel_close(&k->xen);
		return -1;
	}
	*ret = &k->xen;
	return 0;
}
