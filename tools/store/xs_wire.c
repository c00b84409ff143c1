/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xenstore's wire format as pure functions: names of messages and errors, strings inside a body,
 * the text form of permissions. Built into the client library and into the daemon, so that both
 * ends read the same rules.
 */
#include <errno.h>
#include <string.h>

#include <xentools/macros.h>
#include <xentools/parse_num.h>
#include <xentools/str_table.h>
#include <xentools/strbuf.h>
#include <xentools/xs_wire.h>

_Static_assert(sizeof(struct xs_wire_header) == XS_WIRE_HEADER_SIZE, "struct xsd_sockmsg");

static const char *const type_names[XS_TYPE_COUNT] = {
	[XS_CONTROL] = "control",
	[XS_DIRECTORY] = "directory",
	[XS_READ] = "read",
	[XS_GET_PERMS] = "get-perms",
	[XS_WATCH] = "watch",
	[XS_UNWATCH] = "unwatch",
	[XS_TRANSACTION_START] = "transaction-start",
	[XS_TRANSACTION_END] = "transaction-end",
	[XS_INTRODUCE] = "introduce",
	[XS_RELEASE] = "release",
	[XS_GET_DOMAIN_PATH] = "get-domain-path",
	[XS_WRITE] = "write",
	[XS_MKDIR] = "mkdir",
	[XS_RM] = "rm",
	[XS_SET_PERMS] = "set-perms",
	[XS_WATCH_EVENT] = "watch-event",
	[XS_ERROR] = "error",
	[XS_IS_DOMAIN_INTRODUCED] = "is-domain-introduced",
	[XS_RESUME] = "resume",
	[XS_SET_TARGET] = "set-target",
	[XS_RESET_WATCHES] = "reset-watches",
	[XS_DIRECTORY_PART] = "directory-part",
};

/* The errors that the protocol knows by name; the first row is the answer for all others. */
static const struct str_row error_names[] = {
	{ "EINVAL", EINVAL },
	{ "EACCES", EACCES },
	{ "EEXIST", EEXIST },
	{ "EISDIR", EISDIR },
	{ "ENOENT", ENOENT },
	{ "ENOMEM", ENOMEM },
	{ "ENOSPC", ENOSPC },
	{ "EIO", EIO },
	{ "ENOTEMPTY", ENOTEMPTY },
	{ "ENOSYS", ENOSYS },
	{ "EROFS", EROFS },
	{ "EBUSY", EBUSY },
	{ "EAGAIN", EAGAIN },
	{ "EISCONN", EISCONN },
	{ "E2BIG", E2BIG },
	{ "EPERM", EPERM },
};

const char *xs_wire_type_name(uint32_t type)
{
	return type < XS_TYPE_COUNT && type_names[type] ? type_names[type] : "unknown";
}

const char *xs_wire_error_name(int errnum)
{
	const char *name = str_table_name(error_names, ARRAY_SIZE(error_names),
					  errnum < 0 ? -errnum : errnum);

	return name ? name : error_names[0].name;
}

int xs_wire_error_number(const char *name)
{
	int value = EINVAL;

	if (str_table_value(error_names, ARRAY_SIZE(error_names), name, &value))
		return EINVAL;
	return value;
}

size_t xs_wire_strings(const char *body, size_t len, const char **strings, size_t max,
		       size_t *ret_rest)
{
	size_t n = 0, pos = 0;

	while (n < max && pos < len) {
		const char *nul = memchr(body + pos, '\0', len - pos);

		if (!nul)
			break;
		strings[n++] = body + pos;
		pos = (size_t)(nul - body) + 1;
	}
	if (ret_rest)
		*ret_rest = pos;
	return n;
}

bool xs_wire_exactly(const char *body, size_t len, const char **strings, size_t n)
{
	size_t rest;

	return xs_wire_strings(body, len, strings, n, &rest) == n && rest == len;
}

static const char access_letters[] = "nrwb";

int xs_wire_perm_parse(const char *text, struct xs_perm *ret)
{
	const char *letter = *text ? strchr(access_letters, *text) : NULL;
	uint32_t domid;

	if (!letter || parse_domid(text + 1, &domid))
		return -EINVAL;
	ret->access = (enum xs_access)(letter - access_letters);
	ret->domid = domid;
	return 0;
}

size_t xs_wire_perm_format(const struct xs_perm *perm, char *text)
{
	char digits[U64_TEXT];

	text[0] = access_letters[perm->access & 3];
	strcpy(text + 1, u64_text(perm->domid, digits));
	return strlen(text);
}
