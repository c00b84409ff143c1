/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of zl.conf; see zl_conf.h. Adding a key is adding a row. */
#include "xentools/zl_conf.h"

#include "diag.h"
#include "xentools/fd_util.h"
#include "xentools/parse_num.h"
#include "xentools/str_table.h"

enum kind { TEXT, NUMBER, YES_NO, WORD, IFNAME };

static const struct row {
	const char *key;
	enum kind kind;
	const char *otherwise;		/* when it is not set; NULL: nothing */
	uint64_t min, max;		/* of a NUMBER */
	const char *words;		/* of a WORD: "a b c" */
	const char *help;
} rows[] = {
	{ "default.timeout", NUMBER, "60", 1, 86400, NULL, "seconds that zl waits, as --timeout" },
	{ "log.level", WORD, "info", 0, 0, "error warning info debug",
	  "what goes to the system's log" },
	{ "migrate.bandwidth", NUMBER, NULL, 1, 1000000, NULL,
	  "MiB a second at most, as zl migrate --bandwidth" },
	{ "migrate.ssh", TEXT, "ssh", 0, 0, NULL,
	  "the command in whose place zl migrate -s gives another" },
	{ "network.address", TEXT, NULL, 0, 0, NULL,
	  "address of the bridge: 192.168.1.1/24" },
	{ "network.bridge", IFNAME, NULL, 0, 0, NULL, "a bridge that zl-services makes" },
	{ "network.nat", YES_NO, "no", 0, 0, NULL, "hide the bridge's guests behind the host" },
	{ "network.script", TEXT, "vif-bridge", 0, 0, NULL, "script of interfaces on a bridge" },
	{ "network.uplink", IFNAME, NULL, 0, 0, NULL,
	  "an interface of the host that becomes a port of the bridge" },
};

static const char *const sections[] = { "console", "default", "log", "metrics", "migrate",
					"network", "storage" };

struct network {
	char *name, *bridge;
};

struct zl_conf {
	char *values[ARRAY_SIZE(rows)];
	struct network *networks;
	size_t network_count;
};

/* What is being read. */
struct parser {
	struct zl_conf *conf;
	struct config_diags *diags;
	unsigned int line;
	char section[32];
	int rc;
};

static const struct row *find_row(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

/* Why a value is not of its row's type, as a clause, or NULL. */
static const char *problem(const struct row *row, const char *value)
{
	uint64_t n;

	switch (row->kind) {
	case TEXT:
		return value[0] != '\0' ? NULL : "is empty";
	case NUMBER:
		return parse_u64(value, row->min, row->max, &n) == 0 ? NULL :
			"is no number in its range";
	case YES_NO:
		return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0 ? NULL :
			"is neither yes nor no";
	case IFNAME:
		return domain_ifname_problem(value);
	case WORD:
		for (const char *w = row->words; w != NULL; w = strchr(w, ' ')) {
			w += *w == ' ';
			if (strlen(value) == strcspn(w, " ") &&
			    strncmp(w, value, strlen(value)) == 0)
				return NULL;
		}
	}
	return "is not one of its words";
}

static void add_network(struct parser *p, const char *name, const char *bridge)
{
	struct zl_conf *c = p->conf;
	struct network *n = realloc(c->networks, (c->network_count + 1) * sizeof(*n));

	if (n == NULL) {
		p->rc = -ENOMEM;
		return;
	}
	c->networks = n;
	n[c->network_count] = (struct network){ strdup(name), strdup(bridge) };
	if (n[c->network_count].name == NULL || n[c->network_count].bridge == NULL)
		p->rc = -ENOMEM;
	c->network_count++;
}

static void report_unknown(struct parser *p, const char *key)
{
	const char *near = NULL;
	char hint[64];

	for (size_t i = 0; i < ARRAY_SIZE(rows) && near == NULL; i++)
		if (str_distance(key, rows[i].key) <= 2)
			near = rows[i].key;
	snprintf(hint, sizeof(hint), "did you mean %s?", near != NULL ? near : "");
	diag_add(p->diags, CONFIG_WARNING, p->line, 1, NULL, "W102", near != NULL ? hint : NULL,
		 "unknown key \"%.60s\"", key);
}

static void set(struct parser *p, const char *key, const char *value)
{
	const struct row *row = find_row(key);
	const char *why = row != NULL ? problem(row, value) : NULL;
	char **slot;

	if (why != NULL) {
		diag_add(p->diags, CONFIG_ERROR, p->line, 1, strdup(key), "E940", NULL,
			 "\"%.60s\" %s%s%s", value, why, row->words ? ": " : "",
			 row->words ? row->words : "");
	} else if (row != NULL) {
		slot = &p->conf->values[row - rows];
		free(*slot);
		*slot = strdup(value);
		if (*slot == NULL)
			p->rc = -ENOMEM;
	} else if (strncmp(key, "network.", 8) == 0 && domain_ifname_problem(value) == NULL) {
		add_network(p, key + 8, value);
	} else {
		report_unknown(p, key);
	}
}

static char *trim(char *s)
{
	return str_trim(s, " \t\r");
}

/* What stands behind " #", but not inside of quotes. */
static char *without_comment(char *value)
{
	char *end = value[0] == '"' ? strchr(value + 1, '"') : NULL;

	for (char *p = end != NULL ? end : value; *p != '\0'; p++)
		if (*p == '#' && p > value && strchr(" \t", p[-1]) != NULL)
			*p = '\0';
	return trim(value);
}

static void read_section(struct parser *p, char *name)
{
	char *end = strchr(name, ']');

	if (end != NULL)
		*end = '\0';
	snprintf(p->section, sizeof(p->section), "%s", trim(name));
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (end != NULL && strcmp(sections[i], p->section) == 0)
			return;
	diag_add(p->diags, CONFIG_WARNING, p->line, 1, NULL, "W102", NULL,
		 "unknown section \"%.30s\"", p->section);
}

static void read_line(struct parser *p, char *text)
{
	char *equals, *value, key[128];
	size_t len;

	text = trim(text);
	if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
		return;
	if (text[0] == '[') {
		read_section(p, text + 1);
		return;
	}
	equals = strchr(text, '=');
	if (equals == NULL) {
		diag_add(p->diags, CONFIG_ERROR, p->line, 1, NULL, "E940", NULL,
			 "the line is no \"key = value\"");
		return;
	}
	*equals = '\0';
	value = without_comment(trim(equals + 1));
	len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		value[len - 1] = '\0';
		value++;
	}
	snprintf(key, sizeof(key), "%s%s%s", p->section, p->section[0] ? "." : "", trim(text));
	set(p, key, value);
}

/* Read the file; see zl_conf.h. */
int zl_conf_load(const char *path, struct zl_conf **ret, struct config_diags *diags,
		 struct zerr **err)
{
	struct parser p = { .conf = calloc(1, sizeof(*p.conf)), .diags = diags };
	_cleanup_free_ char *text = NULL;
	size_t size;
	int rc = fd_read_file(path, CONFIG_FILE_MAX, &text, &size);

	diags->file = strdup(path);
	if (rc == 0 && strlen(text) != size)
		rc = -EINVAL;
	if (p.conf == NULL)
		rc = -ENOMEM;
	for (char *line = text, *next; rc == 0 && line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		p.line++;
		read_line(&p, line);
		rc = p.rc;
	}
	if (rc == 0 && diags->errors > 0)
		zerr_set(err, ZERR_BAD_CONFIG, "E940", 0, "%s has %u error%s", path, diags->errors,
			 diags->errors > 1 ? "s" : "");
	else if (rc < 0 && rc != -ENOENT)
		zerr_set(err, rc == -ENOMEM ? ZERR_NO_RESOURCES : ZERR_BAD_CONFIG, "E941", -rc,
			 "cannot read %s", path);
	else
		*ret = steal_ptr(p.conf);
	rc = p.conf == NULL && rc != -ENOMEM ? 0 : -1;
	zl_conf_free(p.conf);
	return rc;
}

void zl_conf_free(struct zl_conf *conf)
{
	if (conf == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		free(conf->values[i]);
	for (size_t i = 0; i < conf->network_count; i++) {
		free(conf->networks[i].name);
		free(conf->networks[i].bridge);
	}
	free(conf->networks);
	free(conf);
}

const char *zl_conf_str(const struct zl_conf *conf, const char *key)
{
	const struct row *row = find_row(key);

	if (row == NULL)
		return NULL;
	return conf != NULL && conf->values[row - rows] != NULL ? conf->values[row - rows] :
		row->otherwise;
}

uint64_t zl_conf_uint(const struct zl_conf *conf, const char *key)
{
	const char *text = zl_conf_str(conf, key);
	uint64_t n = 0;

	if (text == NULL || parse_u64(text, 0, UINT64_MAX, &n) < 0)
		return 0;
	return n;
}

/* The last line about it counts; see zl_conf.h. */
const char *zl_conf_bridge(const struct zl_conf *conf, const char *network)
{
	for (size_t i = conf != NULL ? conf->network_count : 0; i > 0; i--)
		if (strcmp(conf->networks[i - 1].name, network) == 0)
			return conf->networks[i - 1].bridge;
	return strcmp(network, "default") == 0 ? "zbr0" : NULL;
}

/* The rows, for the manual page; see zl_conf.h. */
bool zl_conf_key(size_t i, const char **key, const char **otherwise, const char **words,
		 const char **help)
{
	if (i >= ARRAY_SIZE(rows))
		return false;
	*key = rows[i].key;
	*otherwise = rows[i].otherwise;
	*words = rows[i].words != NULL ? rows[i].words : rows[i].kind == YES_NO ? "yes no" : NULL;
	*help = rows[i].help;
	return true;
}
