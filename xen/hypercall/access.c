/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what: dom0 is privileged, everybody may act on itself, and an operation that names
 * another domain needs privilege. Calls that are dom0's as a whole say so in table.c. Between
 * domains only event channels and grants are open, by their own rules (event/, grant/).
 */
#include "ops.h"

/* Reference on domain id unless it is still being made; NULL. */
struct domain *domain_get_whole(domid_t id)
{
	struct domain *d = domain_get_by_id(id);

	if (d && load_acquire(&d->dying) == DOMAIN_CREATING) {
		domain_put(d);
		d = NULL;
	}
	return d;
}

/*
 * The domain that id names; its own number names the caller like DOMID_SELF does. -EPERM,
 * -ESRCH.
 */
int target_get(domid_t id, struct domain **ret)
{
	struct domain *self = this_vcpu()->domain;

	if (likely(id == DOMID_SELF || id == self->id)) {
		*ret = self;
		return 0;
	}
	if (!self->is_privileged)
		return -EPERM;
	*ret = domain_get_whole(id);
	return *ret ? 0 : -ESRCH;
}
