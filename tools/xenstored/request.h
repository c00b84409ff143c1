/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message being carried out. Handlers return 0, with the answer's body in `reply` (empty
 * means "OK"), or a negative errno that the client gets by name.
 */
#ifndef XENSTORED_REQUEST_H
#define XENSTORED_REQUEST_H

#include <xentools/strbuf.h>
#include <xentools/xs_path.h>

#include "connection.h"

struct request {
	struct connection *conn;
	struct server *server;
	struct store *store;
	const struct cred *cred;
	const struct xs_wire_header *header;
	const char *body;
	size_t len;
	struct tx *tx;			/* or NULL */
	struct strbuf reply;
	bool replied;
	char path_buf[XS_PATH_ABS_MAX];
};

/* The body is exactly one string: 0 or -EINVAL. */
int request_one_string(const struct request *req, const char **ret);
/* Check a path and make it absolute. */
int request_path(struct request *req, const char *text, const char **ret);
/* Answer now, before the events that the rest of the handler causes. */
int request_ack(struct request *req);

/* request_domain.c, request_control.c */
int request_introduce(struct request *req);
int request_release(struct request *req);
int request_resume(struct request *req);
int request_set_target(struct request *req);
int request_get_domain_path(struct request *req);
int request_is_introduced(struct request *req);
int request_control(struct request *req);

#endif
