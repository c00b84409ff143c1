/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program in a guest that answers on the channel org.qemu.guest_agent.0 (QEMU's guest agent):
 * requests and answers are lines of JSON. Whatever comes from there is the guest's: lines are
 * bounded, each answer has a deadline, and what is no answer is passed over.
 */
#ifndef XENTOOLS_GUEST_AGENT_H
#define XENTOOLS_GUEST_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include <xentools/domain.h>
#include <xentools/strbuf.h>

#define GUEST_AGENT "org.qemu.guest_agent.0"	/* the name that libvirt gives it, too */

/* ---- answers (guest_answer.c) ---- */

#define GUEST_LINE_MAX 65536
#define GUEST_TEXT_MAX 200

struct guest_answer {
	bool failed;			/* it is an error: text */
	bool no_such;			/* the agent does not have the command, or may not */
	bool is_number;
	int64_t number;
	char text[GUEST_TEXT_MAX];	/* printable, one line */
};

/*
 * The next answer out of what a guest has said, which is consumed with all that came before it and
 * is no answer. False: there is none yet.
 */
bool guest_answer_take(struct strbuf *in, struct guest_answer *ret);

/* ---- the agent ---- */

struct guest_agent {
	struct domain_ctx *ctx;
	uint16_t domid;
	int timeout_ms;			/* for each answer */
	int signals;			/* ends the waiting when it is readable; -1: none */
	int fd;				/* -1: not open */
	struct strbuf in;
};

/*
 * Where the agent of a guest is spoken to: 1 (malloc'd), 0 the guest has not connected the channel.
 * Classes: ZERR_NOT_FOUND it has no such channel, ZERR_STATE it has ended.
 */
int guest_agent_find(struct domain_ctx *ctx, uint16_t domid, char **ret, struct zerr **err);
/*
 * Does it answer? Class ZERR_TIMEOUT when it does not, or another program has the channel;
 * ZERR_STATE also when the channel is not connected, or the guest is paused.
 */
int guest_agent_ping(struct domain_ctx *ctx, uint16_t domid, int timeout_ms, int signals,
		     struct zerr **err);

/* ---- file systems that stand still ---- */

struct guest_freeze {
	struct guest_agent agent;
	struct hyp_domain_info info;
	int64_t count;			/* of file systems, as the guest says */
	int fd;				/* of the record, should this program be killed */
};

/*
 * Have a guest write all that its file systems have to write, and hold them still until
 * guest_thaw(), which must follow a success. On failure it was told to go on. Classes as for
 * guest_agent_ping(), and ZERR_UNSUPPORTED: its agent cannot.
 */
int guest_freeze(struct domain_ctx *ctx, uint16_t domid, int timeout_ms, int signals,
		 struct guest_freeze *ret, struct zerr **err);
/* Fails also when they had gone on before that. Where it does not answer it is told once more. */
int guest_thaw(struct guest_freeze *f, struct zerr **err);
/* What a killed program left frozen is told to go on; nothing is waited for. 0, or -1 not told. */
int guest_thaw_orphan(struct domain_ctx *ctx, uint16_t domid);

#endif
