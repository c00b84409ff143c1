/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system in memory: ISO 9660 level 2 with a few files in its root, as systems read it from
 * a CD (ECMA-119). Names are written in capitals with a version, which readers undo: NAME.;1 is
 * read as name. No dates, no directories, no extensions. Numbers in it stand in both byte orders.
 */
#include <ctype.h>

#include "tools/domain/domain_priv.h"

#define SECTOR 2048u
enum { DESCRIPTOR = 16, TERMINATOR, TABLE_LE, TABLE_BE, ROOT, FIRST_FILE };	/* sectors */
#define RECORD 33u			/* bytes of a directory record before the name */
#define ROOT_RECORD 156u		/* in the descriptor */
#define TABLE_SIZE 10u
#define FLAG_DIRECTORY 2

static void put_le(uint8_t *p, uint32_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static void put_be(uint8_t *p, uint32_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		p[bytes - 1 - i] = (uint8_t)(value >> (8 * i));
}

static void put_both(uint8_t *p, uint32_t value, unsigned int bytes)
{
	put_le(p, value, bytes);
	put_be(p + bytes, value, bytes);
}

/* Text that fills its field with blanks. */
static void put_text(uint8_t *p, const char *text, size_t size)
{
	size_t len = strlen(text);

	memset(p, ' ', size);
	memcpy(p, text, len < size ? len : size);
}

static size_t sectors(size_t bytes)
{
	return (bytes + SECTOR - 1) / SECTOR;
}

/* A directory record; returns its length, which is even. */
static size_t put_record(uint8_t *p, uint32_t sector, size_t size, uint8_t flags, const char *name,
			 size_t len)
{
	size_t total = (RECORD + len + 1) & ~(size_t)1;

	p[0] = (uint8_t)total;
	put_both(p + 2, sector, 4);
	put_both(p + 10, (uint32_t)size, 4);
	p[25] = flags;
	put_both(p + 28, 1, 2);			/* of the volume set */
	p[32] = (uint8_t)len;
	memcpy(p + RECORD, name, len);
	return total;
}

static void put_descriptors(uint8_t *image, const char *label, size_t total)
{
	static const struct {
		unsigned int at, size;
	} blank[] = { { 8, 32 }, { 190, 128 }, { 318, 128 }, { 446, 128 }, { 574, 128 },
		      { 702, 37 }, { 739, 37 }, { 776, 37 } };
	static const unsigned int dates[] = { 813, 830, 847, 864 };
	uint8_t *d = image + DESCRIPTOR * SECTOR;

	memcpy(d, "\1CD001\1", 7);
	for (size_t i = 0; i < sizeof(blank) / sizeof(blank[0]); i++)
		put_text(d + blank[i].at, "", blank[i].size);
	put_text(d + 40, label, 32);
	put_both(d + 80, (uint32_t)total, 4);
	put_both(d + 120, 1, 2);
	put_both(d + 124, 1, 2);
	put_both(d + 128, SECTOR, 2);
	put_both(d + 132, TABLE_SIZE, 4);
	put_le(d + 140, TABLE_LE, 4);
	put_be(d + 148, TABLE_BE, 4);
	put_record(d + ROOT_RECORD, ROOT, SECTOR, FLAG_DIRECTORY, "", 1);
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
		memset(d + dates[i], '0', 16);
	d[881] = 1;
	memcpy(image + TERMINATOR * SECTOR, "\377CD001\1", 7);
	image[TABLE_LE * SECTOR] = image[TABLE_BE * SECTOR] = 1;
	put_le(image + TABLE_LE * SECTOR + 2, ROOT, 4);
	put_be(image + TABLE_BE * SECTOR + 2, ROOT, 4);
	put_le(image + TABLE_LE * SECTOR + 6, 1, 2);
	put_be(image + TABLE_BE * SECTOR + 6, 1, 2);
}

/*
 * Make the image, malloc'd and *ret_size bytes large; NULL: no memory. Files are sorted by name;
 * there is room for some thirty.
 */
uint8_t *iso9660_make(const char *label, const struct iso_file *files, size_t n, size_t *ret_size)
{
	size_t total = FIRST_FILE, at = FIRST_FILE, used, len;
	char name[40];
	uint8_t *image, *root;

	for (size_t i = 0; i < n; i++)
		total += sectors(files[i].size);
	image = calloc(total, SECTOR);
	if (!image)
		return NULL;
	put_descriptors(image, label, total);
	root = image + ROOT * SECTOR;
	used = put_record(root, ROOT, SECTOR, FLAG_DIRECTORY, "", 1);
	used += put_record(root + used, ROOT, SECTOR, FLAG_DIRECTORY, "\1", 1);
	for (size_t i = 0; i < n; i++) {
		for (len = 0; files[i].name[len] && len < 30; len++)
			name[len] = (char)toupper((unsigned char)files[i].name[len]);
		memcpy(name + len, ".;1", 3);
		used += put_record(root + used, (uint32_t)at, files[i].size, 0, name, len + 3);
		if (files[i].size)
			memcpy(image + at * SECTOR, files[i].data, files[i].size);
		at += sectors(files[i].size);
	}
	*ret_size = total * SECTOR;
	return image;
}
