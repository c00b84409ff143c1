/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the command line: the specifications of a disk and of a network, lists of CPUs and
 * UUIDs. Nothing is written behind what they fill, and a refusal has its reason.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xentools/cleanup.h"
#include "xentools/config.h"
#include "xentools/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	char list[5 * DOMAIN_CPU_MAX], asked[DISK_TARGET_MAX];
	struct domain_disk disk;
	struct domain_nic nic;
	struct zerr *err = NULL;
	struct cpuset set;
	uint8_t bytes[16];

	if (text == NULL)
		return 0;
	if (xl_disk_parse(text, &disk, asked, &err) == 0)
		domain_disk_clear(&disk);
	else if (err == NULL)
		abort();
	zerr_free(err);
	err = NULL;
	if (xl_vif_parse(text, &nic, &err) == 0)
		domain_nic_clear(&nic);
	else if (err == NULL)
		abort();
	zerr_free(err);
	if (cpuset_parse(text, NULL, &set) == 0 && cpuset_format(&set, list, sizeof(list)) != 0)
		abort();
	(void)domain_uuid_parse(text, bytes);
	(void)domain_mac_parse(text, bytes);
	(void)domain_name_problem(text);
	return 0;
}

static const char *const tokens[] = {
	"/dev/a", ",", "=", "target=", "vdev=xvd", "format=", "raw", "qcow2", "xvda", "rw", "ro",
	"phy:", "tap:aio:", "mac=", "bridge=", "rate=1GB/s@50ms", "ip=10.0.0.1/24", "-", "^", "0-3",
	"99999999999999999999", "cdrom", "script=", "vlan=1", NULL
};

const struct fuzz_inputs fuzz_inputs = {
	.dirs = { "fuzz/corpus/specs" },
	.files = 8,
	.tokens = tokens,
};
