/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's view of the hypervisor through dom0's kernel: domain 0's page from xenfs, guests'
 * pages by their reserved grant, event channels, and the virtual interrupt that tells of a domain's
 * end. Everything is opened at once; later calls need no rights.
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
#define PORTS_PER_ROUND 64

struct xen_kernel {
	struct xen_if xen;
	struct server *server;
	int broker_fd;
	void *kernel_page;		/* domain 0's */
	uint32_t kernel_port;
	struct evtchn_dev *evtchn;
	struct gnttab_dev *gnttab;
	struct event_source *source, *broker_source;
	uint32_t dom_exc_port;
};

static struct xen_kernel *of(struct xen_if *xen)
{
	return container_of(xen, struct xen_kernel, xen);
}

static int map_kernel_page(struct xen_kernel *k, struct zerr **err)
{
	static const char *const files[] = { XSD_KVA, XENBUS_BACKEND };
	int saved = ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_close_ int fd = open(files[i], O_RDWR | O_CLOEXEC);
		void *page;

		if (fd < 0)
			continue;
		page = mmap(NULL, HYP_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (page != MAP_FAILED) {
			k->kernel_page = page;
			return 0;
		}
		saved = errno;
	}
	zerr_set(err, ZERR_NO_HYPERVISOR, "E902", saved, "cannot map the kernel's xenstore page");
	return zerr_hint(err, "mount -t xenfs xenfs /proc/xen");
}

static int map_ring(struct xen_if *xen, uint32_t domid, struct xen_ring *ret, struct zerr **err)
{
	struct xen_kernel *k = of(xen);

	if (domid == 0)
		ret->page = k->kernel_page;
	else
		ret->page = gnttab_dev_map(k->gnttab, (uint16_t)domid, GNTTAB_RESERVED_XENSTORE,
					   err);
	return ret->page ? 0 : -1;
}

static void unmap_ring(struct xen_if *xen, struct xen_ring *ring)
{
	struct xen_kernel *k = of(xen);

	if (ring->page != k->kernel_page)
		gnttab_dev_unmap(k->gnttab, ring->page);
	ring->page = NULL;
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
	return xen_broker_domains(of(xen)->broker_fd, ret, ret_n, err);
}

static int kernel_port(struct xen_if *xen, uint32_t *ret_port, struct zerr **err UNUSED)
{
	*ret_port = of(xen)->kernel_port;
	return 0;
}

static int read_kernel_port(uint32_t *ret_port, struct zerr **err)
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

/*
 * Ports are unmasked before their rings are looked at, so nothing that happens later is lost. A
 * guest may fire as fast as we unmask: what is left after a round's share is there in the next.
 */
static void events_ready(void *data, int fd UNUSED, unsigned int revents UNUSED)
{
	struct xen_kernel *k = data;
	struct zerr *err = NULL;
	bool scan = false;
	uint32_t port;

	for (int i = 0; i < PORTS_PER_ROUND; i++) {
		if (evtchn_dev_pending(k->evtchn, &port, &err) != 1)
			break;
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
	event_source_remove(k->broker_source);
	if (k->evtchn)
		evtchn_dev_close(k->evtchn);
	if (k->gnttab)
		gnttab_dev_close(k->gnttab);
	if (k->kernel_page)
		munmap(k->kernel_page, HYP_PAGE_SIZE);
	close(k->broker_fd);
	free(k);
}

/* Without it the end of domains would go unnoticed; the next process has a new one. */
static void broker_gone(void *data, int fd UNUSED, unsigned int revents UNUSED)
{
	struct xen_kernel *k = data;

	zlog(ZLOG_ERROR, "the broker ended");
	event_loop_stop(k->server->loop, 1);
	event_source_remove(k->broker_source);
	k->broker_source = NULL;
}

static int open_devices(struct xen_kernel *k, struct zerr **err)
{
	if (map_kernel_page(k, err) || read_kernel_port(&k->kernel_port, err) ||
	    evtchn_dev_open(&k->evtchn, NULL, NULL, err) ||
	    gnttab_dev_open(&k->gnttab, NULL, NULL, err) ||
	    evtchn_dev_bind_virq(k->evtchn, VIRQ_DOM_EXC, &k->dom_exc_port, err))
		return -1;
	k->source = event_loop_add_fd(k->server->loop, evtchn_dev_fd(k->evtchn), POLLIN,
				      events_ready, k);
	k->broker_source = event_loop_add_fd(k->server->loop, k->broker_fd, 0, broker_gone, k);
	if (!k->source || !k->broker_source)
		return zerr_set(err, ZERR_FAILED, "E126", errno, "cannot wait for event channels");
	return 0;
}

int xen_kernel_open(struct server *server, int broker_fd, struct xen_if **ret, struct zerr **err)
{
	struct xen_kernel *k = calloc(1, sizeof(*k));

	if (!k) {
		close(broker_fd);
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	}
	k->server = server;
	k->broker_fd = broker_fd;
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
