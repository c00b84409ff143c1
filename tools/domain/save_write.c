/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A saved domain's file, written: a magic number, then records of type, flags, length and checksum,
 * each followed by its bytes. save_read.c reads it.
 */
#include <string.h>
#include <sys/uio.h>
#include <zlib.h>

#include "tools/domain/domain_priv.h"
#include "tools/domain/save_file.h"

const char *const save_packing_names[SAVE_PACKINGS] = { "none", "zlib" };

static int put(struct save_out *o, const void *data, size_t len, struct zerr **err)
{
	int rc = o->write ? o->write(o->arg, data, len, err) : fd_write_all(o->fd, data, len);

	if (rc < 0)
		return o->write ? -1 : domain_file_error(err, "write", o->path, -rc);
	o->bytes += len;
	return 0;
}

/* One record; its bytes may come in two pieces. */
static int put_record(struct save_out *o, enum save_type type, const void *first, size_t n,
		      const void *data, size_t len, struct zerr **err)
{
	struct save_frame f = { .type = type, .length = (uint32_t)(n + len) };

	if (n + len > SAVE_RECORD_MAX)
		return zerr_set(err, ZERR_NO_RESOURCES, "E516", 0,
				"record %u of %s would have %zu bytes", type, o->path, n + len);
	f.crc = save_crc(&f, first, n, data, len);
	if (put(o, &f, sizeof(f), err) != 0 || (n > 0 && put(o, first, n, err) != 0))
		return -1;
	return len > 0 ? put(o, data, len, err) : 0;
}

int save_out_begin(struct save_out *o, const struct save_header *h, struct zerr **err)
{
	if (put(o, SAVE_MAGIC, SAVE_MAGIC_LEN, err) != 0)
		return -1;
	return put_record(o, SAVE_HEADER, NULL, 0, h, sizeof(*h), err);
}

int save_out_record(struct save_out *o, enum save_type type, const void *data, size_t len,
		    struct zerr **err)
{
	return put_record(o, type, NULL, 0, data, len, err);
}

/* A run of pages. What does not become smaller goes as it is. */
static int put_run(struct save_out *o, uint64_t gfn, size_t nr, const uint8_t *mem, bool zeros,
		   struct zerr **err)
{
	struct save_run run = { .gfn = gfn, .count = (uint32_t)nr,
				.packing = zeros ? SAVE_ZEROS : SAVE_PLAIN };
	enum save_type type = o->early ? SAVE_EARLY : SAVE_PAGES;
	size_t len = zeros ? 0 : nr * SAVE_PAGE;
	uLongf packed = compressBound(SAVE_BATCH * SAVE_PAGE);

	if (zeros || o->packing == SAVE_PLAIN)
		return put_record(o, type, &run, sizeof(run), mem, len, err);
	if (!o->packed && !(o->packed = malloc(packed)))
		return zerr_no_memory(err);
	if (compress2(o->packed, &packed, mem, len, Z_BEST_SPEED) != Z_OK || packed >= len)
		return put_record(o, type, &run, sizeof(run), mem, len, err);
	run.packing = SAVE_ZLIB;
	return put_record(o, type, &run, sizeof(run), o->packed, packed, err);
}

bool save_page_is_zero(const void *page)
{
	const uint8_t *p = page;

	return p[0] == 0 && memcmp(p, p + 1, SAVE_PAGE - 1) == 0;
}

int save_out_pages(struct save_out *o, uint64_t gfn, size_t nr, const void *mem,
		   struct zerr **err)
{
	const uint8_t *p = mem;

	for (size_t from = 0, i; from < nr; from = i) {
		bool zeros = save_page_is_zero(p + from * SAVE_PAGE);

		for (i = from + 1; i < nr && save_page_is_zero(p + i * SAVE_PAGE) == zeros; i++)
			;
		if ((!zeros || o->zeros) && put_run(o, gfn + from, i - from, p + from * SAVE_PAGE,
						    zeros, err) != 0)
			return -1;
	}
	return 0;
}

void save_out_free(struct save_out *o)
{
	free(o->packed);
	o->packed = NULL;
}

/* Nodes that a guest's kernel or its services write once, and what the toolstack told it. */
bool save_store_keeps(const char *rel)
{
	static const char *const below[] = { "control/feature-", "data/", "attr/", "feature/",
					     "drivers/" };
	unsigned int cpu;
	int end = 0;

	for (size_t i = 0; i < ARRAY_SIZE(below); i++)
		if (strncmp(rel, below[i], strlen(below[i])) == 0)
			return true;
	return strcmp(rel, "memory/target") == 0 || strcmp(rel, "memory/static-max") == 0 ||
	       (sscanf(rel, "cpu/%3u/availability%n", &cpu, &end) == 1 && end > 0 &&
		rel[end] == '\0');
}

/* A value with a NUL in it ends there, as it does for whoever reads it. */
int save_store_add(struct strbuf *sb, const char *path, const char *value)
{
	struct save_node n = { .path = (uint16_t)strlen(path), .value = (uint16_t)strlen(value) };

	strbuf_add(sb, &n, sizeof(n));
	strbuf_add(sb, path, n.path);
	strbuf_add(sb, value, n.value);
	return sb->failed ? -1 : 0;
}
