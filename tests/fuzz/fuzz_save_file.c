/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a saved domain: read to the end or refused with a reason, and no page outside of the
 * domain's memory. Checksums would keep the changes from getting far.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "xentools/domain_config.h"
#include "xentools/error.h"
#include "xentools/fd_util.h"
#include "xentools/save.h"

static void look(const struct save_in *in, const struct save_record *r, struct zerr **err)
{
	const char *path;
	size_t pos = 0;
	char *value;

	volatile uint8_t last = r->len > 0 ? r->data[r->len - 1] : 0;	/* is it there? */

	(void)last;
	if ((r->type == SAVE_PAGES || r->type == SAVE_EARLY) &&
	    (r->count == 0 || r->len != r->count * 4096 ||
	     r->gfn < (r->type == SAVE_PAGES ? 0x39000 : 0x40000) ||
	     r->gfn + r->count > save_ram_end(in->head.memory_kib)))
		abort();
	while (r->type == SAVE_STORE &&
	       save_store_next(in, r, &pos, &path, &value, err) == 1) {
		if (strlen(path) > 2048 || !save_store_keeps(path))
			abort();
		free(value);
	}
}

/* The same bytes as a pipe has them. */
struct flow {
	const uint8_t *data;
	size_t left;
};

static int read_flow(void *arg, void *buf, size_t len, struct zerr **)
{
	struct flow *f = arg;

	if (len > f->left)
		return 1;
	memcpy(buf, f->data, len);
	f->data += len;
	f->left -= len;
	return 0;
}

/* Was it good? */
static bool read_all(struct save_in *in, int rc, struct zerr *err)
{
	struct domain_config cfg;
	struct save_record r;

	domain_config_init(&cfg);
	if (rc == 0)
		rc = save_in_config(in, &cfg, NULL, &err);
	while (rc == 0 && err == NULL && in->last != SAVE_END) {
		rc = save_in_next(in, &r, &err);
		if (rc == 0)
			look(in, &r, &err);
	}
	if (rc != 0 && err == NULL)
		abort();
	save_in_close(in);
	domain_config_free(&cfg);
	zerr_free(err);
	return rc == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("saved", MFD_CLOEXEC), rc;
	struct save_in in = { .fd = -1, .any_sum = true };
	struct flow flow = { data, size };
	struct zerr *err = NULL;
	bool good;

	if (fd < 0 || fd_write_all(fd, data, size) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	rc = save_in_open_fd(&in, fd, "x", &err);
	good = read_all(&in, rc, err);
	in = (struct save_in){ .fd = -1, .any_sum = true, .live = true };
	err = NULL;
	rc = save_in_open_stream(&in, read_flow, &flow, "x", &err);
	if (!read_all(&in, rc, err) && good)
		abort();
	return 0;
}

static const char *const tokens[] = {
	"\1", "\2", "\3", "\4", "\5", "\6", "\7", "\10", "\xff\xff\xff\xff", "\x10", "\x20", "\x40",
	"data/", "control/feature-", "cpu/", "<", "x\xda", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/save_file" },
	.files = 4,
	.tokens = tokens,
};
