/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/xen/evtchn: event channels of a user program. One descriptor carries many ports; a port
 * that fired is read as a number and stays masked until it is written back. The descriptor is
 * non-blocking and fit for poll().
 */
#include <fcntl.h>

#include <public/sys/evtchn.h>

#include "tools/hyp/hyp_priv.h"

#define EVTCHN_PATH "/dev/xen/evtchn"

struct evtchn_dev {
	const struct hyp_ops *ops;
	void *priv;
	int fd;
};

/* Open the device; ops NULL means the real kernel. Class ZERR_NO_HYPERVISOR when missing. */
int evtchn_dev_open(struct evtchn_dev **ret, const struct hyp_ops *ops, void *priv,
		    struct zerr **err)
{
	struct evtchn_dev *e = calloc(1, sizeof(*e));
	int saved;

	if (!e)
		return hcall_no_memory(err);
	e->ops = ops ? ops : &hyp_kernel_ops;
	e->priv = priv;
	e->fd = e->ops->open(priv, EVTCHN_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (e->fd < 0) {
		saved = errno;
		free(e);
		zerr_set(err, ZERR_NO_HYPERVISOR, "E901", saved, "cannot open %s", EVTCHN_PATH);
		return zerr_hint(err, "load the kernel module with modprobe xen-evtchn");
	}
	*ret = e;
	return 0;
}

/* Unbinds all its ports. NULL is fine. */
void evtchn_dev_close(struct evtchn_dev *e)
{
	if (!e)
		return;
	e->ops->close(e->priv, e->fd);
	free(e);
}

int evtchn_dev_fd(const struct evtchn_dev *e)
{
	return e->fd;
}

static int port_ioctl(struct evtchn_dev *e, unsigned long request, uint32_t port,
		      const char *what, struct zerr **err)
{
	struct ioctl_evtchn_notify arg = { .port = port };

	if (e->ops->ioctl(e->priv, e->fd, request, &arg) < 0)
		return zerr_set(err, ZERR_FAILED, "E911", errno, "cannot %s event channel %u",
				what, port);
	return 0;
}

/* Connect to a port that the domain keeps for us; the local port is pending at once. */
int evtchn_dev_bind_interdomain(struct evtchn_dev *e, uint16_t domid, uint32_t remote_port,
				uint32_t *local_port, struct zerr **err)
{
	struct ioctl_evtchn_bind_interdomain arg = {
		.remote_domain = domid,
		.remote_port = remote_port,
	};
	int rc = e->ops->ioctl(e->priv, e->fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &arg);

	if (rc < 0)
		return zerr_set(err, ZERR_FAILED, "E911", errno,
				"cannot bind event channel %u of domain %u", remote_port, domid);
	*local_port = (uint32_t)rc;
	return 0;
}

int evtchn_dev_bind_virq(struct evtchn_dev *e, uint32_t virq, uint32_t *local_port,
			 struct zerr **err)
{
	struct ioctl_evtchn_bind_virq arg = { .virq = virq };
	int rc = e->ops->ioctl(e->priv, e->fd, IOCTL_EVTCHN_BIND_VIRQ, &arg);

	if (rc < 0) {
		zerr_set(err, ZERR_FAILED, "E911", errno, "cannot bind virtual interrupt %u", virq);
		if (errno == EEXIST)
			zerr_hint(err, "another program of the control domain has it");
		return -1;
	}
	*local_port = (uint32_t)rc;
	return 0;
}

int evtchn_dev_unbind(struct evtchn_dev *e, uint32_t port, struct zerr **err)
{
	return port_ioctl(e, IOCTL_EVTCHN_UNBIND, port, "unbind", err);
}

int evtchn_dev_notify(struct evtchn_dev *e, uint32_t port, struct zerr **err)
{
	return port_ioctl(e, IOCTL_EVTCHN_NOTIFY, port, "notify", err);
}

/*
 * Take one fired port: 1 and *port (masked until evtchn_dev_unmask), 0 none waiting. After an
 * overflow of the kernel's ring the ring is reset and -1 returned: the caller looks at all ports.
 */
int evtchn_dev_pending(struct evtchn_dev *e, uint32_t *port, struct zerr **err)
{
	ssize_t n = e->ops->read(e->priv, e->fd, port, sizeof(*port));

	if (n == (ssize_t)sizeof(*port))
		return 1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0 && errno == EFBIG)
		e->ops->ioctl(e->priv, e->fd, IOCTL_EVTCHN_RESET, NULL);
	return zerr_set(err, ZERR_FAILED, "E911", n < 0 ? errno : EIO, "cannot read %s",
			EVTCHN_PATH);
}

int evtchn_dev_unmask(struct evtchn_dev *e, uint32_t port, struct zerr **err)
{
	ssize_t n = e->ops->write(e->priv, e->fd, &port, sizeof(port));

	if (n != (ssize_t)sizeof(port))
		return zerr_set(err, ZERR_FAILED, "E911", n < 0 ? errno : EIO,
				"cannot unmask event channel %u", port);
	return 0;
}
