/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open the hypervisor's door in dom0's kernel and go through it: one ioctl per hypercall. Also
 * the one place that turns a hypercall's errno into an error object of the right class. Buffers
 * are hcall_buf.c's; nothing here knows what a call means.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <public/sys/privcmd.h>

#include "tools/hyp/hyp_priv.h"

#define PRIVCMD_PATH "/dev/xen/privcmd"
#define HYPERCALL_PATH "/dev/xen/hypercall"

static int kernel_open(void *, const char *path, int flags)
{
	return open(path, flags);
}

static int kernel_close(void *, int fd)
{
	return close(fd);
}

static int kernel_ioctl(void *, int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

static void *kernel_mmap(void *, size_t len, int prot, int flags, int fd, off_t offset)
{
	return mmap(NULL, len, prot, flags, fd, offset);
}

static int kernel_munmap(void *, void *addr, size_t len)
{
	return munmap(addr, len);
}

static ssize_t kernel_read(void *, int fd, void *buf, size_t len)
{
	return read(fd, buf, len);
}

static ssize_t kernel_write(void *, int fd, const void *buf, size_t len)
{
	return write(fd, buf, len);
}

const struct hyp_ops hyp_kernel_ops = {
	.open = kernel_open,
	.close = kernel_close,
	.ioctl = kernel_ioctl,
	.mmap = kernel_mmap,
	.munmap = kernel_munmap,
	.read = kernel_read,
	.write = kernel_write,
};

/*
 * Open the hypervisor through functions of the caller; ops and priv must outlive the handle.
 * Class ZERR_NO_HYPERVISOR when the device is missing or forbidden.
 */
int hyp_open_ops(struct hyp **ret, const struct hyp_ops *ops, void *priv, struct zerr **err)
{
	struct hyp *h = calloc(1, sizeof(*h));
	int e;

	if (!h)
		return hcall_no_memory(err);
	h->ops = ops;
	h->priv = priv;
	h->buf_fd = -1;
	h->fd = ops->open(priv, PRIVCMD_PATH, O_RDWR | O_CLOEXEC);
	if (h->fd < 0) {
		e = errno;
		free(h);
		zerr_set(err, ZERR_NO_HYPERVISOR, "E901", e, "cannot open %s", PRIVCMD_PATH);
		if (e == EACCES || e == EPERM)
			return zerr_hint(err, "run as root in the control domain");
		return zerr_hint(err, "this works only in the control domain of a running "
				 "hypervisor; load the kernel module with modprobe xen-privcmd");
	}
	/* Pages that the kernel never moves; older kernels lack the node, then memory is locked. */
	h->buf_fd = ops->open(priv, HYPERCALL_PATH, O_RDWR | O_CLOEXEC);
	*ret = h;
	return 0;
}

/* Open the hypervisor under this kernel. Class ZERR_NO_HYPERVISOR when there is none. */
int hyp_open(struct hyp **ret, struct zerr **err)
{
	return hyp_open_ops(ret, &hyp_kernel_ops, NULL, err);
}

/* Close the handle; mappings made through it stay until unmapped. NULL is fine. */
void hyp_close(struct hyp *h)
{
	if (!h)
		return;
	hcall_pool_free(h);
	if (h->buf_fd >= 0)
		h->ops->close(h->priv, h->buf_fd);
	h->ops->close(h->priv, h->fd);
	free(h);
}

/* One hypercall: its result (int range, the kernel cuts it), or negative errno. */
long hyp_call(struct hyp *h, unsigned int nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	struct privcmd_hypercall call = { .op = nr, .arg = { a0, a1, a2, a3, 0 } };
	bool no_memory = h->no_memory;
	int rc;

	memset(h->used, 0, sizeof(h->used));
	h->no_memory = false;
	if (no_memory)
		return HCALL_NO_MEMORY;
	rc = h->ops->ioctl(h->priv, h->fd, IOCTL_PRIVCMD_HYPERCALL, &call);
	return rc < 0 ? -errno : rc;
}

/* A call with a struct, behind its command if it has one, which comes back as the call left it. */
long hyp_call_arg(struct hyp *h, unsigned int nr, int cmd, void *arg, size_t size)
{
	void *p = hcall_put(h, arg, size);
	long rc = cmd == HCALL_NO_CMD ? hyp_call(h, nr, hcall_addr(p), 0, 0, 0) :
		  hyp_call(h, nr, (unsigned int)cmd, hcall_addr(p), 0, 0);

	if (p)
		memcpy(arg, p, size);
	return rc;
}

struct errno_class {
	int errnum;
	enum zerr_class cls;
	const char *code;
	const char *hint;
};

static const struct errno_class errno_classes[] = {
	{ EPERM, ZERR_NO_HYPERVISOR, "E903", "only the control domain may do this" },
	{ ESRCH, ZERR_NOT_FOUND, "E701", NULL },
	{ E2BIG, ZERR_NO_RESOURCES, "E603", NULL },
	{ ENOMEM, ZERR_NO_RESOURCES, "E602", "the hypervisor's memory or the domain's share of it "
	  "is used up; zl info shows free_memory" },
	{ EACCES, ZERR_NO_HYPERVISOR, "E902", "the hypervisor speaks another version of the "
	  "control interface than these tools (4.17)" },
	{ EBUSY, ZERR_STATE, "E704", NULL },
	{ EEXIST, ZERR_STATE, "E704", NULL },
	{ ENOSPC, ZERR_NO_RESOURCES, "E603", NULL },
	{ ENOSYS, ZERR_UNSUPPORTED, "E501", NULL },
	{ EOPNOTSUPP, ZERR_UNSUPPORTED, "E501", NULL },
};

/*
 * Set *err for a call that answered rc (negative errno): `what` is the call's name, domid the
 * domain it was about or NO_DOMAIN. Returns -1.
 */
int hyp_error(struct zerr **err, long rc, const char *what, int domid)
{
	const struct errno_class *row = NULL;
	enum zerr_class cls = ZERR_FAILED;
	const char *code = "E910";
	size_t i;

	if (rc == HCALL_NO_MEMORY)
		return hcall_no_memory(err);
	for (i = 0; i < ARRAY_SIZE(errno_classes); i++)
		if (errno_classes[i].errnum == -rc)
			row = &errno_classes[i];
	if (row) {
		cls = row->cls;
		code = row->code;
	}
	if (domid == NO_DOMAIN)
		zerr_set(err, cls, code, (int)-rc, "hypercall %s failed", what);
	else
		zerr_set(err, cls, code, (int)-rc, "hypercall %s on domain %d failed", what, domid);
	if (row && row->hint)
		zerr_hint(err, "%s", row->hint);
	return -1;
}
