/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of CPU pools. The hypervisor knows ids alone; a pool's name is in /local/pool/ID/name,
 * where Xen's tools look too. Pool 0 is Pool-0 also without a store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/cleanup.h>
#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/parse_num.h>
#include <xentools/xs.h>

/* The name of a pool, malloc'd: "Pool-ID" when it has none. NULL: no memory. */
char *domain_pool_name(struct domain_ctx *ctx, uint32_t id)
{
	char path[DOMAIN_POOL_PATH], *name = NULL;

	domain_pool_path(id, "/name", path);
	if (ctx->xs != NULL && xs_read(ctx->xs, XS_NO_TX, path, &name, NULL, NULL) == 1)
		return name;
	free(name);
	snprintf(path, sizeof(path), "Pool-%u", id);
	return strdup(path);
}

/* Where the store keeps a pool, and what is below. */
void domain_pool_path(uint32_t id, const char *rel, char path[DOMAIN_POOL_PATH])
{
	snprintf(path, DOMAIN_POOL_PATH, "/local/pool/%u%s", id, rel);
}

/* The pool with a name or an id; NULL: the first. Class ZERR_NOT_FOUND when there is none. */
int domain_pool_find(struct domain_ctx *ctx, const char *text, struct hyp_cpupool *ret,
		 struct zerr **err)
{
	uint32_t number = 0, id;
	bool is_number = text != NULL && parse_u32(text, 0, UINT32_MAX, &number) == 0;
	int rc;

	for (id = 0; (rc = hyp_cpupool_info(ctx->hyp, id, ret, err)) == 1; id = ret->id + 1) {
		if (text == NULL)
			return 0;
		_cleanup_free_ char *name = domain_pool_name(ctx, ret->id);

		if ((name != NULL && strcmp(name, text) == 0) || (is_number && ret->id == number))
			return 0;
	}
	if (rc == 0) {
		zerr_set(err, ZERR_NOT_FOUND, "E709", 0, "there is no CPU pool \"%s\"", text);
		zerr_hint(err, "zl cpupool-list shows the pools");
	}
	return -1;
}
