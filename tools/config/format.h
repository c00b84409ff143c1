/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the canonical writer: what its files share. A failed allocation is remembered in the
 * buffer.
 */
#ifndef CONFIG_FORMAT_H
#define CONFIG_FORMAT_H

#include "xentools/config.h"
#include "xentools/strbuf.h"

/* Text or attribute value; what would not survive a reader's normalisation becomes a reference. */
void format_escaped(struct strbuf *sb, const char *s);
/* "<prefix>value<suffix>" with the value escaped; nothing for NULL and "". */
void format_value(struct strbuf *sb, const char *prefix, const char *value, const char *suffix);

void format_disk(struct strbuf *sb, const struct domain_disk *disk);
/* The inside of <z:domain>; nothing when there is none. live: NULL where it does not run. */
void format_extension(struct strbuf *sb, const struct domain_config *cfg,
		      const struct config_live *live);
void format_interface(struct strbuf *sb, const struct domain_nic *nic);

#endif
