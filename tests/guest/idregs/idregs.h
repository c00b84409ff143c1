/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of this payload among themselves. */
#ifndef TESTS_GUEST_IDREGS_H
#define TESTS_GUEST_IDREGS_H

#include "../lib/guest.h"
#include "../lib/probe.h"

/* ID registers as read, by CRm and op2. */
#define REG(crm, op2) ((crm) * 8u + (op2))
extern uint64_t id[64];
static inline unsigned int field(unsigned int reg, unsigned int shift)
{
	return (unsigned int)(id[reg] >> shift & 0xf);
}

/* state.c: what is switched with a vCPU. second: the other vCPU is there to be switched with. */
void check_state(bool second);
void check_state_other(void);
/* calls.c */
void check_calls(void);

#endif
