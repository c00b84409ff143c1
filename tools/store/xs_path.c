/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Path rules of xenstore: which characters, how long, what is below what. Pure functions, built
 * into the client library and into the daemon.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xentools/xs_path.h>

static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '/' || c == '_' || c == '@';
}

bool xs_path_is_special(const char *path)
{
	return path[0] == '@';
}

bool xs_path_is_absolute(const char *path)
{
	return path[0] == '/';
}

bool xs_path_is_valid(const char *path)
{
	size_t max = xs_path_is_absolute(path) ? XS_PATH_ABS_MAX : XS_PATH_REL_MAX;
	size_t i;

	for (i = 0; path[i]; i++) {
		if (i >= max || !is_path_char(path[i]))
			return false;
		if (path[i] == '/' && path[i + 1] == '/')
			return false;
	}
	if (i == 0 || i >= max || path[0] == '@')
		return false;
	return i == 1 || path[i - 1] != '/';
}

size_t xs_path_home(uint32_t domid, char *buf)
{
	return (size_t)snprintf(buf, XS_PATH_HOME_MAX, "/local/domain/%u", domid);
}

bool xs_path_is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (n == 1)
		return path[0] == '/';
	return !strncmp(path, top, n) && (path[n] == '\0' || path[n] == '/');
}

size_t xs_path_parent_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash || !path[1])
		return 0;
	return slash == path ? 1 : (size_t)(slash - path);
}

const char *xs_path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int xs_path_resolve(const char *path, uint32_t domid, char buf[XS_PATH_ABS_MAX],
		    const char **ret)
{
	size_t home_len;

	if (!xs_path_is_valid(path))
		return -EINVAL;
	*ret = path;
	if (xs_path_is_absolute(path))
		return 0;
	home_len = xs_path_home(domid, buf);
	snprintf(buf + home_len, XS_PATH_ABS_MAX - home_len, "/%s", path);
	*ret = buf;
	return 0;
}
