/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what a guest (or, by the first one, domain 0) writes into its ring, in pieces: the
 * store stays whole, a guest changes nothing beyond its rights and limits, others are served.
 */
#include "tests/fuzz/fuzz.h"
#include "xs_ring_world.h"

static void check_guest(void)
{
	struct account *a = quota_account_peek(&w.server.store.quotas, 1);
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	for (size_t i = 0; a != NULL && i < ARRAY_SIZE(a->used); i++)
		if (a->used[i] > quota_limit(&w.server.store.quotas, 1, (enum quota_item)i))
			abort();
	if (ask(2, XS_READ, "/private", &in) != XS_READ || in.len != 6 ||
	    memcmp(in.buf, "secret", 6) != 0)
		abort();
	if (store_write(&w.server.store, NULL, &dom1, "/private", "x", 1) != -EACCES)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t domid = size > 0 && data[0] == 0xff ? 0 : 1;
	size_t piece = size > 0 ? (size_t)data[0] * 4 + 1 : 1, done = 0;
	const struct xs_perm second = { 2, XS_ACCESS_NONE };
	char got[RING_SIZE];

	if (setup(NULL) != 0)
		abort();
	introduce(1);
	introduce(2);
	if (store_write(&w.server.store, NULL, &dom0, "/private", "secret", 6) != 0 ||
	    store_set_perms(&w.server.store, NULL, &dom0, "/private", &second, 1) != 0)
		abort();
	for (size_t idle = 0; done + 1 < size && idle < 4; idle++) {
		size_t left = size - 1 - done;
		size_t n = guest_put(&w.page[domid], (const char *)data + 1 + done,
				     left < piece ? left : piece);

		done += n;
		idle = n > 0 ? 0 : idle;
		domain_port_fired(&w.server, 100 + domid);
		work();
		(void)guest_take(&w.page[domid], got, sizeof(got));
	}
	if (domid == 1)
		check_guest();
	if (teardown(NULL) != 0)
		abort();
	return 0;
}

static const char *const tokens[] = {
	"\1", "\13", "\16", "/", "@releaseDomain", "@introduceDomain", "/local/domain/1",
	"n1", "r0", "T", "F", "\xff\xff\xff\xff", "token", "..", "//", "/private", "quota", "domain/1", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/xs_ring" },
	.files = 6,
	.tokens = tokens,
};
