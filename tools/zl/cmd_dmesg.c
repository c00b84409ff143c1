/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl dmesg: the hypervisor's message ring, once or on and on. Needs no daemon. */
#include "zl.h"

#include <string.h>

#include "xentools/strbuf.h"

#define FOLLOW_MS 500

/* Read from *index to the end of the ring. */
static int drain(struct zl *zl, uint32_t *index, bool clear, struct strbuf *out, struct zerr **err)
{
	char buf[16384];
	size_t len;

	do {
		if (hyp_readconsole(zl->ctx.hyp, buf, sizeof(buf), &len, index, clear, err) < 0)
			return -1;
		strbuf_add(out, buf, len);
	} while (len > 0 && !clear);
	if (out->failed)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	return 0;
}

static int print_json(struct zl *zl, const struct strbuf *text, struct zerr **err)
{
	struct json_object *lines = json_object_new_array();
	const char *p = strbuf_cstr(text);

	while (*p != '\0') {
		size_t len = strcspn(p, "\n");
		_cleanup_free_ char *clean = NULL;
		size_t size;
		FILE *f = open_memstream(&clean, &size);

		if (f != NULL) {
			zl_print_clean(f, p, len);
			fclose(f);
			json_object_array_add(lines, json_object_new_string(clean));
		}
		p += len + (p[len] != '\0');
	}
	return zl_print_json(zl, "zl.dmesg/1", lines, err);
}

static int follow(struct zl *zl, uint32_t index, struct zerr **err)
{
	int signals = zl_signal_fd();

	for (;;) {
		_cleanup_strbuf_ struct strbuf more = STRBUF_INIT;
		struct zerr *stop = NULL;

		fflush(stdout);
		if (zl_nap(signals, FOLLOW_MS, &stop) < 0) {
			zerr_free(stop);
			return 0;
		}
		if (drain(zl, &index, false, &more, err) < 0)
			return -1;
		zl_print_clean(stdout, strbuf_cstr(&more), more.len);
	}
}

ZL_CMD(dmesg)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	uint32_t index = 0, ignored = 0;
	_cleanup_strbuf_ struct strbuf none = STRBUF_INIT;

	if (zl_open(zl, ZL_NEED_HYP, err) < 0 || drain(zl, &index, false, &text, err) < 0)
		return -1;
	if (zl_has(args, "clear") && !zl->dry_run && drain(zl, &ignored, true, &none, err) < 0)
		return -1;
	if (zl->json)
		return print_json(zl, &text, err);
	zl_print_clean(stdout, strbuf_cstr(&text), text.len);
	if (zl_has(args, "follow"))
		return follow(zl, index, err);
	return 0;
}
