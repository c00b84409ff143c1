/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of <clock> as seconds to add to the host's UTC; the C library knows the time zones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xentools/cleanup.h"
#include "xentools/domain_config.h"

/* What local time is ahead of UTC, by the environment's TZ. */
static int64_t local_offset(int64_t now)
{
	time_t t = (time_t)now;
	struct tm tm;

	tzset();
	return localtime_r(&t, &tm) != NULL ? tm.tm_gmtoff : 0;
}

static int zone_offset(const char *zone, int64_t now, int64_t *ret)
{
	_cleanup_free_ char *file = NULL, *value = NULL, *before = NULL;
	const char *old = getenv("TZ");

	if (asprintf(&file, "/usr/share/zoneinfo/%s", zone) < 0)
		return -ENOMEM;
	if (access(file, R_OK) != 0)
		return -ENOENT;
	before = old != NULL ? strdup(old) : NULL;
	if (asprintf(&value, ":%s", zone) < 0 || (old != NULL && before == NULL) ||
	    setenv("TZ", value, 1) != 0)
		return -ENOMEM;
	*ret = local_offset(now);
	if (before != NULL)
		(void)setenv("TZ", before, 1);
	else
		(void)unsetenv("TZ");
	tzset();
	return 0;
}

/* Seconds to add to UTC; see domain_config.h. */
int domain_config_clock(const struct domain_config *cfg, int64_t now, int64_t *ret)
{
	switch (cfg->clock) {
	case DOMAIN_CLOCK_UTC:
		*ret = 0;
		return 0;
	case DOMAIN_CLOCK_LOCALTIME:
		*ret = local_offset(now);
		return 0;
	case DOMAIN_CLOCK_TIMEZONE:
		return zone_offset(cfg->timezone, now, ret);
	case DOMAIN_CLOCK_VARIABLE:
		*ret = cfg->clock_seconds + (cfg->clock_local ? local_offset(now) : 0);
		return 0;
	case DOMAIN_CLOCK_ABSOLUTE:
		*ret = cfg->clock_seconds - now;
		return 0;
	}
	return -EINVAL;
}
