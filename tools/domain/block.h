/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making block devices out of disk images: block_image.c looks at images, block_loop.c and
 * block_nbd.c (over block_dm.c) are the two kinds of device. Nothing here knows domains or the
 * store. Unit tests put a model in place of block_loop.c, and of block_nbd.c or block_dm.c.
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
/* Told of each nbd device that is to serve an image, before anything is started. */
struct block_nbd_note {
	int (*chosen)(void *arg, const char *nbd, struct zerr **err);
	void *arg;
};
/*
 * Serve an image by a free nbd device, and make the block device of this name that leads to it.
 * When it fails detaching is due.
 */
int block_nbd_attach(const struct domain_disk *disk, const char *name, const char *run_dir,
		     const struct block_nbd_note *note, char ret_dev[BLOCK_DEV_MAX],
		     struct zerr **err);
/* End both; what is not there, or for another image by now, is no error. */
int block_nbd_detach(const char *name, const char *nbd, const char *image, struct zerr **err);
/*
 * Make the image larger (size in bytes; 0: serve it anew), while dev, which is name's, is in use:
 * requests wait meanwhile. Failures leave all as it was (ZERR_STATE: it would shrink, or nobody
 * serves it; ZERR_NO_RESOURCES: no nbd device is free), or requests wait on, and a hint says so.
 */
int block_nbd_resize(const struct domain_disk *disk, const char *name, const char *dev,
		     const char *nbd, uint64_t size, const char *run_dir,
		     const struct block_nbd_note *note, struct zerr **err);

/* ---- block_dm.c ---- */

/* A block device that leads to another one; name is the device mapper's. */
int block_dm_create(const char *name, const char *under, uint64_t sectors, bool readonly,
		    char ret_dev[BLOCK_DEV_MAX], struct zerr **err);
/* It leads to this one from now on; requests that were held back go there. */
int block_dm_lead(const char *name, const char *under, uint64_t sectors, bool readonly,
		  struct zerr **err);
/* Those that are under way end, others wait; is it so?; they go on. */
int block_dm_hold(const char *name, struct zerr **err);
bool block_dm_held(const char *name);
int block_dm_go_on(const char *name, struct zerr **err);
/* Requests go on, and it goes with its last user. None of this name is no error. */
int block_dm_remove(const char *name, struct zerr **err);

#endif
