/* SPDX-License-Identifier: MIT */
/*
 * Xenstore's protocol: message types, the header of each message, limits, names of errors, and the
 * ring page for clients that have no socket. Bodies are NUL-separated texts; headers are little
 * endian.
 */
#ifndef XEN_PUBLIC_IO_XS_WIRE_H
#define XEN_PUBLIC_IO_XS_WIRE_H

#include <stdint.h>

enum xsd_sockmsg_type {
	XS_CONTROL = 0,
	XS_DIRECTORY = 1,
	XS_READ = 2,
	XS_GET_PERMS = 3,
	XS_WATCH = 4,
	XS_UNWATCH = 5,
	XS_TRANSACTION_START = 6,
	XS_TRANSACTION_END = 7,
	XS_INTRODUCE = 8,
	XS_RELEASE = 9,
	XS_GET_DOMAIN_PATH = 10,
	XS_WRITE = 11,
	XS_MKDIR = 12,
	XS_RM = 13,
	XS_SET_PERMS = 14,
	XS_WATCH_EVENT = 15,
	XS_ERROR = 16,
	XS_IS_DOMAIN_INTRODUCED = 17,
	XS_RESUME = 18,
	XS_SET_TARGET = 19,
	/* 20 is no longer used */
	XS_RESET_WATCHES = 21,
	XS_DIRECTORY_PART = 22,

	XS_TYPE_COUNT,			/* one more than the last */

	XS_INVALID = 0xffff,		/* never a valid type */
};

#define XS_DEBUG		XS_CONTROL

/* Flags of the write request of old. */
#define XS_WRITE_NONE		"NONE"
#define XS_WRITE_CREATE		"CREATE"
#define XS_WRITE_CREATE_EXCL	"CREATE|EXCL"

struct xsd_sockmsg {
	uint32_t type;			/* enum xsd_sockmsg_type */
	uint32_t req_id;		/* chosen by the client, returned in the answer */
	uint32_t tx_id;			/* transaction, or 0 */
	uint32_t len;			/* bytes that follow */
};

/* Texts of a watch event, in order. */
enum xs_watch_type {
	XS_WATCH_PATH = 0,
	XS_WATCH_TOKEN = 1,
};

/*
 * Errors travel by name. A table is made with `#define ROW(e) { e, #e },` and XSD_ERROR_LIST(ROW),
 * by a file that has the error numbers.
 */
struct xsd_errors {
	int errnum;
	const char *errstring;
};

#define XSD_ERROR_LIST(X)	\
	X(EINVAL)		\
	X(EACCES)		\
	X(EEXIST)		\
	X(EISDIR)		\
	X(ENOENT)		\
	X(ENOMEM)		\
	X(ENOSPC)		\
	X(EIO)			\
	X(ENOTEMPTY)		\
	X(ENOSYS)		\
	X(EROFS)		\
	X(EBUSY)		\
	X(EAGAIN)		\
	X(EISCONN)		\
	X(E2BIG)		\
	X(EPERM)

#define XENSTORE_PAYLOAD_MAX	4096
#define XENSTORE_ABS_PATH_MAX	3072
#define XENSTORE_REL_PATH_MAX	2048

#define XENSTORE_RING_SIZE	1024
typedef uint32_t XENSTORE_RING_IDX;
#define MASK_XENSTORE_IDX(idx)	((idx) & (XENSTORE_RING_SIZE - 1))

struct xenstore_domain_interface {
	char req[XENSTORE_RING_SIZE];	/* client to store */
	char rsp[XENSTORE_RING_SIZE];	/* store to client: answers and watch events */
	XENSTORE_RING_IDX req_cons, req_prod;
	XENSTORE_RING_IDX rsp_cons, rsp_prod;
	uint32_t server_features;	/* XENSTORE_SERVER_FEATURE_* */
	uint32_t connection;		/* XENSTORE_CONNECTED, XENSTORE_RECONNECT */
	uint32_t error;			/* XENSTORE_ERROR_* */
};

#define XENSTORE_SERVER_FEATURE_RECONNECTION	1
#define XENSTORE_SERVER_FEATURE_ERROR		2

#define XENSTORE_CONNECTED	0
#define XENSTORE_RECONNECT	1

#define XENSTORE_ERROR_NONE	0
#define XENSTORE_ERROR_COMM	1	/* communication problem */
#define XENSTORE_ERROR_RINGIDX	2	/* impossible ring index */
#define XENSTORE_ERROR_PROTO	3	/* violation of the protocol */

#endif /* XEN_PUBLIC_IO_XS_WIRE_H */
