/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical form of one <disk>; its order is libvirt's. */
#include "format.h"

/* One <disk> with all that is set; see format.h. */
void format_disk(struct strbuf *sb, const struct domain_disk *disk)
{
	static const char *const drivers[] = { "", "phy", "file", "qemu" };
	static const char *const caches[] = { "", "none", "writeback", "writethrough",
					      "directsync" };

	strbuf_addf(sb, "    <disk type='%s' device='%s'>\n", disk->is_block ? "block" : "file",
		    disk->cdrom ? "cdrom" : "disk");
	strbuf_addstr(sb, "      <driver");
	format_value(sb, " name='", drivers[disk->backend], "'");
	strbuf_addf(sb, " type='%s'", disk_format_name(disk->format));
	format_value(sb, " cache='", caches[disk->cache], "'");
	strbuf_addf(sb, "%s/>\n", disk->discard ? " discard='unmap'" : "");
	/* What only a script understands stands beside the script's name. */
	if (disk->script == NULL || disk->source[0] == '/')
		format_value(sb, disk->is_block ? "      <source dev='" : "      <source file='",
			     disk->source, "'/>\n");
	format_value(sb, "      <backenddomain name='", disk->backend_domain, "'/>\n");
	strbuf_addf(sb, "      <target dev='%s' bus='xen'/>\n", disk->target);
	if (disk->readonly)
		strbuf_addstr(sb, "      <readonly/>\n");
	if (disk->shareable)
		strbuf_addstr(sb, "      <shareable/>\n");
	strbuf_addstr(sb, "    </disk>\n");
}
