/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct domain_disk as an object: copy, release, and the words of its fields. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xentools/domain_config.h"

void domain_disk_clear(struct domain_disk *disk)
{
	free(disk->source);
	free(disk->backend_domain);
	*disk = (struct domain_disk){ .source = NULL };
}

/* Deep copy into an uninitialised *dst; 0 or -ENOMEM, then *dst is empty. */
int domain_disk_copy(struct domain_disk *dst, const struct domain_disk *src)
{
	*dst = *src;
	dst->source = src->source != NULL ? strdup(src->source) : NULL;
	dst->backend_domain = src->backend_domain != NULL ? strdup(src->backend_domain) : NULL;
	if ((src->source == NULL || dst->source != NULL) &&
	    (src->backend_domain == NULL || dst->backend_domain != NULL))
		return 0;
	domain_disk_clear(dst);
	return -ENOMEM;
}

const char *disk_format_name(enum disk_format format)
{
	static const char *const names[] = { "raw", "qcow2", "qcow", "vpc" };

	return names[format];
}
