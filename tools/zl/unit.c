/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain as a unit of systemd (zl start --unit): the manager is told when it runs, and the
 * program stays for as long as the domain lives, over all its reboots.
 */
#include "zl.h"

#include <sys/socket.h>
#include <sys/un.h>

/* systemd's protocol: a datagram to the socket that the environment names. None: nothing to do. */
static void notify(const char *text)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path != NULL ? strlen(path) : 0;
	_cleanup_close_ int fd = -1;

	if (len < 2 || len >= sizeof(a.sun_path))
		return;
	memcpy(a.sun_path, path, len);
	if (path[0] == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

/* Until it is gone and nobody brings it back; the exit code tells how it ended. */
int zl_unit_stay(struct zl *zl, const struct domain_config *cfg, uint16_t domid, int signals,
		 struct zerr **err)
{
	char uuid[DOMAIN_UUID_TEXT + 5] = "uuid=";
	struct domain_end end;

	domain_uuid_format(cfg->uuid, uuid + 5);
	notify("READY=1");
	do {
		end = (struct domain_end){ .known = false };
		if (domain_wait(&zl->ctx, domid, DOMAIN_WAIT_GONE, -1, signals, &end, err) < 0)
			return -1;
		zl_find_end(zl, domid, cfg->uuid, &end);
		/* One that the monitor is about to start again is waited for. */
	} while (domain_resolve(&zl->ctx, uuid, &domid, NULL) == 0);
	notify("STOPPING=1");
	zl_note_end(zl, cfg->name, &end);
	return zl_end_code(&end);
}
