/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings that the configuration keeps: absolute paths, single lines, free text. Control characters
 * were refused by the walk, but tabs and line ends, which only free text may hold.
 */
#include <limits.h>
#include <sys/stat.h>

#include "field_table.h"
#include "xentools/fd_util.h"

static void keep(struct reader *r, const char *text, void *dst)
{
	char *copy = strdup(text);

	if (copy == NULL) {
		r->rc = -ENOMEM;
		return;
	}
	free(*(char **)dst);
	*(char **)dst = copy;
}

static bool one_line(struct reader *r, const struct xml_node *node, const struct field_row *row,
		     const char *text)
{
	if (strpbrk(text, "\n\r\t") == NULL)
		return true;
	field_error(r, node, field_attr(row), row->code ? row->code : "E107", NULL,
		    "line breaks and tabs are not allowed");
	return false;
}

/* Is there a file that a start could read? */
static void check_file(struct reader *r, const struct xml_node *node, const struct field_row *row,
		       const char *path)
{
	const struct field_range *size = row->arg;
	const char *code = row->code ? row->code : "E365";
	struct stat st;
	_cleanup_close_ int fd = fd_open_regular(path, &st);

	if (fd == -EINVAL)
		field_error(r, node, field_attr(row), code, NULL, "\"%.200s\" is no file", path);
	else if (fd < 0)
		field_error(r, node, field_attr(row), code, NULL, "cannot read \"%.200s\": %s",
			    path, strerror(-fd));
	else if (size != NULL && (uint64_t)st.st_size > size->max)
		field_error(r, node, field_attr(row), code, NULL,
			    "\"%.200s\" is larger than %" PRIu64 " bytes", path, size->max);
}

FIELD_PARSER(parse_path)
{
	const char *code = row->code ? row->code : "E365", *text = field_trim(r, value);
	const char *base = r->opt != NULL ? r->opt->base_dir : NULL;
	_cleanup_free_ char *joined = NULL;

	if (text == NULL || !one_line(r, node, row, text))
		return;
	if (base != NULL && text[0] != '/' && text[0] != '\0' &&
	    asprintf(&joined, "%s/%s", base, text) > 0)
		text = joined;
	if (text[0] == '\0')
		field_error(r, node, field_attr(row), code, row->hint, "the path is empty");
	else if (text[0] != '/')
		field_error(r, node, field_attr(row), code, row->hint,
			    "\"%.200s\" is not an absolute path", text);
	else if (text[1] == '\0')
		field_error(r, node, field_attr(row), code, row->hint, "\"/\" is no file");
	else if (strlen(text) >= PATH_MAX)
		field_error(r, node, field_attr(row), code, row->hint,
			    "the path is longer than %d bytes", PATH_MAX - 1);
	else
		keep(r, text, dst);
	if (text[0] == '/' && (row->flags & FIELD_FILE) && r->opt != NULL &&
	    (r->opt->flags & CONFIG_HOST))
		check_file(r, node, row, text);
}

FIELD_PARSER(parse_line)
{
	const char *text = field_trim(r, value);

	if (text != NULL && one_line(r, node, row, text))
		keep(r, text, dst);
}

FIELD_PARSER(parse_text)
{
	keep(r, value, dst);
}

const struct field_type type_path = { "absolute path", parse_path };
const struct field_type type_line = { "line of text", parse_line };
const struct field_type type_text = { "text", parse_text };
