/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that suspends to its own memory, and goes on there. It is asked through the store, stops
 * its devices and calls the hypervisor; resumed, it finds 1 in the call's result, which means
 * that nothing was moved and its event channels and grants are still there.
 */
#include "tools/domain/domain_priv.h"

#define SUSPEND_CANCELLED 1		/* result of SCHEDOP_shutdown(suspend): same domain */

#define TAKEN_MS 10000			/* for a guest that has begun to stop */

/* The guest's kernel says whether it can: a hint that is right for every Linux. */
int domain_can_suspend(struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	_cleanup_free_ char *value = NULL;
	int rc = domain_store_read(ctx, domid, "control/feature-suspend", &value, err);

	if (rc < 0)
		return -1;
	if (rc == 1 && strcmp(value, "1") == 0)
		return 0;
	zerr_set(err, ZERR_UNSUPPORTED, "E505", 0, "the guest's kernel cannot suspend");
	return zerr_hint(err, "Linux needs CONFIG_HIBERNATION and its Xen drivers; "
			 "zl pause stops any guest");
}

/*
 * The request is not wanted any more. A guest that has taken it, which empties the node, stops all
 * the same, and is to go on.
 */
static void take_back(struct domain_ctx *ctx, uint16_t domid)
{
	_cleanup_free_ char *value = NULL;
	struct domain_end end;

	if (domain_store_read(ctx, domid, "control/shutdown", &value, NULL) != 1 || value[0]) {
		domain_store_write(ctx, domid, "control/shutdown", "", NULL);
		return;
	}
	if (domain_wait(ctx, domid, DOMAIN_WAIT_SHUTDOWN, TAKEN_MS, -1, &end, NULL) == 0 &&
	    !end.gone && end.reason == HYP_SHUTDOWN_SUSPEND)
		domain_resume(ctx, domid, NULL);
}

/*
 * Classes: ZERR_UNSUPPORTED the guest cannot, ZERR_TIMEOUT it did not (the request is taken back),
 * ZERR_FAILED it ended in another way.
 */
int domain_suspend(struct domain_ctx *ctx, uint16_t domid, int timeout_ms, int fd,
		   struct zerr **err)
{
	struct domain_end end;

	if (domain_need_store(ctx, err) != 0 || domain_can_suspend(ctx, domid, err) != 0 ||
	    domain_request(ctx, domid, DOMAIN_REQUEST_SUSPEND, err) != 0)
		return -1;
	if (domain_wait(ctx, domid, DOMAIN_WAIT_SHUTDOWN, timeout_ms, fd, &end, err) != 0) {
		take_back(ctx, domid);
		return -1;
	}
	if (end.gone || end.reason != HYP_SHUTDOWN_SUSPEND)
		return zerr_set(err, ZERR_FAILED, "E711", 0, "it has ended instead: %s",
				end.known ? domain_shutdown_word(end.reason) : "gone");
	domain_did(ctx, domid, "suspended", NULL);
	return 0;
}

/* Class ZERR_STATE when it is not suspended. */
int domain_resume(struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	struct hyp_domain_info info;

	if (domain_need_store(ctx, err) != 0 || domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	if (!info.shutdown || info.shutdown_reason != HYP_SHUTDOWN_SUSPEND)
		return zerr_set(err, ZERR_STATE, "E704", 0, "it is not suspended (%s)",
				domain_state_word(&info));
	/* Linux suspends on its first CPU. */
	if (hyp_vcpu_set_x0(ctx->hyp, domid, 0, SUSPEND_CANCELLED, err) != 0 ||
	    hyp_domain_resume(ctx->hyp, domid, err) != 0 || xs_resume(ctx->xs, domid, err) != 0)
		return -1;
	domain_did(ctx, domid, "resumed", NULL);
	return 0;
}
