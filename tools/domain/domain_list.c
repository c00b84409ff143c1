/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Find domains and say how they are. The hypervisor is the authority on which domains exist and
 * on their UUIDs; the store has only their names. Without the store names are missing and the
 * rest works.
 */
#include <ctype.h>

#include <xentools/clock.h>

#include "tools/domain/domain_priv.h"

#define RESTART_STEP_NS 50000000	/* 600 of them: half a minute */
#define RESTART_STEPS 600

const char *domain_shutdown_word(unsigned int reason)
{
	static const char *const words[] = {
		[HYP_SHUTDOWN_POWEROFF] = "poweroff",
		[HYP_SHUTDOWN_REBOOT] = "reboot",
		[HYP_SHUTDOWN_SUSPEND] = "suspend",
		[HYP_SHUTDOWN_CRASH] = "crash",
		[HYP_SHUTDOWN_WATCHDOG] = "watchdog",
		[HYP_SHUTDOWN_SOFT_RESET] = "soft_reset",
	};

	return reason < ARRAY_SIZE(words) ? words[reason] : "unknown";
}

const char *domain_state_word(const struct hyp_domain_info *i)
{
	if (i->dying)
		return "dying";
	if (i->shutdown)
		return i->shutdown_reason == HYP_SHUTDOWN_CRASH ? "crashed" : "shutdown";
	if (i->paused)
		return "paused";
	if (i->blocked && !i->running)
		return "blocked";
	return "running";
}

void domain_state_flags(const struct hyp_domain_info *i, char ret[7])
{
	static const char reasons[] = "-rscwS";	/* by shutdown reason; a poweroff has no letter */

	ret[0] = i->running ? 'r' : '-';
	ret[1] = i->blocked ? 'b' : '-';
	ret[2] = i->paused ? 'p' : '-';
	ret[3] = i->shutdown ? 's' : '-';
	ret[4] = i->shutdown && i->shutdown_reason < sizeof(reasons) - 1 ?
		reasons[i->shutdown_reason] : '-';
	ret[5] = i->dying ? 'd' : '-';
	ret[6] = '\0';
}

/* Fill *info for an existing domain; class ZERR_NOT_FOUND for none. Returns 0 or -1. */
int domain_must_exist(struct domain_ctx *ctx, uint16_t domid, struct hyp_domain_info *info,
		      struct zerr **err)
{
	int rc = hyp_domain_info(ctx->hyp, domid, info, err);

	if (rc == 0)
		return zerr_set(err, ZERR_NOT_FOUND, "E701", 0, "there is no domain %u", domid);
	return rc < 0 ? -1 : 0;
}

/* Read a name into a summary's field; none, or no store, gives "". */
static int read_name(struct domain_ctx *ctx, uint16_t domid, char name[DOMAIN_NAME_MAX + 1],
		     struct zerr **err)
{
	_cleanup_free_ char *text = NULL;
	int rc;

	name[0] = '\0';
	if (!ctx->xs)
		return 0;
	rc = domain_store_read(ctx, domid, "name", &text, err);
	if (rc == 1)
		snprintf(name, DOMAIN_NAME_MAX + 1, "%s", text);
	return rc < 0 ? -1 : 0;
}

int domain_get(struct domain_ctx *ctx, uint16_t domid, struct domain_summary *ret,
	       struct zerr **err)
{
	struct domain_summary s;

	if (domain_must_exist(ctx, domid, &s.info, err) != 0 ||
	    read_name(ctx, domid, s.name, err) != 0)
		return -1;
	*ret = s;
	return 0;
}

/* All names at once: one round trip, whatever their number. */
static int read_names(struct domain_ctx *ctx, struct domain_summary *all, size_t n,
		      struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf paths = STRBUF_INIT;
	_cleanup_free_ const char **path = calloc(n, sizeof(*path));
	_cleanup_free_ char **names = calloc(n, sizeof(*names));
	char domid[U64_TEXT];
	size_t i, len = 0;
	int rc;

	for (i = 0; i < n; i++) {
		strbuf_addstr(&paths, "/local/domain/");
		strbuf_addstr(&paths, u64_text(all[i].info.domid, domid));
		strbuf_add(&paths, "/name", sizeof("/name"));
	}
	if (paths.failed || !path || !names)
		return zerr_no_memory(err);
	for (i = 0; i < n; i++, len += strlen(paths.buf + len) + 1)
		path[i] = paths.buf + len;
	rc = xs_read_all(ctx->xs, path, n, names, err);
	for (i = 0; i < n; i++) {
		if (names[i])	/* the rest is zero */
			memcpy(all[i].name, names[i], strnlen(names[i], DOMAIN_NAME_MAX));
		free(names[i]);
	}
	return rc;
}

/* The same as domain_list(), for who decides by names: without them it fails. */
int domain_list_named(struct domain_ctx *ctx, struct domain_summary **ret, size_t *n,
		      struct zerr **err)
{
	_cleanup_free_ struct hyp_domain_info *infos = NULL;
	_cleanup_free_ struct domain_summary *all = NULL;
	size_t i, count;

	if (hyp_domain_list(ctx->hyp, &infos, &count, err) != 0)
		return -1;
	all = calloc(count + 1, sizeof(*all));
	if (!all)
		return zerr_no_memory(err);
	for (i = 0; i < count; i++)
		all[i].info = infos[i];
	if (ctx->xs && count && read_names(ctx, all, count, err) != 0)
		return -1;
	*ret = steal_ptr(all);
	*n = count;
	return 0;
}

int domain_list(struct domain_ctx *ctx, struct domain_summary **ret, size_t *n, struct zerr **err)
{
	_cleanup_zerr_ struct zerr *why = NULL;
	struct domain_ctx alone = *ctx;

	if (domain_list_named(ctx, ret, n, &why) == 0)
		return 0;
	alone.xs = NULL;
	if (ctx->xs && domain_list_named(&alone, ret, n, err) == 0) {
		domain_warn(ctx, "W411", "names are missing, the store does not answer: %s",
			    why->message);
		return 0;
	}
	return zerr_pass(err, steal_ptr(why));
}

int domain_name(struct domain_ctx *ctx, uint16_t domid, char **ret, struct zerr **err)
{
	int rc = domain_store_read(ctx, domid, "name", ret, err);

	if (rc == 0)
		return zerr_set(err, ZERR_NOT_FOUND, "E701", 0, "domain %u has no name", domid);
	return rc < 0 ? -1 : 0;
}

int domain_find_name(struct domain_ctx *ctx, const char *name, uint16_t *ret, struct zerr **err)
{
	_cleanup_free_ struct domain_summary *all = NULL;
	size_t i, n;

	if (domain_list_named(ctx, &all, &n, err) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (strcmp(all[i].name, name) != 0)
			continue;
		*ret = all[i].info.domid;
		return 1;
	}
	return 0;
}

int domain_find_uuid(struct domain_ctx *ctx, const uint8_t uuid[16], uint16_t *ret,
		     struct zerr **err)
{
	_cleanup_free_ struct hyp_domain_info *infos = NULL;
	size_t i, n;

	if (hyp_domain_list(ctx->hyp, &infos, &n, err) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (memcmp(infos[i].uuid, uuid, 16) != 0)
			continue;
		*ret = infos[i].domid;
		return 1;
	}
	return 0;
}

static int resolve_id(struct domain_ctx *ctx, const char *text, uint16_t *ret, struct zerr **err)
{
	struct hyp_domain_info info;
	uint32_t id;
	int rc;

	if (parse_domid(text, &id) != 0)
		return 0;
	rc = hyp_domain_info(ctx->hyp, (uint16_t)id, &info, err);
	if (rc == 1)
		*ret = (uint16_t)id;
	return rc;
}

static bool all_digits(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isdigit((unsigned char)*s))
			return false;
	return true;
}

/* How a text on a command line means a domain, and what is left of it. */
enum meaning { BY_ID, BY_UUID, BY_NAME, NOBODY };

static enum meaning meaning_of(const char **text, uint8_t uuid[16])
{
	const char *t = *text;

	if (strncmp(t, "id=", 3) == 0) {
		*text += 3;
		return BY_ID;
	}
	if (strncmp(t, "uuid=", 5) == 0)
		return domain_uuid_parse(t + 5, uuid) == 0 ? BY_UUID : NOBODY;
	if (strncmp(t, "name=", 5) == 0) {
		*text += 5;
		return BY_NAME;
	}
	if (all_digits(t))
		return BY_ID;
	return domain_uuid_parse(t, uuid) == 0 ? BY_UUID : BY_NAME;
}

const char *domain_text_problem(const char *text)
{
	uint8_t uuid[16];
	uint32_t id;

	if (strncmp(text, "id=", 3) == 0)
		return parse_domid(text + 3, &id) == 0 ? NULL : "this is no domain's number";
	if (strncmp(text, "uuid=", 5) == 0)
		return domain_uuid_parse(text + 5, uuid) == 0 ? NULL : "this is no UUID";
	/* Other tools may have given names that ours do not. */
	if (strncmp(text, "name=", 5) != 0 || all_digits(text + 5) ||
	    strcmp(text + 5, "Domain-0") == 0)
		return NULL;
	return domain_name_problem(text + 5);
}

bool domain_is_meant(const char *text, uint16_t domid, const char *name, const uint8_t uuid[16])
{
	uint8_t wanted[16];
	uint32_t id;

	switch (meaning_of(&text, wanted)) {
	case BY_ID:
		return parse_domid(text, &id) == 0 && id == domid;
	case BY_UUID:
		return memcmp(uuid, wanted, sizeof(wanted)) == 0;
	case BY_NAME:
		return name[0] != '\0' && strcmp(name, text) == 0;
	case NOBODY:
		break;
	}
	return false;
}

static int resolve(struct domain_ctx *ctx, const char *text, uint16_t *ret, struct zerr **err)
{
	uint8_t uuid[16];

	switch (meaning_of(&text, uuid)) {
	case BY_ID:
		return resolve_id(ctx, text, ret, err);
	case BY_UUID:
		return domain_find_uuid(ctx, uuid, ret, err);
	case BY_NAME:
		return domain_need_store(ctx, err) != 0 ? -1 : domain_find_name(ctx, text, ret, err);
	case NOBODY:
		break;
	}
	return 0;
}

/* Is the monitor just now bringing back a domain that text may mean? Its id will be another. */
static bool is_restarting(struct domain_ctx *ctx, const char *text)
{
	_cleanup_free_ uint16_t *ids = NULL;
	struct domain_state s;
	bool found = false;
	size_t i, n;

	if (domain_state_scan(ctx, &ids, &n, NULL) != 0)
		return false;
	for (i = 0; i < n && !found; i++) {
		if (domain_state_load(ctx, ids[i], &s, NULL) != 1)
			continue;
		found = s.restart_pending && domain_is_meant(text, UINT16_MAX, s.name, s.uuid);
		domain_state_clear(&s);
	}
	return found;
}

/*
 * name | domid | UUID; class ZERR_NOT_FOUND when it means no domain. One that is being restarted
 * is not there for a moment: it is waited for, so that a destroy, say, does not miss it.
 */
int domain_resolve(struct domain_ctx *ctx, const char *text, uint16_t *ret, struct zerr **err)
{
	const struct timespec step = { .tv_nsec = RESTART_STEP_NS };
	int rc = resolve(ctx, text, ret, err), i;

	for (i = 0; rc == 0 && i < RESTART_STEPS && is_restarting(ctx, text); i++) {
		nanosleep(&step, NULL);
		rc = resolve(ctx, text, ret, err);
	}
	/* The successor may have come between the two looks. */
	if (rc == 0)
		rc = resolve(ctx, text, ret, err);
	if (rc == 0) {
		zerr_set(err, ZERR_NOT_FOUND, "E701", 0, "there is no domain \"%s\"", text);
		return zerr_hint(err, "zl list shows the domains that exist");
	}
	return rc < 0 ? -1 : 0;
}

/* "SECONDS.FRACTION" as /vm/UUID/start_time has it. */
static bool parse_start_time(const char *text, uint64_t *ns)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (errno != 0 || end == text || *end || !(seconds >= 0) || seconds > 1e10)
		return false;
	*ns = (uint64_t)(seconds * 1e9);
	return true;
}

int domain_uptime_ns(struct domain_ctx *ctx, uint16_t domid, uint64_t *ret, struct zerr **err)
{
	char path[80], uuid[DOMAIN_UUID_TEXT];
	_cleanup_free_ char *text = NULL;
	struct hyp_domain_info info;
	uint64_t start, ns;
	int rc;

	if (domid == 0) {
		*ret = clock_ns(CLOCK_BOOTTIME);
		return 0;
	}
	if (domain_need_store(ctx, err) != 0 || domain_must_exist(ctx, domid, &info, err) != 0)
		return -1;
	domain_uuid_format(info.uuid, uuid);
	snprintf(path, sizeof(path), "/vm/%s/start_time", uuid);
	rc = xs_read(ctx->xs, XS_NO_TX, path, &text, NULL, err);
	if (rc < 0)
		return -1;
	if (rc == 0 || !parse_start_time(text, &start))
		return zerr_set(err, ZERR_NOT_FOUND, "E702", 0,
				"the store does not say when domain %u was started", domid);
	ns = clock_ns(CLOCK_REALTIME);
	*ret = ns > start ? ns - start : 0;
	return 0;
}
