/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as zl.conf: read or refused with a reason, and every getter answers. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "xentools/config.h"
#include "xentools/error.h"
#include "xentools/fd_util.h"
#include "xentools/zl_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_diags diags = { .count = 0 };
	struct zl_conf *conf = NULL;
	struct zerr *err = NULL;
	char path[40];
	int fd = memfd_create("zl.conf", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, data, size) != 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (zl_conf_load(path, &conf, &diags, &err) == 0) {
		(void)zl_conf_bridge(conf, "default");
		(void)zl_conf_bridge(conf, "x");
	} else if (err == NULL) {
		abort();
	}
	zl_conf_free(conf);
	config_diags_free(&diags);
	zerr_free(err);
	close(fd);
	return 0;
}

static const char *const tokens[] = {
	"[", "]", "[network]", "[storage]", "[default]", "=", "\n", "#", "\"", "timeout", "default",
	"yes", "-1", "99999999999999999999", "\xff", "\t", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/zl_conf" },
	.files = 3,
	.tokens = tokens,
};
