/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes through the domain XML reader. What is accepted must be written, read again without a
 * diagnostic, and written to the same bytes; what is refused must say why. The same once more as
 * a conversion, and the way to xl.cfg.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xentools/config.h"
#include "xentools/error.h"
#include "xentools/cleanup.h"

/* But for what cannot be served yet. */
static bool is_quiet(const struct config_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		if (strcmp(diags->items[i].code, "W403") != 0)
			return false;
	return true;
}

static void fixed_point(const struct domain_config *cfg)
{
	_cleanup_free_ char *first = config_format(cfg), *second = NULL;
	struct config_diags diags = { .count = 0 };
	struct domain_config again;
	struct zerr *err = NULL;

	if (first == NULL)
		return;
	if (config_read_mem("canon", first, strlen(first), NULL, &again, &diags, &err) < 0 ||
	    !is_quiet(&diags)) {
		config_diags_print(stderr, &diags, true, false);
		fprintf(stderr, "canonical form is not accepted:\n%s", first);
		abort();
	}
	second = config_format(&again);
	if (second == NULL || strcmp(first, second) != 0) {
		fprintf(stderr, "no fixed point:\n%s\n%s", first, second ? second : "");
		abort();
	}
	domain_config_free(&again);
	config_diags_free(&diags);
}

static void read_with(unsigned int flags, const uint8_t *data, size_t size)
{
	const struct config_options opt = { .flags = flags };
	struct config_diags diags = { .count = 0 }, loss = { .count = 0 };
	struct domain_config cfg;
	struct zerr *err = NULL;

	domain_config_init(&cfg);
	if (config_read_mem("fuzz", data, size, &opt, &cfg, &diags, &err) == 0) {
		fixed_point(&cfg);
		free(config_format_xl(&cfg, &loss));
	} else if (diags.errors == 0 || err == NULL) {
		abort();
	}
	domain_config_free(&cfg);
	config_diags_free(&diags);
	config_diags_free(&loss);
	zerr_free(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_with(CONFIG_LAX | CONFIG_TARGET_ARCH, data, size);
	read_with(CONFIG_LAX | CONFIG_TARGET_ARCH | CONFIG_CONVERT, data, size);
	return 0;
}

static const char *const tokens[] = {
	"<", ">", "/>", "</", "<a>", "</a>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;",
	"&#10;", "&#x0;", "'", "\"", " xmlns='urn:a'", " x='", "\xc3\xbc", "\xff", "?>",
	"<metadata>", "</metadata>", "<vcpu>", "<z:domain xmlns:z='urn:zazen:domain:1.0'>",
	"<z:affinity ", "<disk>", "<interface type='", "0", "99999999999999999999", "-1", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "golden/accept", "golden/refuse", "golden/convert", "fuzz/corpus/config_xml" },
	.suffix = ".xml",
	.files = 40,
	.tokens = tokens,
};
