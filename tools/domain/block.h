/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making block devices out of disk images: block_image.c looks at images, block_loop.c and
 * block_nbd.c are the two kinds of device. Nothing here knows domains or the store. Unit tests
 * put a model in place of block_loop.c and block_nbd.c.
 */
#ifndef TOOLS_BLOCK_H
#define TOOLS_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <xentools/domain_config.h>

struct zerr;

#define BLOCK_DEV_MAX 32u		/* bytes of "/dev/loop0" */
#define BLOCK_ID_MAX 48u		/* bytes of an image's identity */

/* How a disk is served: what DISK_BACKEND_AUTO means, and what a device needs none of. */
enum block_way { BLOCK_WAY_DEVICE, BLOCK_WAY_LOOP, BLOCK_WAY_NBD };

struct block_image {
	enum block_way way;
	char id[BLOCK_ID_MAX];		/* the same for each name of the same file or device */
	dev_t rdev;			/* of a device */
	uint64_t size;			/* bytes of the file or device */
};

/* ---- block_image.c ---- */

/*
 * Open a disk's source and look whether it is what the configuration says. *ret_fd may be NULL.
 * Classes: ZERR_NOT_FOUND no such file; ZERR_BAD_CONFIG it is something else; ZERR_STATE the
 * device is mounted or else in use here; ZERR_UNSUPPORTED no way to serve it on this host.
 */
int block_image_open(const struct domain_disk *disk, struct block_image *ret, int *ret_fd,
		     struct zerr **err);
/* The identity of what a path names now; 1, or 0 when it names nothing. */
int block_image_id(const char *path, char ret[BLOCK_ID_MAX]);

/* ---- block_loop.c ---- */

/*
 * Give an open image to a free loop device. It frees itself when nobody has it open any more:
 * keep *ret_fd until the back-end has it. direct: by-pass the page cache where that can be.
 */
int block_loop_attach(int image, const char *path, bool readonly, bool direct, int *ret_fd,
		      char ret_dev[BLOCK_DEV_MAX], struct zerr **err);
/* Wait until a loop device is free again (other back-ends close late); 1, or 0 it is not. */
int block_loop_wait_free(const char *dev, const char *id, int timeout_ms);
/* Look at the size of the file anew. */
int block_loop_resize(const char *dev, const char *id, struct zerr **err);

/* The number of a device node. */
int block_dev_number(const char *dev, dev_t *ret, struct zerr **err);
/* Has the kernel's blkback opened the device of a domain's disk? */
bool block_backend_has(uint16_t domid, unsigned int devid);

/* ---- block_nbd.c ---- */

/* Is there a program for images that are not raw? Class ZERR_UNSUPPORTED with a hint. */
int block_nbd_check(struct zerr **err);
/*
 * Serve an image by a free nbd device. chosen is told its name before anything is started; when
 * it fails nothing is.
 */
int block_nbd_attach(const struct domain_disk *disk, const char *run_dir,
		     int (*chosen)(void *arg, const char *dev, struct zerr **err), void *arg,
		     char ret_dev[BLOCK_DEV_MAX], struct zerr **err);
/* End it; a device that is not in use, or for another image by now, is no error. */
int block_nbd_detach(const char *dev, const char *image, struct zerr **err);

#endif
