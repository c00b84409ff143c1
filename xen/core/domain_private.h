/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between core/domain.c and core/domain_table.c only. */
#pragma once

#include <xen/types.h>

int domain_table_insert(struct domain *d, domid_t id) __must_check;
/* No reference is left and d is out of the table: free all. */
void domain_destroy_final(struct domain *d);
