/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a domain ended, for those who ask when it is gone already: the monitor is often quicker than
 * the program that waits. One line per end in RUN_DIR/ended, which begins anew when it is full;
 * nothing depends on a line being there.
 */
#include "tools/domain/domain_priv.h"

#define ENDED_MAX (64 * 1024)

static char *ended_path(const struct domain_ctx *ctx)
{
	char *path;

	return asprintf(&path, "%s/ended", domain_run_dir(ctx)) < 0 ? NULL : path;
}

/* Note an end; failures are silent. */
void domain_ended_note(const struct domain_ctx *ctx, const struct hyp_domain_info *info)
{
	_cleanup_free_ char *path = ended_path(ctx);
	_cleanup_close_ int fd = -1;
	char uuid[DOMAIN_UUID_TEXT], line[80];
	struct stat st;
	int n;

	if (!path || !info->shutdown)
		return;
	if (stat(path, &st) == 0 && st.st_size > ENDED_MAX)
		unlink(path);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	domain_uuid_format(info->uuid, uuid);
	n = snprintf(line, sizeof(line), "%u %s %u\n", info->domid, uuid, info->shutdown_reason);
	if (fd >= 0 && fd_write_all(fd, line, (size_t)n) != 0)
		return;
}

/* The reason of the latest end of a domain with that id and UUID: 1 found, 0 not known. */
int domain_ended_find(const struct domain_ctx *ctx, uint16_t domid, const uint8_t uuid[16],
		      unsigned int *ret_reason)
{
	_cleanup_free_ char *path = ended_path(ctx), *text = NULL;
	char text_uuid[DOMAIN_UUID_TEXT], start[64], *p, *save = NULL;
	int found = 0;
	size_t len;

	if (!path || fd_read_file(path, 2 * ENDED_MAX, &text, &len) != 0)
		return 0;
	domain_uuid_format(uuid, text_uuid);
	snprintf(start, sizeof(start), "%u %s ", domid, text_uuid);
	for (p = strtok_r(text, "\n", &save); p; p = strtok_r(NULL, "\n", &save)) {
		if (strncmp(p, start, strlen(start)) != 0)
			continue;
		*ret_reason = (unsigned int)strtoul(p + strlen(start), NULL, 10);
		found = 1;
	}
	return found;
}
