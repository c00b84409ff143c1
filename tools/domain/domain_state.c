/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the toolstack keeps about a running domain beside the store: RUN_DIR/domains/DOMID.json,
 * with the configuration text and what to do when the domain ends. Replaced atomically; a version
 * and a checksum inside tell a file that is not ours or is damaged.
 */
#include <inttypes.h>

#include <json-c/json.h>
#include <zlib.h>

#include "tools/domain/domain_priv.h"

#define STATE_VERSION 1
#define STATE_FILE_MAX (4 * 1024 * 1024)

static char *state_path(const struct domain_ctx *ctx, uint16_t domid)
{
	return text_printf("%s/domains/%u.json", domain_run_dir(ctx), domid);
}

/* Checksum over every field, in one fixed order; without memory *failed. */
static uint32_t checksum(const struct domain_state *s, bool *failed)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	char uuid[DOMAIN_UUID_TEXT];

	domain_uuid_format(s->uuid, uuid);
	strbuf_addf(&sb, "%d|%u|%s|%s|%" PRIu64 "|%u|%d|%d|%d|%d|", STATE_VERSION, s->domid,
		    s->name, uuid, s->created_ns, s->restarts, (int)s->on_poweroff,
		    (int)s->on_reboot, (int)s->on_crash, s->restart_pending);
	strbuf_addstr(&sb, s->config_text ? s->config_text : "");
	if (s->final)			/* files of before there was this are good */
		strbuf_addstr(&sb, "|final");
	*failed |= sb.failed;
	return (uint32_t)crc32(0, (const Bytef *)strbuf_cstr(&sb), (uInt)sb.len);
}

static void add_string(struct strbuf *sb, const char *key, const char *value)
{
	strbuf_addstr(sb, "  ");
	strbuf_add_json(sb, key);
	strbuf_addstr(sb, ": ");
	strbuf_add_json(sb, value);
	strbuf_addstr(sb, ",\n");
}

static void format(struct strbuf *sb, const struct domain_state *s)
{
	char uuid[DOMAIN_UUID_TEXT];

	domain_uuid_format(s->uuid, uuid);
	strbuf_addf(sb, "{\n  \"version\": %d,\n  \"checksum\": %" PRIu32 ",\n  \"domid\": %u,\n",
		    STATE_VERSION, checksum(s, &sb->failed), s->domid);
	add_string(sb, "name", s->name);
	add_string(sb, "uuid", uuid);
	strbuf_addf(sb, "  \"created_ns\": %" PRIu64 ",\n  \"restarts\": %u,\n", s->created_ns,
		    s->restarts);
	add_string(sb, "on_poweroff", domain_action_name(s->on_poweroff));
	add_string(sb, "on_reboot", domain_action_name(s->on_reboot));
	add_string(sb, "on_crash", domain_action_name(s->on_crash));
	if (s->config_text)
		add_string(sb, "config", s->config_text);
	if (s->final)
		strbuf_addstr(sb, "  \"final\": true,\n");
	strbuf_addf(sb, "  \"restart_pending\": %s\n}\n", s->restart_pending ? "true" : "false");
}

/* Write or replace the file of s->domid. Mode 0600: a command line may hold secrets. */
int domain_state_save(const struct domain_ctx *ctx, const struct domain_state *s,
		      struct zerr **err)
{
	_cleanup_free_ char *path = state_path(ctx, s->domid);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	int rc;

	format(&sb, s);
	if (!path || sb.failed)
		return zerr_no_memory(err);
	rc = fd_write_file_atomic(path, sb.buf, sb.len, 0600);
	if (rc == -ENOENT) {
		*strrchr(path, '/') = '\0';
		fd_mkdir_p(path, 0755);
		path[strlen(path)] = '/';
		rc = fd_write_file_atomic(path, sb.buf, sb.len, 0600);
	}
	if (rc < 0)
		return zerr_set(err, ZERR_FAILED, "E920", -rc, "cannot write %s", path);
	return 0;
}

static const char *get_string(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static bool get_u64(struct json_object *o, const char *key, uint64_t *ret)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int))
		return false;
	*ret = json_object_get_uint64(v);
	return true;
}

static bool get_action(struct json_object *o, const char *key, enum domain_action *ret)
{
	const char *word = get_string(o, key);

	return word && domain_action_parse(word, ret) == 0;
}

static bool parse(struct json_object *o, struct domain_state *s)
{
	uint64_t version, sum, domid, restarts;
	const char *name = get_string(o, "name"), *uuid = get_string(o, "uuid");
	const char *config = get_string(o, "config");
	struct json_object *pending, *final;
	bool failed = false;

	if (!get_u64(o, "version", &version) || version != STATE_VERSION ||
	    !get_u64(o, "checksum", &sum) || !get_u64(o, "domid", &domid) || domid > UINT16_MAX ||
	    !get_u64(o, "created_ns", &s->created_ns) || !get_u64(o, "restarts", &restarts) ||
	    !get_action(o, "on_poweroff", &s->on_poweroff) ||
	    !get_action(o, "on_reboot", &s->on_reboot) ||
	    !get_action(o, "on_crash", &s->on_crash) ||
	    !name || strlen(name) > DOMAIN_NAME_MAX || !uuid ||
	    domain_uuid_parse(uuid, s->uuid) != 0 ||
	    !json_object_object_get_ex(o, "restart_pending", &pending))
		return false;
	s->domid = (uint16_t)domid;
	s->restarts = (unsigned int)restarts;
	s->restart_pending = json_object_get_boolean(pending);
	s->final = json_object_object_get_ex(o, "final", &final) &&
		   json_object_get_boolean(final);
	snprintf(s->name, sizeof(s->name), "%s", name);
	if (config) {
		s->config_text = strdup(config);
		if (!s->config_text)
			return false;
	}
	return checksum(s, &failed) == sum && !failed;
}

int domain_state_load(const struct domain_ctx *ctx, uint16_t domid, struct domain_state *ret,
		      struct zerr **err)
{
	_cleanup_free_ char *path = state_path(ctx, domid), *text = NULL;
	struct domain_state s;
	struct json_object *o;
	size_t len;
	bool good;
	int rc;

	if (!path)
		return zerr_no_memory(err);
	rc = fd_read_file(path, STATE_FILE_MAX, &text, &len);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return zerr_set(err, ZERR_FAILED, "E920", -rc, "cannot read %s", path);
	memset(&s, 0, sizeof(s));
	o = json_tokener_parse(text);
	good = o && json_object_is_type(o, json_type_object) && parse(o, &s) && s.domid == domid;
	json_object_put(o);
	if (!good) {
		domain_state_clear(&s);
		return zerr_set(err, ZERR_STATE, "E706", 0, "%s is damaged or of another version",
				path);
	}
	*ret = s;
	return 1;
}

/* A file that is not there counts as removed. */
int domain_state_remove(const struct domain_ctx *ctx, uint16_t domid, struct zerr **err)
{
	_cleanup_free_ char *path = state_path(ctx, domid);

	if (!path)
		return zerr_no_memory(err);
	if (unlink(path) != 0 && errno != ENOENT)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot remove %s", path);
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* "17.json" is 17; anything else is not a domain's. */
static bool parse_file_name(const char *name, uint16_t *ret)
{
	size_t len = strlen(name);
	char digits[8];
	uint32_t id;

	if (len < 6 || len > 10 || strcmp(name + len - 5, ".json") != 0)
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)(len - 5), name);
	if (parse_domid(digits, &id) != 0)
		return false;
	*ret = (uint16_t)id;
	return true;
}

int domain_state_scan(const struct domain_ctx *ctx, uint16_t **ret, size_t *n, struct zerr **err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ uint16_t *ids = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	size_t count = 0;
	uint16_t id, *more;

	if (asprintf(&path, "%s/domains", domain_run_dir(ctx)) < 0) {
		path = NULL;
		return zerr_no_memory(err);
	}
	dir = opendir(path);
	if (!dir && errno != ENOENT)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot read %s", path);
	while (dir && (entry = readdir(dir)) != NULL) {
		if (!parse_file_name(entry->d_name, &id))
			continue;
		if (count % 64 == 0) {
			more = realloc(ids, (count + 64) * sizeof(*ids));
			if (!more)
				return zerr_no_memory(err);
			ids = more;
		}
		ids[count++] = id;
	}
	if (count)
		qsort(ids, count, sizeof(*ids), compare_ids);
	*ret = steal_ptr(ids);
	*n = count;
	return 0;
}

void domain_state_clear(struct domain_state *s)
{
	free(s->config_text);
	s->config_text = NULL;
}
