/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct domain_disk as an object: copy, release, and the words of its fields. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xentools/domain_config.h"

void domain_disk_clear(struct domain_disk *disk)
{
	free(disk->source);
	free(disk->script);
	free(disk->backend_domain);
	*disk = (struct domain_disk){ .source = NULL };
}

static bool copy_string(char **dst, const char *src)
{
	*dst = src != NULL ? strdup(src) : NULL;
	return *dst != NULL || src == NULL;
}

/* Deep copy into an uninitialised *dst; 0 or -ENOMEM, then *dst is empty. */
int domain_disk_copy(struct domain_disk *dst, const struct domain_disk *src)
{
	bool ok;

	*dst = *src;
	ok = copy_string(&dst->source, src->source);
	ok &= copy_string(&dst->script, src->script);
	ok &= copy_string(&dst->backend_domain, src->backend_domain);
	if (ok)
		return 0;
	domain_disk_clear(dst);
	return -ENOMEM;
}

const char *disk_format_name(enum disk_format format)
{
	static const char *const names[] = { "raw", "qcow2", "qcow", "vpc" };

	return names[format];
}
