/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a domain ended, for those who ask when it is gone already: the monitor is often quicker than
 * the program that waits. One line per end in RUN_DIR/ended, "3 UUID 0 web1", which begins anew when
 * it is full; nothing depends on a line being there. One that was destroyed while it ran has "-".
 */
#include "tools/domain/domain_priv.h"

#define ENDED_MAX (64 * 1024)

static char *ended_path(const struct domain_ctx *ctx)
{
	char *path;

	return asprintf(&path, "%s/ended", domain_run_dir(ctx)) < 0 ? NULL : path;
}

/* Note an end; failures are silent. name: NULL where it has none. */
void domain_ended_note(const struct domain_ctx *ctx, const struct hyp_domain_info *info,
		       const char *name)
{
	_cleanup_free_ char *path = ended_path(ctx);
	_cleanup_close_ int fd = -1;
	char uuid[DOMAIN_UUID_TEXT], reason[12] = "-", line[80 + DOMAIN_NAME_MAX];
	struct stat st;
	int n;

	if (!path)
		return;
	if (stat(path, &st) == 0 && st.st_size > ENDED_MAX)
		unlink(path);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	domain_uuid_format(info->uuid, uuid);
	if (info->shutdown)
		snprintf(reason, sizeof(reason), "%u", info->shutdown_reason);
	n = snprintf(line, sizeof(line), "%u %s %s %s\n", info->domid, uuid, reason,
		     name && strlen(name) <= DOMAIN_NAME_MAX ? name : "");
	if (fd >= 0 && fd_write_all(fd, line, (size_t)n) != 0)
		return;
}

/*
 * The reason of the latest end of which the line begins so, or, with that NULL, of a domain of that
 * name: 1 found, 0 not known.
 */
static int find(const struct domain_ctx *ctx, const char *start, const char *name,
		unsigned int *ret_reason)
{
	_cleanup_free_ char *path = ended_path(ctx), *text = NULL;
	char *line, *next;
	int found = 0;
	size_t len;

	if (!path || fd_read_file(path, 2 * ENDED_MAX, &text, &len) != 0)
		return 0;
	for (next = text; (line = strsep(&next, "\n")) != NULL;) {
		char reason[12], *end;
		int at = 0;

		if (sscanf(line, "%*u %*36s %11s %n", reason, &at) != 1 || at == 0 ||
		    (start ? strncmp(line, start, strlen(start)) : strcmp(line + at, name)) != 0)
			continue;
		*ret_reason = (unsigned int)strtoul(reason, &end, 10);
		found = *end == '\0';
	}
	return found;
}

int domain_ended_find(const struct domain_ctx *ctx, uint16_t domid, const uint8_t uuid[16],
		      unsigned int *ret_reason)
{
	char text_uuid[DOMAIN_UUID_TEXT], start[64];

	domain_uuid_format(uuid, text_uuid);
	snprintf(start, sizeof(start), "%u %s ", domid, text_uuid);
	return find(ctx, start, NULL, ret_reason);
}

int domain_ended_called(const struct domain_ctx *ctx, const char *name, unsigned int *ret_reason)
{
	return find(ctx, NULL, name, ret_reason);
}
