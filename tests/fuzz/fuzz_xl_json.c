/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as libxl's JSON: accepted it must be writable as XML that is accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xentools/cleanup.h"
#include "xentools/config.h"
#include "xentools/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_diags diags = { .count = 0 }, none = { .count = 0 };
	struct domain_config cfg, again;
	_cleanup_free_ char *xml = NULL;
	struct zerr *err = NULL;

	domain_config_init(&cfg);
	domain_config_init(&again);
	if (config_read_as(CONFIG_XL_JSON, "fuzz", data, size, NULL, &cfg, &diags, &err) == 0) {
		xml = config_format(&cfg);
		if (xml != NULL &&
		    config_read_mem("again", xml, strlen(xml), NULL, &again, &none, &err) < 0) {
			config_diags_print(stderr, &none, true, false);
			abort();
		}
	} else if (diags.errors == 0 || err == NULL) {
		abort();
	}
	domain_config_free(&cfg);
	domain_config_free(&again);
	config_diags_free(&diags);
	config_diags_free(&none);
	zerr_free(err);
	return 0;
}

static const char *const tokens[] = {
	"{", "}", "[", "]", ":", ",", "\"", "null", "true", "1e9", "-1", "\\u0000", "\\u0007",
	"\"c_info\":{", "\"b_info\":{", "\"disks\":[", "\"nics\":[", "\"name\":\"a\"",
	"\"max_memkb\":65536", "\"kernel\":\"/k\"", "\"pdev_path\":\"/d\"", "\xff", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "golden/xl", "golden/xl-refuse", "fuzz/corpus/xl_json" },
	.suffix = ".json",
	.files = 5,
	.tokens = tokens,
};
