/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as xenstored's journal, and as the records of a frame whose checksum is right: a store
 * that is whole comes back, or an error, and the daemon can be ended.
 */
#include "tests/fuzz/fuzz.h"
#include "tools/xenstored/persist.h"
#include "xs_ring_world.h"

#define BOOT "6c1f0d7e-boot-of-this-test"

static void replay(const char *buf, size_t len, size_t pos)
{
	struct server server;
	int rc;

	if (server_init(&server, w.loop, NULL) != 0)
		abort();
	server.xen = &w.xen;
	rc = persist_replay(&server, buf, len, pos);
	if ((rc != 0 && rc != -EPROTO && rc != -ENOMEM) || tree_check(&server.store.tree) != 0)
		abort();
	server_free(&server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	const char *text = (const char *)data;
	size_t pos = 0;

	if (setup(NULL) != 0)
		abort();
	if (journal_is_ours(text, size, BOOT, &pos)) {
		(void)journal_is_whole(text, size, pos);
		replay(text, size, pos);
	}
	journal_frame_begin(&sb);
	strbuf_add(&sb, data, size);
	journal_frame_end(&sb);
	replay(sb.buf, sb.len, 0);
	if (teardown(NULL) != 0)
		abort();
	return 0;
}

static const char *const tokens[] = {
	"\1", "\2", "\3", "\4", "\5", "\6", "\7", "\10", "\11", "\12", "\14", "\17", "\20", "\22",
	"/", "/local/domain/1", "@releaseDomain", "\xff\xff\xff\xff", "nodes", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/xs_journal" },
	.files = 4,
	.tokens = tokens,
};
