/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as xl.cfg. What is accepted must be accepted as XML, too, once written, and written to
 * xl.cfg it must be read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xentools/cleanup.h"
#include "xentools/config.h"
#include "xentools/error.h"

static void again(enum config_syntax syntax, const char *text)
{
	struct config_diags diags = { .count = 0 };
	struct domain_config cfg;
	struct zerr *err = NULL;

	if (text == NULL)
		return;
	if (config_read_as(syntax, "again", text, strlen(text), NULL, &cfg, &diags, &err) < 0) {
		config_diags_print(stderr, &diags, true, false);
		fprintf(stderr, "what was written is not accepted:\n%s", text);
		abort();
	}
	domain_config_free(&cfg);
	config_diags_free(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config_options opt = { .flags = CONFIG_CONVERT };
	struct config_diags diags = { .count = 0 }, loss = { .count = 0 };
	_cleanup_free_ char *xml = NULL, *xl = NULL;
	struct domain_config cfg;
	struct zerr *err = NULL;

	domain_config_init(&cfg);
	if (config_read_as(CONFIG_XL, "fuzz", data, size, &opt, &cfg, &diags, &err) == 0) {
		xml = config_format(&cfg);
		again(CONFIG_XML, xml);
		xl = config_format_xl(&cfg, &loss);
		again(CONFIG_XL, xl);
	} else if (diags.errors == 0 || err == NULL) {
		abort();
	}
	domain_config_free(&cfg);
	config_diags_free(&diags);
	config_diags_free(&loss);
	zerr_free(err);
	return 0;
}

static const char *const tokens[] = {
	"=", "\"", "'", "[", "]", ",", ";", "#", "\n", "\\", "\\x41", "name", "memory=64", "kernel",
	"disk=[", "vif=[", "cpus", "0x10", "-1", "99999999999999999999", "\xc3\xbc", "\xff", "xvda",
	"target=", "all", "\t", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "golden/xl", "golden/xl-refuse", "golden/convert", "fuzz/corpus/xl_cfg" },
	.suffix = ".cfg",
	.files = 10,
	.tokens = tokens,
};
