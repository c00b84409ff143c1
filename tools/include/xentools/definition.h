/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistent definitions: CONFIG_DIR/domains/NAME.xml, the user's own text with a UUID in it, and
 * CONFIG_DIR/autostart/NAME.xml, a link that says it starts with the host. A definition knows
 * nothing of whether it runs; the two meet by UUID. Readers take no lock. Who changes one holds
 * its file's lock, and domain_lock() while names and UUIDs are compared. Needs no hypervisor.
 */
#ifndef XENTOOLS_DEFINITION_H
#define XENTOOLS_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>

#include "xentools/domain.h"

struct definition {
	char *text;			/* as it is stored */
	bool autostart;
	struct domain_config cfg;	/* what the text means; cfg.name is its name */
};

void definition_clear(struct definition *d);
void definition_list_free(struct definition *list, size_t n);

/* By name: 1 found, 0 there is none, -1 error (a damaged file: class ZERR_BAD_CONFIG). */
int definition_load(const struct domain_ctx *ctx, const char *name, struct definition *ret,
		    struct zerr **err);
/* The same by name, UUID, name= or uuid=. */
int definition_find(const struct domain_ctx *ctx, const char *text, struct definition *ret,
		    struct zerr **err);
/* All, sorted by name. One that cannot be read is told to ctx->warn and left out. */
int definition_list(const struct domain_ctx *ctx, struct definition **ret, size_t *n,
		    struct zerr **err);

enum definition_mode {
	DEFINITION_NEW,			/* the name is new, or text has the UUID it has already */
	DEFINITION_REPLACE,		/* another UUID is fine; without one the old is kept */
};

/*
 * Store text, which means cfg; without a UUID cfg and the stored text get one. held: descriptor of
 * definition_lock() for the same name, or -1. Classes: ZERR_STATE name or UUID belongs to another
 * definition, or somebody edits it; ZERR_NO_RESOURCES the disk is full. The former file
 * is whole until the new one is.
 */
int definition_save(const struct domain_ctx *ctx, const char *text, struct domain_config *cfg,
		    enum definition_mode mode, int held, struct zerr **err);
/* Keep others from changing it until *ret_fd is closed. Class ZERR_STATE: somebody else has it. */
int definition_lock(const struct domain_ctx *ctx, const char *name, int *ret_fd,
		    struct zerr **err);
int definition_remove(const struct domain_ctx *ctx, const char *name, struct zerr **err);
int definition_rename(const struct domain_ctx *ctx, const char *name, const char *to,
		      struct zerr **err);
int definition_set_autostart(const struct domain_ctx *ctx, const char *name, bool on,
			     struct zerr **err);

/*
 * text changed as little as possible so that it means wanted, which differs from it in name, UUID,
 * title, description, start policy or the link of one interface; canonical XML where that cannot be
 * done. Malloc'd; NULL: no memory.
 */
char *definition_edit_text(const char *text, const struct domain_config *wanted);

#define _cleanup_definition_ __attribute__((cleanup(definition_clear)))

#endif
