/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which domains are being made, or stand still for a program. Before a domain exists its maker
 * puts a file with its UUID into RUN_DIR/building and keeps it locked until the domain runs or is
 * undone. A file that nobody locks tells of a maker that was killed: whatever has that UUID is
 * removed by the next who looks. In the same way "pause-DOMID-UUID" tells of a pause that ends
 * with the program that made it; any other pause is somebody's wish and stays. Who wishes one
 * meanwhile takes this over: the file is not empty then. So it can always be told whose it is.
 * "save-DOMID-UUID" is for a domain that suspends to be saved, and goes on without its saver;
 * "frozen-DOMID-UUID" for one whose agent holds its file systems still, and is told to let go.
 * And "resize-DOMID-NUMBER" tells of a disk whose requests may wait for who makes it larger.
 * Files are made and recovered under the lock of domain_lock(); a domain's is taken away without.
 */
#include <sys/file.h>
#include <sys/inotify.h>

#include <xentools/guest_agent.h>

#include "tools/domain/domain_priv.h"

#define PAUSE "pause"
#define RESIZE "resize-"
#define HOLD_NAME_MAX (DOMAIN_UUID_TEXT + 16)

static void hold_name_of(const char *kind, const struct hyp_domain_info *info,
			 char ret[HOLD_NAME_MAX])
{
	char uuid[DOMAIN_UUID_TEXT];

	domain_uuid_format(info->uuid, uuid);
	snprintf(ret, HOLD_NAME_MAX, "%s-%u-%s", kind, info->domid, uuid);
}

static void hold_name(const struct hyp_domain_info *info, char ret[HOLD_NAME_MAX])
{
	hold_name_of(PAUSE, info, ret);
}

static char *intent_path(const struct domain_ctx *ctx, const char *name)
{
	return text_printf("%s/building%s%s", domain_run_dir(ctx), name ? "/" : "",
			   name ? name : "");
}

/* Announce a domain (by UUID) or a pause before it is made; *ret_fd is for domain_intent_end(). */
int domain_intent_begin(const struct domain_ctx *ctx, const char *name, int *ret_fd,
			struct zerr **err)
{
	_cleanup_free_ char *dir = intent_path(ctx, NULL), *path = intent_path(ctx, name);
	_cleanup_close_ int fd = -1;

	if (!dir || !path)
		return zerr_no_memory(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT && fd_mkdir_p(dir, 0755) == 0)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (fd >= 0 && errno == EWOULDBLOCK)
			return zerr_set(err, ZERR_STATE, "E707", 0,
					"another program has it in hand: it is being created, or "
					"stopped for a dump, a snapshot or to be saved");
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot make %s", path);
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* The domain runs, or is undone. fd -1: never begun. */
void domain_intent_end(const struct domain_ctx *ctx, const char *name, int fd)
{
	_cleanup_free_ char *path = intent_path(ctx, name);

	if (fd < 0)
		return;
	/* In this order: who gets the lock finds a file that is no longer linked. */
	if (path)
		unlink(path);
	close(fd);
}

/* Was the maker of this file killed? To read: its end is no news for domain_recover_watch(). */
static bool is_orphan(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
	       st.st_nlink > 0;
}

/*
 * The program that had it stopped was killed, and nobody has taken the pause over. 1: it has to be
 * tried again.
 */
static int release(struct domain_ctx *ctx, uint16_t domid, const char *uuid_text,
		   const char *task, struct zerr **err)
{
	struct hyp_domain_info info;
	uint8_t uuid[16];
	int rc = hyp_domain_info(ctx->hyp, domid, &info, err);

	if (rc <= 0 || domain_uuid_parse(uuid_text, uuid) != 0 ||
	    memcmp(info.uuid, uuid, sizeof(uuid)) != 0)
		return rc < 0 ? -1 : 0;
	if (strcmp(task, DOMAIN_TASK_FREEZE) == 0)
		return guest_thaw_orphan(ctx, domid) != 0;
	if (strcmp(task, DOMAIN_TASK_SAVE) == 0)
		return info.shutdown && info.shutdown_reason == HYP_SHUTDOWN_SUSPEND ?
			domain_resume(ctx, domid, err) : 0;
	if (!info.paused)
		return 0;
	if (hyp_domain_unpause(ctx->hyp, domid, err) != 0)
		return -1;
	domain_did(ctx, domid, "unpaused", "who had it paused was killed");
	return 0;
}

static int remove_orphan(struct domain_ctx *ctx, const char *path, const char *name,
			 struct zerr **err)
{
	_cleanup_free_ struct hyp_domain_info *infos = NULL;
	char uuid_text[DOMAIN_UUID_TEXT], task[8];
	unsigned int domid;
	struct stat st = { 0 };
	uint8_t uuid[16];
	size_t i, n;
	int rc;

	if (strncmp(name, RESIZE, strlen(RESIZE)) == 0)
		return 0;	/* not under this lock: domain_recover() does */
	if (sscanf(name, "%7[a-z]-%5u-%36s", task, &domid, uuid_text) == 3) {
		if (strcmp(task, PAUSE) != 0 && !ctx->xs)
			return 0;
		rc = stat(path, &st) == 0 && st.st_size == 0 ?
			release(ctx, (uint16_t)domid, uuid_text, task, err) : 0;
		if (rc != 0)
			return MIN(rc, 0);
		unlink(path);
		return 0;
	}
	if (domain_uuid_parse(name, uuid) != 0) {
		unlink(path);
		return 0;
	}
	if (!ctx->xs)		/* its devices cannot go; who has the store comes */
		return 0;
	if (hyp_domain_list(ctx->hyp, &infos, &n, err) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (infos[i].domid == 0 || memcmp(infos[i].uuid, uuid, sizeof(uuid)) != 0)
			continue;
		if (domain_remove(ctx, infos[i].domid, name, false, err) != 0)
			return -1;
	}
	unlink(path);
	return 0;
}

static int recover_all(struct domain_ctx *ctx, const char *dir_path, DIR *dir, struct zerr **err)
{
	struct dirent *entry;
	char path[512];
	int rc = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name) >=
		    (int)sizeof(path))
			continue;
		/* One that does not go must not keep the others waiting. */
		if (is_orphan(path) && remove_orphan(ctx, path, entry->d_name, err) != 0)
			rc = -1;
	}
	return rc;
}

/* By one look of ours: opendir() asks what the folder is, takes 32 KiB and looks twice. */
static bool nobody_builds(const char *dir_path)
{
	_cleanup_close_ int fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char buf[1024];	/* three of the longest names */
	ssize_t len = fd < 0 ? 0 : getdents64(fd, buf, sizeof(buf));
	size_t entries = 0;

	for (ssize_t at = 0; at < len; at += ((struct dirent64 *)(buf + at))->d_reclen)
		entries++;
	return entries <= 2;	/* "." and ".." are always there */
}

/* Remove half-made domains, end such pauses; the caller holds domain_lock(). */
int domain_recover_locked(struct domain_ctx *ctx, struct zerr **err)
{
	_cleanup_free_ char *path = intent_path(ctx, NULL);
	_cleanup_closedir_ DIR *dir = NULL;

	if (!path)
		return zerr_no_memory(err);
	if (nobody_builds(path))
		return 0;
	dir = opendir(path);
	return dir ? recover_all(ctx, path, dir, err) : 0;
}

int domain_resize_begin(const struct domain_ctx *ctx, uint16_t domid, unsigned int devid,
			char name[RESIZE_NAME_MAX], int *ret_fd, struct zerr **err)
{
	snprintf(name, RESIZE_NAME_MAX, RESIZE "%u-%u", domid, devid);
	return domain_intent_begin(ctx, name, ret_fd, err);
}

/* Guests' requests that a killed program held back; the device's turn is taken for each. */
static int recover_disks(struct domain_ctx *ctx, struct zerr **err)
{
	_cleanup_free_ char *dir_path = intent_path(ctx, NULL);
	_cleanup_closedir_ DIR *dir = dir_path && ctx->xs ? opendir(dir_path) : NULL;
	unsigned int domid, devid;
	struct dirent *entry;
	char path[512];
	int rc = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		if (sscanf(entry->d_name, RESIZE "%5u-%u", &domid, &devid) != 2 ||
		    snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name) >=
		    (int)sizeof(path) || !is_orphan(path))
			continue;
		if (device_vbd_go_on(ctx, (uint16_t)domid, devid, err) == 0)
			unlink(path);
		else
			rc = -1;
	}
	return rc;
}

int domain_recover(struct domain_ctx *ctx, struct zerr **err)
{
	_cleanup_free_ char *path = intent_path(ctx, NULL);
	_cleanup_close_ int lock = -1;
	int rc;

	if (!path)
		return zerr_no_memory(err);
	if (nobody_builds(path))
		return 0;
	if (domain_lock(ctx, &lock, err) != 0)
		return -1;
	rc = domain_recover_locked(ctx, err);
	close(lock);
	lock = -1;
	return recover_disks(ctx, err) != 0 ? -1 : rc;
}

/* Readable when a program has begun with a domain, or has let go of one or was killed. */
int domain_recover_watch(const struct domain_ctx *ctx)
{
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	_cleanup_free_ char *dir = intent_path(ctx, NULL);

	if (!dir)
		return -ENOMEM;
	fd_mkdir_p(dir, 0755);
	if (fd < 0 || inotify_add_watch(fd, dir, IN_CLOSE_WRITE) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* The lock, what was orphaned recovered, and the domain as it is then. */
static int lock_domain(struct domain_ctx *ctx, uint16_t domid, int *lock,
		       struct hyp_domain_info *info, struct zerr **err)
{
	if (domain_lock(ctx, lock, err) != 0)
		return -1;
	domain_recover_locked(ctx, NULL);
	return domain_must_exist(ctx, domid, info, err);
}

/*
 * Pause a domain that runs for no longer than this process lives; *info is as it was before.
 * *ret_fd is for domain_let_go(), -1 when the domain does not run. Class ZERR_STATE when another
 * program does that just now.
 */
int domain_hold(struct domain_ctx *ctx, uint16_t domid, struct hyp_domain_info *info, int *ret_fd,
		struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	char name[HOLD_NAME_MAX];

	*ret_fd = -1;
	if (lock_domain(ctx, domid, &lock, info, err) != 0)
		return -1;
	if (info->paused || info->shutdown || info->dying)
		return 0;
	hold_name(info, name);
	if (domain_intent_begin(ctx, name, ret_fd, err) != 0)
		return -1;
	if (hyp_domain_pause(ctx->hyp, domid, err) == 0)
		return 0;
	domain_intent_end(ctx, name, *ret_fd);
	*ret_fd = -1;
	return -1;
}

/*
 * A domain is about to suspend to be saved, or its file systems to stand still: should this process
 * be killed, it is to go on. *ret_fd is for domain_task_end(). Class ZERR_STATE when another
 * program does so just now.
 */
int domain_task_begin(struct domain_ctx *ctx, uint16_t domid, const char *task,
		      struct hyp_domain_info *info, int *ret_fd, struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	char name[HOLD_NAME_MAX];

	if (lock_domain(ctx, domid, &lock, info, err) != 0)
		return -1;
	hold_name_of(task, info, name);
	return domain_intent_begin(ctx, name, ret_fd, err);
}

void domain_task_end(const struct domain_ctx *ctx, const struct hyp_domain_info *info,
		     const char *task, int fd)
{
	char name[HOLD_NAME_MAX];

	hold_name_of(task, info, name);
	domain_intent_end(ctx, name, fd);
}

/* fd -1: not held. */
int domain_let_go(struct domain_ctx *ctx, const struct hyp_domain_info *info, int fd,
		  struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	struct stat st = { 0 };
	char name[HOLD_NAME_MAX];
	int rc = 0;

	if (fd < 0)
		return 0;
	domain_lock(ctx, &lock, NULL);	/* without it as well: the guest is to go on */
	if (fstat(fd, &st) != 0 || st.st_size == 0)
		rc = hyp_domain_unpause(ctx->hyp, info->domid, err);
	hold_name(info, name);
	domain_intent_end(ctx, name, fd);
	return rc;
}

/*
 * A pause that a program holds for itself is to stay when that ends, or not. False: no program
 * holds one. The caller holds domain_lock() and has recovered what was orphaned.
 */
bool domain_hold_keep(const struct domain_ctx *ctx, const struct hyp_domain_info *info, bool keep)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	char name[HOLD_NAME_MAX];

	hold_name(info, name);
	path = intent_path(ctx, name);
	fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
	return fd >= 0 && ftruncate(fd, keep) == 0;
}
