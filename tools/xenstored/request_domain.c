/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages about domains: introduce, release, resume, target, home, and whether one is known.
 */
#include <errno.h>

#include <xentools/parse_num.h>

#include "domain.h"
#include "request.h"

static int only_domid(struct request *req, uint32_t *ret)
{
	const char *text;

	if (request_one_string(req, &text) || parse_domid(text, ret))
		return -EINVAL;
	return 0;
}

/* The frame number must be one, but the ring is found by its grant. */
int request_introduce(struct request *req)
{
	const char *strings[3];
	uint32_t domid, port;
	uint64_t gfn;

	if (!xs_wire_exactly(req->body, req->len, strings, 3) || parse_domid(strings[0], &domid) ||
	    parse_u64(strings[1], 0, UINT64_MAX, &gfn) ||
	    parse_u32(strings[2], 1, UINT32_MAX, &port) || domid == 0)
		return -EINVAL;
	return domain_introduce(req->server, domid, port);
}

int request_release(struct request *req)
{
	uint32_t domid;
	int rc = only_domid(req, &domid);

	return rc ? rc : domain_release(req->server, domid);
}

int request_resume(struct request *req)
{
	uint32_t domid;
	int rc = only_domid(req, &domid);

	return rc ? rc : domain_resumed(req->server, domid);
}

int request_set_target(struct request *req)
{
	const char *strings[2];
	uint32_t domid, target;

	if (!xs_wire_exactly(req->body, req->len, strings, 2) ||
	    parse_domid(strings[0], &domid) || parse_domid(strings[1], &target))
		return -EINVAL;
	return domain_set_target(req->server, domid, target);
}

int request_get_domain_path(struct request *req)
{
	char home[XS_PATH_HOME_MAX];
	uint32_t domid;
	int rc = only_domid(req, &domid);

	if (!rc)
		strbuf_add(&req->reply, home, xs_path_home(domid, home) + 1);
	return rc;
}

int request_is_introduced(struct request *req)
{
	uint32_t domid;
	int rc = only_domid(req, &domid);

	if (!rc)
		strbuf_add(&req->reply,
			   domid == 0 || domain_find(req->server, domid) ? "T" : "F", 2);
	return rc;
}
