/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine contract: calls to the firmware below us, by the SMC calling convention. */
#pragma once

#include <xen/types.h>

/* Call with x[0] (the function id) to x[3]; the same four are the results. */
void firmware_call(uint64_t x[4]);
