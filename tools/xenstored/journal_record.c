/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of records and frames. Integers are the machine's own: a journal never leaves the machine,
 * nor outlives its run. The checksum covers a frame's length too, so that a torn or foreign tail is
 * not taken for a frame.
 */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "journal_record.h"

#define BOOT_ID_MAX 40

struct file_header {
	char magic[8];
	uint32_t version, zero;
	char boot_id[BOOT_ID_MAX];
};

struct frame_head {
	uint32_t crc;		/* of len and the records */
	uint32_t len;		/* of the records */
};

struct record_head {
	uint32_t type, a, b, c;
	uint32_t len[JREC_STRINGS];
};

static const char magic[8] = "ZXSTORE";

void jrec_add(struct strbuf *out, const struct jrec *rec)
{
	struct record_head head = { (uint32_t)rec->type, rec->a, rec->b, rec->c, { 0 } };

	for (size_t i = 0; i < JREC_STRINGS; i++)
		head.len[i] = (uint32_t)rec->s[i].len;
	strbuf_add(out, &head, sizeof(head));
	for (size_t i = 0; i < JREC_STRINGS; i++)
		if (rec->s[i].len)
			strbuf_add(out, rec->s[i].p, rec->s[i].len);
}

int jrec_next(const char *buf, size_t len, size_t *pos, struct jrec *ret)
{
	struct record_head head;
	size_t at = *pos;

	if (at == len)
		return 0;
	if (len - at < sizeof(head))
		return -EPROTO;
	memcpy(&head, buf + at, sizeof(head));
	at += sizeof(head);
	if (!head.type || head.type >= JREC_TYPES)
		return -EPROTO;
	*ret = (struct jrec){ (enum jrec_type)head.type, head.a, head.b, head.c, { { NULL, 0 } } };
	for (size_t i = 0; i < JREC_STRINGS; i++) {
		if (len - at < head.len[i])
			return -EPROTO;
		ret->s[i].p = buf + at;
		ret->s[i].len = head.len[i];
		at += head.len[i];
	}
	*pos = at;
	return 1;
}

static void make_header(struct file_header *header, const char *boot_id, uint32_t version)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->magic, magic, sizeof(magic));
	header->version = version;
	memcpy(header->boot_id, boot_id, strnlen(boot_id, BOOT_ID_MAX));
}

void journal_add_header(struct strbuf *out, const char *boot_id)
{
	struct file_header header;

	make_header(&header, boot_id, JOURNAL_VERSION);
	strbuf_add(out, &header, sizeof(header));
}

bool journal_is_ours(const char *buf, size_t len, const char *boot_id, size_t *ret_pos)
{
	struct file_header header;

	*ret_pos = sizeof(header);
	for (uint32_t version = 1; version <= JOURNAL_VERSION && len >= sizeof(header); version++) {
		make_header(&header, boot_id, version);
		if (!memcmp(buf, &header, sizeof(header)))
			return true;
	}
	return false;
}

bool journal_is_whole(const char *buf, size_t len, size_t pos)
{
	struct file_header header;
	const char *records;
	struct jrec rec;
	size_t n, at;

	memcpy(&header, buf, sizeof(header));
	if (header.version == 1)
		return true;		/* or not: it does not tell */
	while (journal_frame_next(buf, len, &pos, &records, &n))
		for (at = 0; jrec_next(records, n, &at, &rec) == 1;)
			if (rec.type == JREC_WHOLE)
				return true;
	return false;
}

static uint32_t checksum(const struct frame_head *head, const char *records)
{
	uLong crc = crc32(0, (const Bytef *)&head->len, sizeof(head->len));

	return (uint32_t)crc32(crc, (const Bytef *)records, head->len);
}

void journal_frame_begin(struct strbuf *out)
{
	const struct frame_head head = { 0, 0 };

	strbuf_add(out, &head, sizeof(head));
}

void journal_frame_end(struct strbuf *out)
{
	struct frame_head head = { 0, (uint32_t)(out->len - sizeof(head)) };

	head.crc = checksum(&head, out->buf + sizeof(head));
	memcpy(out->buf, &head, sizeof(head));
}

bool journal_frame_next(const char *buf, size_t len, size_t *pos, const char **ret,
			size_t *ret_len)
{
	struct frame_head head;

	if (len - *pos < sizeof(head))
		return false;
	memcpy(&head, buf + *pos, sizeof(head));
	if (!head.len || len - *pos - sizeof(head) < head.len ||
	    head.crc != checksum(&head, buf + *pos + sizeof(head)))
		return false;
	*ret = buf + *pos + sizeof(head);
	*ret_len = head.len;
	*pos += sizeof(head) + head.len;
	return true;
}
