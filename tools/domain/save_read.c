/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A saved domain's file, read: each record is checked before it is given out, for its checksum, its
 * place among the others and all that it says. The file may be damaged, or made by somebody who
 * wants to break the reader or the guest's neighbours.
 */
#include <public/arch-arm.h>
#include <string.h>
#include <zlib.h>

#include <xentools/config.h>
#include <xentools/xs_path.h>

#include "tools/domain/save_file.h"

#define MAGIC_GFN (GUEST_MAGIC_BASE / SAVE_PAGE)
#define MAGIC_PAGES 4u				/* the rings that it shares with daemons */
#define STORE_VALUE_MAX 4096u

/* The longest that each may be. */
static const uint32_t longest[] = {
	[SAVE_HEADER] = sizeof(struct save_header),
	[SAVE_XML] = 1u << 20,
	[SAVE_STORE] = 8u << 20,
	[SAVE_MEMORY] = SAVE_RECORD_MAX,
	[SAVE_PAGES] = sizeof(struct save_run) + SAVE_BATCH * SAVE_PAGE,
	[SAVE_CONTEXT] = 16u << 20,
	[SAVE_END] = 0,
	[SAVE_EARLY] = sizeof(struct save_run) + SAVE_BATCH * SAVE_PAGE,
};

static const char *const names[] = {
	[SAVE_HEADER] = "header", [SAVE_XML] = "configuration", [SAVE_STORE] = "store",
	[SAVE_MEMORY] = "memory map", [SAVE_PAGES] = "pages", [SAVE_CONTEXT] = "CPU state",
	[SAVE_END] = "end", [SAVE_EARLY] = "early pages",
};

uint32_t save_crc(const struct save_frame *f, const void *first, size_t n, const void *data,
		  size_t len)
{
	uLong crc = crc32(0, (const Bytef *)f, offsetof(struct save_frame, crc));

	/* crc32() takes NULL as a wish for its first value. */
	if (n > 0)
		crc = crc32(crc, first, (uInt)n);
	if (len > 0)
		crc = crc32(crc, data, (uInt)len);
	return (uint32_t)crc;
}

/* What is wrong, and where. */
static int bad(const struct save_in *in, uint64_t at, struct zerr **err, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

static int bad(const struct save_in *in, uint64_t at, struct zerr **err, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	return zerr_set(err, ZERR_BAD_CONFIG, "E724", 0, "%s is damaged at byte %llu: %s",
			in->path, (unsigned long long)at, strbuf_cstr(&sb));
}

static int read_at(struct save_in *in, void *to, size_t len, struct zerr **err)
{
	int rc;

	if (len > in->size - in->at)
		return bad(in, in->size, err, "it ends there; %zu bytes more should follow",
			   len - (size_t)(in->size - in->at));
	if (in->read) {
		rc = in->read(in->arg, to, len, err);
		if (rc == 1)
			return bad(in, in->at, err, "it ends there");
		in->at += len;
		return rc;
	}
	rc = fd_read_exact(in->fd, to, len);
	if (rc == -ENODATA)
		return bad(in, in->at, err, "it became shorter while it was read");
	if (rc < 0)
		return zerr_set(err, ZERR_FAILED, "E920", -rc, "cannot read %s", in->path);
	in->at += len;
	return 0;
}

static int read_magic(struct save_in *in, struct zerr **err)
{
	char magic[SAVE_MAGIC_LEN];

	if (in->size < sizeof(magic))
		magic[0] = '\0';
	else if (read_at(in, magic, sizeof(magic), err) != 0)
		return -1;
	if (memcmp(magic, SAVE_MAGIC, SAVE_MAGIC_LEN - 1) != 0) {
		zerr_set(err, ZERR_BAD_CONFIG, "E724", 0, "%s is not a saved domain", in->path);
		return zerr_hint(err, "zl save writes them; those of Xen's xl are of another kind");
	}
	if (magic[SAVE_MAGIC_LEN - 1] == SAVE_MAGIC[SAVE_MAGIC_LEN - 1])
		return 0;
	return zerr_set(err, ZERR_UNSUPPORTED, "E515", 0,
			"%s has version %u of the format, this zl knows %u", in->path,
			(unsigned char)magic[SAVE_MAGIC_LEN - 1],
			(unsigned char)SAVE_MAGIC[SAVE_MAGIC_LEN - 1]);
}

/*
 * May such a record come now? Pages may be none, or many. Early pages are followed by the header
 * once more, as it is when the domain has stopped.
 */
static bool in_order(const struct save_in *in, uint32_t type)
{
	enum save_type last = in->last;

	if (last != 0 && (type == SAVE_HEADER || type == SAVE_EARLY))
		return in->live && !in->again && (last == SAVE_XML || last == SAVE_EARLY);
	return type == last + 1u || (type == SAVE_PAGES && last == SAVE_PAGES) ||
	       (type == SAVE_CONTEXT && last == SAVE_MEMORY);
}

static int make_room(struct save_in *in, size_t len, struct zerr **err)
{
	uint8_t *more;

	if (len < in->room)
		return 0;
	more = realloc(in->buf, len + 1);
	if (!more)
		return zerr_no_memory(err);
	in->buf = more;
	in->room = len + 1;
	return 0;
}

/* The next record's bytes to in->buf. */
static int read_record(struct save_in *in, struct save_record *r, struct zerr **err)
{
	struct save_frame f;

	r->at = in->at;
	if (read_at(in, &f, sizeof(f), err) != 0)
		return -1;
	if (f.type < SAVE_HEADER || f.type > SAVE_EARLY || f.flags != 0)
		return bad(in, r->at, err, "a record of an unknown kind (%u, flags %u)", f.type,
			   f.flags);
	if (!in_order(in, f.type))
		return bad(in, r->at, err, "the record \"%s\" is out of place", names[f.type]);
	if (f.length > longest[f.type])
		return bad(in, r->at, err, "the record \"%s\" is too long: %u bytes", names[f.type],
			   f.length);
	if (f.length > in->size - in->at)
		return bad(in, in->size, err, "it ends there, inside of the record \"%s\"",
			   names[f.type]);
	if (make_room(in, f.length, err) != 0 || read_at(in, in->buf, f.length, err) != 0)
		return -1;
	in->buf[f.length] = '\0';
	if (save_crc(&f, NULL, 0, in->buf, f.length) != f.crc && !in->any_sum)
		return bad(in, r->at, err, "the checksum of the record \"%s\" is wrong",
			   names[f.type]);
	in->last = r->type = f.type;
	r->data = in->buf;
	r->len = f.length;
	return 0;
}

void save_ram(uint64_t memory_kib, struct save_range ret[2])
{
	uint64_t pages = memory_kib / 4, low = MIN(pages, GUEST_RAM0_SIZE / SAVE_PAGE);

	ret[0] = (struct save_range){ GUEST_RAM0_BASE / SAVE_PAGE, low };
	ret[1] = (struct save_range){ GUEST_RAM1_BASE / SAVE_PAGE, pages - low };
}

uint64_t save_ram_end(uint64_t memory_kib)
{
	struct save_range ram[2];

	save_ram(memory_kib, ram);
	return ram[1].count ? ram[1].gfn + ram[1].count : ram[0].gfn + ram[0].count;
}

static bool in_ram(const struct save_header *h, uint64_t gfn, uint64_t count)
{
	struct save_range ram[2];
	bool in = false;

	save_ram(h->memory_kib, ram);
	for (size_t i = 0; i < 2; i++)
		in |= gfn >= ram[i].gfn && gfn - ram[i].gfn < ram[i].count &&
			count <= ram[i].count - (gfn - ram[i].gfn);
	return in;
}

static int check_header(struct save_in *in, const struct save_record *r, struct zerr **err)
{
	struct save_header *h = &in->head, was = *h;
	const char *what = NULL;

	if (r->len != sizeof(*h))
		return bad(in, r->at, err, "the header has %zu bytes in place of %zu", r->len,
			   sizeof(*h));
	memcpy(h, r->data, sizeof(*h));
	if (memchr(h->name, '\0', sizeof(h->name)) == NULL || domain_name_problem(h->name) != NULL)
		what = "the name";
	else if (memchr(h->hypervisor, '\0', sizeof(h->hypervisor)) == NULL)
		what = "the hypervisor's version";
	else if (h->bits != 32 && h->bits != 64)
		what = "the guest's kind";
	else if (h->page_size != SAVE_PAGE)
		what = "the page size";
	else if (h->vcpus == 0 || h->vcpus > DOMAIN_VCPUS_MAX)
		what = "the number of vCPUs";
	else if (h->gic_version != 2 && h->gic_version != 3)
		what = "the interrupt controller";
	else if (h->memory_kib == 0 || h->memory_kib % 4 != 0 ||
		 h->memory_kib > (GUEST_RAM0_SIZE + GUEST_RAM1_SIZE) / 1024 ||
		 h->pages > h->memory_kib / 4 || h->max_pages > UINT64_MAX / SAVE_PAGE)
		what = "the memory";
	else if (h->packing >= SAVE_PACKINGS)
		what = "the compression";
	else if ((h->flags & ~(SAVE_VUART | SAVE_VPMU)) != 0)
		what = "what the guest has";
	else if (h->sve_bytes % 16 != 0 || h->sve_bytes > SVE_BITS_MAX / 8 ||
		 (h->sve_bytes != 0 && h->bits == 32))
		what = "the length of vectors";
	if (was.bits != 0 && !what) {
		was.saved_ns = h->saved_ns;
		was.max_pages = h->max_pages;
		was.pages = h->pages;
		if (memcmp(&was, h, sizeof(was)) != 0)
			what = "the change";
		in->again = true;
		in->last = SAVE_XML;
	}
	return what ? bad(in, r->at, err, "%s in the header is not possible", what) : 0;
}

static int check_memory(struct save_in *in, const struct save_record *r, struct zerr **err)
{
	size_t n = r->len / sizeof(struct save_range);
	uint64_t next = 0, pages = 0;

	if (r->len % sizeof(struct save_range) != 0)
		return bad(in, r->at, err, "the memory map has %zu bytes", r->len);
	in->ranges = calloc(n + 1, sizeof(*in->ranges));
	if (!in->ranges)
		return zerr_no_memory(err);
	if (n > 0)
		memcpy(in->ranges, r->data, r->len);
	in->nr_ranges = n;
	for (size_t i = 0; i < n; i++) {
		const struct save_range *g = &in->ranges[i];

		if (g->count == 0 || g->gfn < next || !in_ram(&in->head, g->gfn, g->count))
			return bad(in, r->at, err, "frames 0x%llx and %llu more cannot be its "
				   "memory", (unsigned long long)g->gfn,
				   (unsigned long long)g->count);
		next = g->gfn + g->count;
		pages += g->count;
	}
	if (pages != in->head.pages)
		return bad(in, r->at, err, "the memory map has %llu pages, the header says %llu",
			   (unsigned long long)pages, (unsigned long long)in->head.pages);
	return 0;
}

/* Pages come in ascending order, so each range is looked at once. */
static bool is_mapped(struct save_in *in, uint64_t gfn, uint64_t count)
{
	if (gfn >= MAGIC_GFN && gfn < MAGIC_GFN + MAGIC_PAGES)
		return count <= MAGIC_GFN + MAGIC_PAGES - gfn;
	while (in->range < in->nr_ranges &&
	       in->ranges[in->range].gfn + in->ranges[in->range].count <= gfn)
		in->range++;
	if (in->range == in->nr_ranges || gfn < in->ranges[in->range].gfn)
		return false;
	return count <= in->ranges[in->range].gfn + in->ranges[in->range].count - gfn;
}

static int unpack(struct save_in *in, struct save_record *r, uint32_t packing, struct zerr **err)
{
	size_t want = r->count * SAVE_PAGE;
	uLongf got = want;
	bool good;

	if (!in->unpacked && !(in->unpacked = malloc(SAVE_BATCH * SAVE_PAGE)))
		return zerr_no_memory(err);
	if (packing == SAVE_ZEROS) {
		memset(in->unpacked, 0, want);
		good = r->len == 0;
	} else {
		good = uncompress(in->unpacked, &got, r->data, r->len) == Z_OK && got == want;
	}
	if (!good)
		return bad(in, r->at, err, "pages cannot be unpacked");
	r->data = in->unpacked;
	r->len = want;
	return 0;
}

static int check_pages(struct save_in *in, struct save_record *r, struct zerr **err)
{
	bool early = r->type == SAVE_EARLY;
	struct save_run run;

	if (r->len < sizeof(run))
		return bad(in, r->at, err, "pages of %zu bytes", r->len);
	memcpy(&run, r->data, sizeof(run));
	if (run.count == 0 || run.count > SAVE_BATCH ||
	    (early ? !in_ram(&in->head, run.gfn, run.count) :
	     run.gfn < in->next_gfn || !is_mapped(in, run.gfn, run.count)))
		return bad(in, r->at, err, "%u pages for frame 0x%llx, where it has none to come",
			   run.count, (unsigned long long)run.gfn);
	r->gfn = run.gfn;
	r->count = run.count;
	r->data += sizeof(run);
	r->len -= sizeof(run);
	if (!early)
		in->next_gfn = run.gfn + run.count;
	if (run.packing == SAVE_ZLIB || (run.packing == SAVE_ZEROS && in->live))
		return unpack(in, r, run.packing, err);
	if (run.packing != SAVE_PLAIN || r->len != (size_t)run.count * SAVE_PAGE)
		return bad(in, r->at, err, "%u pages of %zu bytes", run.count, r->len);
	return 0;
}

int save_in_next(struct save_in *in, struct save_record *r, struct zerr **err)
{
	*r = (struct save_record){ .at = in->at };
	if (read_record(in, r, err) != 0)
		return -1;
	switch (r->type) {
	case SAVE_HEADER:
		return check_header(in, r, err);
	case SAVE_XML:
		return strlen((const char *)r->data) == r->len ? 0 :
			bad(in, r->at, err, "the configuration is not text");
	case SAVE_MEMORY:
		return check_memory(in, r, err);
	case SAVE_PAGES:
	case SAVE_EARLY:
		return check_pages(in, r, err);
	case SAVE_END:
		return in->at == in->size || in->read ? 0 :
			bad(in, in->at, err, "something follows its end");
	default:
		return 0;
	}
}

static int begin(struct save_in *in, struct zerr **err)
{
	struct save_record r;

	in->last = 0;
	return read_magic(in, err) == 0 ? save_in_next(in, &r, err) : -1;
}

int save_in_open_fd(struct save_in *in, int fd, const char *path, struct zerr **err)
{
	struct stat st;

	in->fd = fd;
	in->path = path;
	if (fstat(fd, &st) != 0 || st.st_size < 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot read %s", path);
	in->size = (uint64_t)st.st_size;
	return begin(in, err);
}

int save_in_open_stream(struct save_in *in, save_read_fn *read_fn, void *arg, const char *path,
			struct zerr **err)
{
	in->fd = -1;
	in->path = path;
	in->read = read_fn;
	in->arg = arg;
	in->size = UINT64_MAX;
	return begin(in, err);
}

int save_in_open(struct save_in *in, const char *path, struct zerr **err)
{
	struct stat st;
	int fd;

	*in = (struct save_in){ .fd = -1, .path = path };
	fd = fd_open_regular(path, &st);
	if (fd == -EINVAL)
		return zerr_set(err, ZERR_BAD_CONFIG, "E724", 0, "%s is not a regular file", path);
	if (fd < 0)
		return zerr_set(err, fd == -ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E920", -fd,
				"cannot open %s", path);
	return save_in_open_fd(in, fd, path, err);
}

void save_in_close(struct save_in *in)
{
	if (in->fd >= 0)
		close(in->fd);
	free(in->ranges);
	free(in->buf);
	free(in->unpacked);
	*in = (struct save_in){ .fd = -1 };
}

uint64_t save_in_pages(const struct save_in *in)
{
	return in->head.pages;
}

/* *path and *value are a malloc'd whole: free(*value) frees both. */
int save_store_next(const struct save_in *in, const struct save_record *r, size_t *pos,
		    const char **path, char **value, struct zerr **err)
{
	struct save_node n;
	char *text;

	if (*pos == r->len)
		return 0;
	if (r->len - *pos < sizeof(n))
		return bad(in, r->at, err, "the store's nodes end in the middle");
	memcpy(&n, r->data + *pos, sizeof(n));
	*pos += sizeof(n);
	if (n.value > STORE_VALUE_MAX || (size_t)n.path + n.value > r->len - *pos)
		return bad(in, r->at, err, "a node of the store is too long");
	text = malloc((size_t)n.path + n.value + 2);
	if (!text)
		return zerr_no_memory(err);
	memcpy(text, r->data + *pos + n.path, n.value);
	text[n.value] = '\0';
	memcpy(text + n.value + 1, r->data + *pos, n.path);
	text[n.value + 1 + n.path] = '\0';
	*pos += (size_t)n.path + n.value;
	*path = text + n.value + 1;
	if (!xs_path_is_valid(*path) || !save_store_keeps(*path)) {
		bad(in, r->at, err, "a node of the store is none of those that are saved");
		free(text);
		return -1;
	}
	*value = text;
	return 1;
}

int save_in_config(struct save_in *in, struct domain_config *ret, char **text, struct zerr **err)
{
	struct save_record r;

	if (save_in_next(in, &r, err) != 0)
		return -1;
	if (config_read_own(in->path, (const char *)r.data, ret, NULL) != 0)
		return bad(in, r.at, err, "the configuration cannot be read");
	if (text && !(*text = strdup((const char *)r.data)))
		return zerr_no_memory(err);
	return 0;
}
