/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of a saved domain: what is written is read again, and what a damaged or a forged file
 * says is refused one by one, with the file's name and the place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/domain/save_file.h"
#include "xentools/domain.h"

#define RAM 0x40000u			/* first frame of RAM */

static const char xml[] = "<domain type='xen'><name>web1</name><memory unit='MiB'>16</memory>"
	"<os><kernel>/x</kernel></os></domain>\n";
static uint8_t pages[4 * SAVE_PAGE];

static const struct save_header good = {
	.bits = 64, .gic_version = 3, .vcpus = 2, .frequency = 62500000, .page_size = SAVE_PAGE,
	.store_port = 1, .console_port = 2, .flags = SAVE_VUART, .saved_ns = 5,
	.memory_kib = 16384, .max_pages = 4352, .pages = 4000, .uuid = { 1, 2 }, .name = "web1",
	.hypervisor = "4.17",
};
static const struct save_range ranges[] = { { RAM, 3000 }, { RAM + 3096, 1000 } };

/* A whole file, its second range's last pages being the four. */
static int make(enum save_packing packing)
{
	struct save_out o = { .fd = memfd_create("saved", MFD_CLOEXEC), .path = "FILE",
			      .packing = packing };
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	memset(pages, 0, sizeof(pages));
	memset(pages, 'a', 100);
	memset(pages + 2 * SAVE_PAGE, 'b', SAVE_PAGE);
	memset(pages + 3 * SAVE_PAGE, 'c', 1);
	save_store_add(&sb, "data/x", "1");
	save_store_add(&sb, "control/feature-suspend", "");
	assert_int_equal(save_out_begin(&o, &good, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_XML, xml, sizeof(xml) - 1, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_STORE, sb.buf, sb.len, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_MEMORY, ranges, sizeof(ranges), NULL), 0);
	assert_int_equal(save_out_pages(&o, 0x39001, 1, pages, NULL), 0);
	assert_int_equal(save_out_pages(&o, RAM + 4092, 4, pages, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_CONTEXT, "context", 7, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_END, NULL, 0, NULL), 0);
	assert_int_equal(lseek(o.fd, 0, SEEK_CUR), o.bytes);
	save_out_free(&o);
	return o.fd;
}

/* The same as it comes live: early pages, some twice, and zeros where there was something. */
static int make_live(void)
{
	struct save_out o = { .fd = memfd_create("saved", MFD_CLOEXEC), .path = "FILE" };
	struct save_header again = good;

	again.saved_ns++;
	again.max_pages += 10;
	memset(pages, 0, sizeof(pages));
	memset(pages, 'a', 3 * SAVE_PAGE);
	assert_int_equal(save_out_begin(&o, &good, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_XML, xml, sizeof(xml) - 1, NULL), 0);
	o.early = true;
	assert_int_equal(save_out_pages(&o, RAM + 4092, 4, pages, NULL), 0);
	o.zeros = true;
	assert_int_equal(save_out_pages(&o, RAM + 3000, 4, pages, NULL), 0);	/* no memory then */
	assert_int_equal(save_out_pages(&o, RAM + 3001, 1, pages, NULL), 0);
	o.early = false;
	assert_int_equal(save_out_record(&o, SAVE_HEADER, &again, sizeof(again), NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_STORE, NULL, 0, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_MEMORY, ranges, sizeof(ranges), NULL), 0);
	assert_int_equal(save_out_pages(&o, RAM + 4092, 4, pages, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_CONTEXT, "context", 7, NULL), 0);
	assert_int_equal(save_out_record(&o, SAVE_END, NULL, 0, NULL), 0);
	save_out_free(&o);
	return o.fd;
}

static void next(struct save_in *in, enum save_type type, struct save_record *r)
{
	struct zerr *err = NULL;

	if (save_in_next(in, r, &err) != 0)
		fail_msg("%s", err->message);
	assert_int_equal(r->type, type);
}

static void round_trip(void **state)
{
	(void)state;
	for (enum save_packing packing = 0; packing < SAVE_PACKINGS; packing++) {
		_cleanup_free_ char *text = NULL;
		struct save_in in = { .fd = -1 };
		struct domain_config cfg;
		struct save_record r;
		const char *path;
		size_t pos = 0;
		char *value;
		int fd = make(packing);

		lseek(fd, 0, SEEK_SET);
		assert_int_equal(save_in_open_fd(&in, fd, "FILE", NULL), 0);
		assert_memory_equal(&in.head, &good, sizeof(good));
		domain_config_init(&cfg);
		assert_int_equal(save_in_config(&in, &cfg, &text, NULL), 0);
		assert_string_equal(cfg.name, "web1");
		assert_string_equal(text, xml);
		domain_config_free(&cfg);
		next(&in, SAVE_STORE, &r);
		assert_int_equal(save_store_next(&in, &r, &pos, &path, &value, NULL), 1);
		assert_string_equal(path, "data/x");
		assert_string_equal(value, "1");
		free(value);
		assert_int_equal(save_store_next(&in, &r, &pos, &path, &value, NULL), 1);
		assert_string_equal(path, "control/feature-suspend");
		free(value);
		assert_int_equal(save_store_next(&in, &r, &pos, &path, &value, NULL), 0);
		next(&in, SAVE_MEMORY, &r);
		assert_memory_equal(in.ranges, ranges, sizeof(ranges));
		next(&in, SAVE_PAGES, &r);
		assert_int_equal(r.gfn, 0x39001);
		next(&in, SAVE_PAGES, &r);		/* the page of zeros is left out */
		assert_int_equal(r.gfn, RAM + 4092);
		assert_int_equal(r.count, 1);
		assert_memory_equal(r.data, pages, SAVE_PAGE);
		next(&in, SAVE_PAGES, &r);
		assert_int_equal(r.gfn, RAM + 4094);
		assert_int_equal(r.count, 2);
		assert_int_equal(r.len, 2 * SAVE_PAGE);
		assert_memory_equal(r.data, pages + 2 * SAVE_PAGE, r.len);
		next(&in, SAVE_CONTEXT, &r);
		assert_memory_equal(r.data, "context", 7);
		next(&in, SAVE_END, &r);
		save_in_close(&in);
	}
}

static void next_pages(struct save_in *in, enum save_type type, uint64_t gfn, uint64_t count,
		       int byte)
{
	struct save_record r;

	next(in, type, &r);
	assert_int_equal(r.gfn, gfn);
	assert_int_equal(r.count, count);
	assert_int_equal(r.len, count * SAVE_PAGE);
	for (size_t i = 0; i < r.len; i++)
		assert_int_equal(r.data[i], byte);
}

static void round_trip_live(void **state)
{
	struct save_in in = { .fd = -1, .live = true };
	struct domain_config cfg;
	struct save_record r;
	int fd = make_live();

	(void)state;
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(save_in_open_fd(&in, fd, "FILE", NULL), 0);
	domain_config_init(&cfg);
	assert_int_equal(save_in_config(&in, &cfg, NULL, NULL), 0);
	domain_config_free(&cfg);
	next_pages(&in, SAVE_EARLY, RAM + 4092, 3, 'a');
	next_pages(&in, SAVE_EARLY, RAM + 3000, 3, 'a');
	next_pages(&in, SAVE_EARLY, RAM + 3003, 1, 0);
	next_pages(&in, SAVE_EARLY, RAM + 3001, 1, 'a');
	next(&in, SAVE_HEADER, &r);
	assert_int_equal(in.head.max_pages, good.max_pages + 10);
	next(&in, SAVE_STORE, &r);
	next(&in, SAVE_MEMORY, &r);
	next_pages(&in, SAVE_PAGES, RAM + 4092, 3, 'a');
	next_pages(&in, SAVE_PAGES, RAM + 4095, 1, 0);
	next(&in, SAVE_CONTEXT, &r);
	next(&in, SAVE_END, &r);
	save_in_close(&in);
}

/* Where the nth record of a type begins. */
static size_t find(const uint8_t *file, enum save_type type, unsigned int n)
{
	size_t at = SAVE_MAGIC_LEN;
	struct save_frame f;

	for (;;) {
		memcpy(&f, file + at, sizeof(f));
		if (f.type == type && n-- == 0)
			return at;
		assert_int_not_equal(f.type, SAVE_END);
		at += sizeof(f) + f.length;
	}
}

static void seal(uint8_t *file, size_t at, uint32_t length)
{
	struct save_frame f;

	memcpy(&f, file + at, sizeof(f));
	f.crc = save_crc(&f, NULL, 0, file + at + sizeof(f), length);
	memcpy(file + at, &f, sizeof(f));
}

/* As a pipe has it. */
struct flow {
	const uint8_t *data;
	size_t left;
};

static int read_flow(void *arg, void *buf, size_t len, struct zerr **err)
{
	struct flow *f = arg;

	(void)err;
	if (len > f->left)
		return 1;
	memcpy(buf, f->data, len);
	f->data += len;
	f->left -= len;
	return 0;
}

static bool streamed, lively;

/* Read all of a file: 0, or its error's class, with the message in text. */
static int read_all(const uint8_t *file, size_t size, char text[256])
{
	int fd = memfd_create("saved", MFD_CLOEXEC), rc;
	struct flow flow = { file, size };
	struct save_in in = { .fd = -1, .live = lively };
	struct domain_config cfg;
	struct zerr *err = NULL;
	struct save_record r;
	const char *path;
	size_t pos = 0;
	char *value;

	assert_int_equal(fd_write_all(fd, file, size), 0);
	lseek(fd, 0, SEEK_SET);
	domain_config_init(&cfg);
	if (streamed) {
		close(fd);
		rc = save_in_open_stream(&in, read_flow, &flow, "FILE", &err);
	} else {
		rc = save_in_open_fd(&in, fd, "FILE", &err);
	}
	if (rc == 0)
		rc = save_in_config(&in, &cfg, NULL, &err);
	while (rc == 0 && in.last != SAVE_END) {
		rc = save_in_next(&in, &r, &err);
		while (rc == 0 && r.type == SAVE_STORE &&
		       (rc = save_store_next(&in, &r, &pos, &path, &value, &err)) == 1) {
			free(value);
			rc = 0;
			if (pos == r.len)
				break;
		}
	}
	snprintf(text, 256, "%s", err ? err->message : "");
	rc = err ? (int)err->cls : 0;
	zerr_free(err);
	save_in_close(&in);
	domain_config_free(&cfg);
	return rc;
}

struct change {
	enum save_type type;
	unsigned int nth;
	int offset;			/* from the record's bytes; negative: in its frame */
	uint64_t value;
	size_t size;
	const char *text;
};

static const struct change changes[] = {
	{ SAVE_HEADER, 0, -16, 99, 4, "unknown kind (99" },
	{ SAVE_HEADER, 0, -12, 1, 4, "unknown kind (1, flags 1)" },
	{ SAVE_XML, 0, -16, SAVE_STORE, 4, "\"store\" is out of place" },
	{ SAVE_STORE, 0, -16, SAVE_XML, 4, "\"configuration\" is out of place" },
	{ SAVE_CONTEXT, 0, -16, SAVE_MEMORY, 4, "\"memory map\" is out of place" },
	{ SAVE_STORE, 0, -8, 9u << 20, 4, "too long" },
	{ SAVE_CONTEXT, 0, -8, 1u << 20, 4, "it ends there, inside of the record \"CPU state\"" },
	{ SAVE_CONTEXT, 0, -4, 1, 4, "checksum of the record \"CPU state\"" },
	{ SAVE_XML, 0, 0, 'x', 1, "the configuration cannot be read" },
	{ SAVE_XML, 0, 9, 0, 1, "not text" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, bits), 16, 4, "the guest's kind" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, gic_version), 4, 4, "interrupt controller" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, vcpus), 0, 4, "number of vCPUs" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, vcpus), 129, 4, "number of vCPUs" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, sve_bytes), 24, 4, "the length of vectors" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, sve_bytes), 272, 4, "the length of vectors" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, flags), 4, 4, "what the guest has" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, page_size), 65536, 4, "page size" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, packing), 2, 4, "compression" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, memory_kib), 16385, 8, "the memory" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, memory_kib), 1ull << 60, 8, "the memory" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, pages), 4097, 8, "the memory" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, pages), 3999, 8, "header says 3999" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, name), '/', 1, "the name" },
	{ SAVE_HEADER, 0, offsetof(struct save_header, name), 0, 1, "the name" },
	{ SAVE_STORE, 0, 0, 60000, 2, "a node of the store is too long" },
	{ SAVE_STORE, 0, 4, 'D', 1, "none of those that are saved" },
	{ SAVE_STORE, 0, 9, ' ', 1, "none of those that are saved" },
	{ SAVE_MEMORY, 0, 0, RAM - 1, 8, "cannot be its memory" },
	{ SAVE_MEMORY, 0, 8, 0, 8, "cannot be its memory" },
	{ SAVE_MEMORY, 0, 8, UINT64_MAX, 8, "cannot be its memory" },
	{ SAVE_MEMORY, 0, 16, RAM + 2999, 8, "cannot be its memory" },
	{ SAVE_MEMORY, 0, 16, RAM + 3097, 8, "cannot be its memory" },
	{ SAVE_PAGES, 0, 0, 0x38fff, 8, "where it has none to come" },
	{ SAVE_PAGES, 0, 0, 0x39004, 8, "where it has none to come" },
	{ SAVE_PAGES, 1, 0, RAM + 3000, 8, "where it has none to come" },
	{ SAVE_PAGES, 1, 0, RAM + 4094, 8, "where it has none to come" },	/* then twice */
	{ SAVE_PAGES, 1, 0, UINT64_MAX, 8, "where it has none to come" },
	{ SAVE_PAGES, 2, 0, RAM + 4095, 8, "where it has none to come" },
	{ SAVE_PAGES, 2, 8, 0, 4, "where it has none to come" },
	{ SAVE_PAGES, 2, 8, 513, 4, "where it has none to come" },
	{ SAVE_PAGES, 2, 8, 1, 4, "1 pages of 8192 bytes" },
	{ SAVE_PAGES, 2, 12, 2, 4, "2 pages of 8192 bytes" },
	{ SAVE_PAGES, 2, 12, SAVE_ZLIB, 4, "cannot be unpacked" },
};

static const struct change live_changes[] = {
	{ SAVE_EARLY, 0, 0, RAM - 1, 8, "where it has none to come" },
	{ SAVE_EARLY, 0, 0, 0x39000, 8, "where it has none to come" },
	{ SAVE_EARLY, 0, 0, RAM + 4094, 8, "where it has none to come" },
	{ SAVE_EARLY, 0, 0, 0x200000, 8, "where it has none to come" },
	{ SAVE_EARLY, 0, 0, UINT64_MAX, 8, "where it has none to come" },
	{ SAVE_EARLY, 0, 8, 0, 4, "where it has none to come" },
	{ SAVE_EARLY, 0, 8, 513, 4, "where it has none to come" },
	{ SAVE_EARLY, 0, 12, 2, 4, "cannot be unpacked" },
	{ SAVE_EARLY, 2, 12, SAVE_PLAIN, 4, "1 pages of 0 bytes" },
	{ SAVE_EARLY, 2, 12, SAVE_ZLIB, 4, "cannot be unpacked" },
	{ SAVE_HEADER, 1, offsetof(struct save_header, memory_kib), 32768, 8, "the change" },
	{ SAVE_HEADER, 1, offsetof(struct save_header, vcpus), 1, 4, "the change" },
	{ SAVE_HEADER, 1, offsetof(struct save_header, name), 'x', 1, "the change" },
	{ SAVE_HEADER, 1, offsetof(struct save_header, pages), 4097, 8, "the memory" },
	{ SAVE_HEADER, 1, offsetof(struct save_header, pages), 3999, 8, "header says 3999" },
	{ SAVE_STORE, 0, -16, SAVE_EARLY, 4, "\"early pages\" is out of place" },
	{ SAVE_STORE, 0, -16, SAVE_HEADER, 4, "\"header\" is out of place" },
	{ SAVE_PAGES, 0, -16, SAVE_EARLY, 4, "\"early pages\" is out of place" },
	{ SAVE_CONTEXT, 0, -16, SAVE_HEADER, 4, "\"header\" is out of place" },
	{ SAVE_HEADER, 1, -16, SAVE_STORE, 4, "\"store\" is out of place" },
};

static void forge(int fd, const struct change *list, size_t nr)
{
	size_t size;
	uint8_t *file;
	char text[256];

	size = (size_t)lseek(fd, 0, SEEK_END);
	for (size_t i = 0; i < nr; i++) {
		size_t at;
		struct save_frame f;

		file = malloc(size);
		assert_int_equal(pread(fd, file, size, 0), size);
		at = find(file, list[i].type, list[i].nth);
		memcpy(&f, file + at, sizeof(f));
		memcpy(file + at + (size_t)(16 + list[i].offset), &list[i].value,
		       list[i].size);
		if (list[i].offset != -4 && list[i].offset != -8)
			seal(file, at, f.length);
		if (read_all(file, size, text) != ZERR_BAD_CONFIG ||
		    !(strstr(text, list[i].text) ||
		      (streamed && strstr(list[i].text, "inside of") &&
		       strstr(text, "it ends there"))))
			fail_msg("change %zu: %s", i, text);
		if (strncmp(text, "FILE is damaged at byte ", 24) != 0)
			fail_msg("%s", text);
		free(file);
	}
	close(fd);
}

static void forged(void **state)
{
	streamed = *state != NULL;
	forge(make(SAVE_PLAIN), changes, sizeof(changes) / sizeof(changes[0]));
	lively = true;
	forge(make_live(), live_changes, sizeof(live_changes) / sizeof(live_changes[0]));
	lively = false;
}

/* A file has none of that. */
static void live_file(void **state)
{
	int fd = make_live();
	size_t size = (size_t)lseek(fd, 0, SEEK_END);
	uint8_t *file = malloc(size);
	char text[256];

	(void)state;
	streamed = false;
	assert_int_equal(pread(fd, file, size, 0), size);
	assert_int_equal(read_all(file, size, text), ZERR_BAD_CONFIG);
	assert_non_null(strstr(text, "\"early pages\" is out of place"));
	lively = true;
	assert_int_equal(read_all(file, size, text), 0);
	lively = false;
	free(file);
	close(fd);
}

/* Cut off at each place, with something behind, and each byte another one. */
static void damaged(void **state)
{
	size_t size;
	int fd = make(SAVE_ZLIB);
	uint8_t *file;
	char text[256];

	streamed = *state != NULL;
	size = (size_t)lseek(fd, 0, SEEK_END);
	file = calloc(1, size + 1);
	assert_int_equal(pread(fd, file, size, 0), size);
	assert_int_equal(read_all(file, size, text), 0);
	for (size_t n = 0; n < size; n++) {
		assert_int_equal(read_all(file, n, text), ZERR_BAD_CONFIG);
		file[n] ^= 0x10;
		assert_int_not_equal(read_all(file, size, text), 0);
		file[n] ^= 0x10;
	}
	if (streamed) {			/* it is somebody else's */
		assert_int_equal(read_all(file, size + 1, text), 0);
	} else {
		assert_int_equal(read_all(file, size + 1, text), ZERR_BAD_CONFIG);
		assert_non_null(strstr(text, "something follows its end"));
	}
	file[SAVE_MAGIC_LEN - 1] = 2;
	assert_int_equal(read_all(file, size, text), ZERR_UNSUPPORTED);
	assert_non_null(strstr(text, "version 2 of the format, this zl knows 1"));
	free(file);
	close(fd);
}

static void nodes_that_go_along(void **state)
{
	(void)state;
	assert_true(save_store_keeps("data/a/b"));
	assert_true(save_store_keeps("control/feature-suspend"));
	assert_true(save_store_keeps("cpu/127/availability"));
	assert_true(save_store_keeps("memory/target"));
	assert_false(save_store_keeps("control/shutdown"));
	assert_false(save_store_keeps("device/vbd/51712/state"));
	assert_false(save_store_keeps("cpu/1/availability/x"));
	assert_false(save_store_keeps("name"));
	assert_false(save_store_keeps("memory/target/x"));
}

/* Whoever carries it somewhere else says himself what went wrong. */
static int refuse(void *arg, const void *data, size_t len, struct zerr **err)
{
	(void)data;
	*(size_t *)arg += len;
	return *(size_t *)arg > 200 ? zerr_set(err, ZERR_TIMEOUT, "E806", 0, "no more") : 0;
}

static void carried(void **state)
{
	size_t bytes = 0;
	struct save_out o = { .fd = -1, .write = refuse, .arg = &bytes };
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(save_out_begin(&o, &good, &err), -1);
	assert_int_equal(o.bytes, SAVE_MAGIC_LEN + sizeof(struct save_frame));
	assert_int_equal(zerr_class_of(err), ZERR_TIMEOUT);
	zerr_free(err);
}

/* A disk that is full, and a file that is none. */
static void no_file(void **state)
{
	struct save_out o = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC), .path = "FILE" };
	struct zerr *err = NULL;
	struct save_in in;

	(void)state;
	assert_int_equal(save_out_begin(&o, &good, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_RESOURCES);
	close(o.fd);
	zerr_free(err);
	err = NULL;
	assert_int_equal(save_in_open(&in, "/nonexistent", &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	save_in_close(&in);
	zerr_free(err);
	err = NULL;
	assert_int_equal(save_in_open(&in, "/dev/zero", &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
	save_in_close(&in);
	zerr_free(err);
}

int main(void)
{
	static char stream[] = "stream";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(round_trip_live),
		cmocka_unit_test(live_file),
		cmocka_unit_test(forged),
		cmocka_unit_test(damaged),
		cmocka_unit_test_prestate(forged, stream),
		cmocka_unit_test_prestate(damaged, stream),
		cmocka_unit_test(carried),
		cmocka_unit_test(nodes_that_go_along),
		cmocka_unit_test(no_file),
	};

	return cmocka_run_group_tests_name("save_file", tests, NULL, NULL);
}
