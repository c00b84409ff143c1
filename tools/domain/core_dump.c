/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying a domain's memory into a core file; the file's form is in core_elf.c. The memory is
 * mapped a few megabytes at a time; what the guest lacks there is left as a hole. The
 * guest may run meanwhile, or is paused by us and goes on afterwards whatever happens.
 */
#include <poll.h>
#include <sys/file.h>

#include <public/arch-arm.h>
#include <xentools/core_dump.h>
#include <xentools/save.h>

#include "tools/domain/domain_priv.h"

#define BATCH 1024u				/* pages mapped at a time */

struct dump {
	struct domain_ctx *ctx;
	uint16_t domid;
	const struct core_dump_opts *opts;
	int fd;
	struct core_bank banks[CORE_BANKS];
	size_t nr_banks;
	struct hyp_vcpu_regs *cpus;
	size_t nr_cpus;
	char info[CORE_VMCOREINFO_MAX];
	size_t info_len;			/* 0: not found */
	uint64_t done, total;			/* bytes */
};

static int write_at(struct dump *d, const char *p, size_t len, uint64_t at, struct zerr **err)
{
	while (len > 0) {
		ssize_t n = TEMP_FAILURE_RETRY(pwrite(d->fd, p, len, (off_t)at));

		if (n <= 0)
			return domain_file_error(err, "write", "the core file",
						 n < 0 ? errno : ENOSPC);
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Where RAM can be, as far as the domain may have pages and has had them. */
static int find_banks(struct dump *d, const struct hyp_domain_info *info, struct zerr **err)
{
	static const struct core_bank all[CORE_BANKS] = {
		{ GUEST_RAM0_BASE, GUEST_RAM0_SIZE }, { GUEST_RAM1_BASE, GUEST_RAM1_SIZE },
	};
	uint64_t left = info->max_pages, max;

	if (hyp_domain_max_gfn(d->ctx->hyp, d->domid, &max, err) != 0)
		return -1;
	for (size_t i = 0; i < CORE_BANKS; i++) {
		uint64_t first = all[i].base >> HYP_PAGE_SHIFT;
		uint64_t nr = MIN(left, all[i].size >> HYP_PAGE_SHIFT);

		if (first > max || nr == 0)
			continue;
		nr = MIN(nr, max + 1 - first);
		left -= nr;
		d->banks[d->nr_banks++] = (struct core_bank){ all[i].base, nr << HYP_PAGE_SHIFT };
		d->total += nr << HYP_PAGE_SHIFT;
	}
	return 0;
}

static int read_cpus(struct dump *d, const struct hyp_domain_info *info, struct zerr **err)
{
	uint32_t nr = info->max_vcpu_id == UINT32_MAX ? 0 : info->max_vcpu_id + 1;
	int rc;

	d->cpus = calloc(nr + 1, sizeof(*d->cpus));
	if (!d->cpus)
		return zerr_no_memory(err);
	for (uint32_t v = 0; v < nr; v++) {
		rc = hyp_vcpu_regs(d->ctx->hyp, d->domid, v, &d->cpus[d->nr_cpus], err);
		if (rc < 0)
			return -1;
		d->nr_cpus += (size_t)rc;
	}
	return 0;
}

/* Write the runs of pages that are there and hold something. */
static int write_batch(struct dump *d, const char *mem, const int *errs, size_t nr, uint64_t at,
		       struct zerr **err)
{
	size_t i, from = 0, len;
	const char *text;

	for (i = 0; i <= nr; i++) {
		const char *page = mem + i * HYP_PAGE_SIZE;

		if (i < nr && errs[i] == 0 && !save_page_is_zero(page)) {
			if (d->info_len == 0 && core_find_vmcoreinfo(page, &text, &len)) {
				memcpy(d->info, text, len);
				d->info_len = len;
			}
			continue;
		}
		if (i > from && write_at(d, mem + from * HYP_PAGE_SIZE, (i - from) * HYP_PAGE_SIZE,
					 at + from * HYP_PAGE_SIZE, err) != 0)
			return -1;
		from = i + 1;
	}
	return 0;
}

static int check_interrupt(const struct dump *d, struct zerr **err)
{
	struct pollfd p = { .fd = d->opts->fd, .events = POLLIN };

	if (d->opts->fd >= 0 && poll(&p, 1, 0) > 0)
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0, "interrupted; no core is left");
	return 0;
}

static int copy_bank(struct dump *d, size_t which, struct zerr **err)
{
	uint64_t at = core_offset(d->banks, d->nr_banks, d->nr_cpus, which);
	uint64_t gfn = d->banks[which].base >> HYP_PAGE_SHIFT;
	uint64_t left = d->banks[which].size >> HYP_PAGE_SHIFT;
	int errs[BATCH], rc;
	struct hyp_map map;

	while (left > 0) {
		size_t nr = (size_t)MIN(left, (uint64_t)BATCH);

		memset(errs, 0, sizeof(errs));
		if (check_interrupt(d, err) != 0 ||
		    hyp_map_foreign(d->ctx->hyp, d->domid, gfn, nr, errs, &map, err) != 0)
			return -1;
		rc = write_batch(d, map.addr, errs, nr, at, err);
		hyp_unmap(d->ctx->hyp, &map);
		if (rc != 0)
			return -1;
		gfn += nr;
		left -= nr;
		at += nr * HYP_PAGE_SIZE;
		d->done += nr * HYP_PAGE_SIZE;
		if (d->opts->progress)
			d->opts->progress(d->opts->arg, d->done, d->total);
	}
	return 0;
}

static int copy_all(struct dump *d, const struct hyp_domain_info *info, struct zerr **err)
{
	_cleanup_free_ char *head = NULL;
	size_t len;

	if (find_banks(d, info, err) != 0 || read_cpus(d, info, err) != 0)
		return -1;
	for (size_t i = 0; i < d->nr_banks; i++)
		if (copy_bank(d, i, err) != 0)
			return -1;
	head = core_headers(d->banks, d->nr_banks, d->cpus, d->nr_cpus,
			    d->info_len ? d->info : NULL, d->info_len, &len);
	if (!head)
		return zerr_no_memory(err);
	if (write_at(d, head, len, 0, err) != 0)
		return -1;
	/* A hole at the end is a part of the file, too. */
	if (ftruncate(d->fd, (off_t)core_offset(d->banks, d->nr_banks, d->nr_cpus,
						d->nr_banks)) != 0 || fsync(d->fd) != 0)
		return domain_file_error(err, "write", "the core file", errno);
	return 0;
}

/* Open and lock the file; one that a killed program left is taken over. */
int domain_part_open(const char *part, struct zerr **err)
{
	_cleanup_close_ int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return zerr_set(err, errno == ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E920", errno,
				"cannot make %s", part);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return zerr_set(err, ZERR_STATE, "E717", 0, "another program writes to %s", part);
	if (fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot write to %s", part);
	return steal_fd(&fd);
}

static int dump(struct dump *d, struct hyp_domain_info *info, const char *path,
		const char *part, struct zerr **err)
{
	int rc, held = -1;

	if (!d->opts->live && domain_hold(d->ctx, d->domid, info, &held, err) != 0)
		return -1;
	rc = copy_all(d, info, err);
	if (rc == 0 && rename(part, path) != 0)
		rc = zerr_set(err, ZERR_FAILED, "E920", errno, "cannot name the core %s", path);
	if (domain_let_go(d->ctx, info, held, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

int domain_dump_core(struct domain_ctx *ctx, uint16_t domid, const char *path,
		     const struct core_dump_opts *opts, struct zerr **err)
{
	struct dump d = { .ctx = ctx, .domid = domid, .opts = opts, .fd = -1 };
	_cleanup_free_ char *part = NULL;
	struct hyp_domain_info info;
	int rc;

	if (domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0, "this is the control domain");
	if (asprintf(&part, "%s.part", path) < 0) {
		part = NULL;
		return zerr_no_memory(err);
	}
	if (domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	d.fd = domain_part_open(part, err);
	if (d.fd < 0)
		return -1;
	rc = dump(&d, &info, path, part, err);
	if (rc != 0)
		unlink(part);
	close(d.fd);
	free(d.cpus);
	return rc;
}

static const char *dump_dir(const struct domain_ctx *ctx)
{
	return ctx->dump_dir ? ctx->dump_dir : DOMAIN_DUMP_DIR;
}

size_t domain_core_count(const struct domain_ctx *ctx, const char *name)
{
	_cleanup_strbuf_ struct strbuf start = STRBUF_INIT;
	_cleanup_closedir_ DIR *dir = opendir(dump_dir(ctx));
	struct dirent *e;
	size_t n = 0;
	int end;

	domain_file_name(&start, name);
	while (dir && !start.failed && (e = readdir(dir)) != NULL) {
		end = 0;
		if (strncmp(e->d_name, strbuf_cstr(&start), start.len) == 0)
			sscanf(e->d_name + start.len, "-%*8[0-9]-%*6[0-9].core%n", &end);
		n += end != 0 && e->d_name[start.len + (size_t)end] == '\0';
	}
	return n;
}

char *domain_core_path(const struct domain_ctx *ctx, const char *name, struct zerr **err)
{
	const char *dir = dump_dir(ctx);
	struct strbuf sb = STRBUF_INIT;
	time_t now = time(NULL);
	char stamp[32] = "";
	struct tm tm;
	int rc = fd_mkdir_p(dir, 0700);

	if (rc < 0) {
		zerr_set(err, ZERR_FAILED, "E920", -rc, "cannot make %s", dir);
		return NULL;
	}
	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "-%Y%m%d-%H%M%S.core", &tm);
	strbuf_addf(&sb, "%s/", dir);
	domain_file_name(&sb, name);
	strbuf_addstr(&sb, stamp);
	if (sb.failed)
		zerr_no_memory(err);
	return strbuf_steal(&sb);
}
