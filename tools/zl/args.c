/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parsing of arguments by option rows: the global ones before the command (and behind it, where
 * the command has none of that name), the command's own before or after its positional
 * arguments. "--" ends the options; long ones take --opt=VAL or --opt VAL; letters without an
 * argument may be joined.
 */
#include "zl.h"

#include "xentools/str_table.h"

/* The row of "--name" (len bytes) or of a letter. */
static const struct zl_option *find_long(const struct zl_option *rows, const char *name, size_t len)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		if (strncmp(rows->name, name, len) == 0 && rows->name[len] == '\0')
			return rows;
	return NULL;
}

static const struct zl_option *find_letter(const struct zl_option *rows, char letter)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

/* The value of a long option: behind '=', or the next argument. NULL with *err set. */
static const char *long_value(const struct zl_option *o, const char *equals, int argc, char **argv,
			      int *i, struct zerr **err)
{
	if (equals != NULL)
		return equals + 1;
	if (*i + 1 < argc)
		return argv[++*i];
	zerr_set(err, ZERR_USAGE, "E003", 0, "--%s needs an argument (%s)", o->name, o->arg);
	return NULL;
}

static int set_timeout(struct zl *zl, const char *value, struct zerr **err)
{
	uint32_t seconds;

	if (parse_u32(value, 0, 1000000, &seconds) < 0)
		return zerr_set(err, ZERR_USAGE, "E004", 0,
				"\"%s\" is not a number of seconds (0 to 1000000)", value);
	zl->timeout_s = seconds;
	zl->timeout_set = true;
	return 0;
}

static int apply_global(struct zl *zl, const struct zl_option *o, const char *value,
			struct zerr **err)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "quiet", &zl->quiet }, { "dry-run", &zl->dry_run }, { "force", &zl->force },
		{ "json", &zl->json }, { "progress", &zl->progress },
		{ "timestamps", &zl->stamps }, { "no-color", &zl->no_color },
		{ "pager", &zl->paged },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (strcmp(o->name, flags[i].name) == 0)
			*flags[i].flag = true;
	if (strcmp(o->name, "verbose") == 0)
		zl->verbose++;
	else if (strcmp(o->name, "config-dir") == 0)
		zl->config_dir = value;
	else if (strcmp(o->name, "run-dir") == 0)
		zl->run_dir = value;
	else if (strcmp(o->name, "timeout") == 0)
		return set_timeout(zl, value, err);
	return 0;
}

/* Take a global option at argv[*i]; see zl.h. help and version are the caller's. */
int zl_global_option(struct zl *zl, int argc, char **argv, int *i, struct zerr **err)
{
	const char *arg = argv[*i], *equals, *value = NULL;
	const struct zl_option *o;

	if (strncmp(arg, "--", 2) == 0 && arg[2] != '\0') {
		equals = strchr(arg, '=');
		o = find_long(zl_global_options, arg + 2,
			      equals != NULL ? (size_t)(equals - arg - 2) : strlen(arg + 2));
		if (o == NULL)
			return 0;
		if (o->arg != NULL) {
			value = long_value(o, equals, argc, argv, i, err);
			if (value == NULL)
				return -1;
		} else if (equals != NULL) {
			return zerr_set(err, ZERR_USAGE, "E003", 0, "--%s takes no argument",
					o->name);
		}
		if (apply_global(zl, o, value, err) < 0)
			return -1;
		(*i)++;
		return 1;
	}
	for (const char *p = arg + 1; *p != '\0'; p++) {	/* "-vvN" */
		o = find_letter(zl_global_options, *p);
		if (o == NULL)
			return 0;
		if (apply_global(zl, o, NULL, err) < 0)
			return -1;
	}
	(*i)++;
	return 1;
}

static int unknown_option(const struct zl_command *cmd, const char *arg, struct zerr **err)
{
	char word[64];
	struct str_near near = { word + 2, 3, NULL };

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(arg, "="), arg);
	zerr_set(err, ZERR_USAGE, "E005", 0, "unknown option %s", word);
	for (const struct zl_option *o = cmd->options; o != NULL && o->name != NULL; o++)
		if (strncmp(word, "--", 2) == 0)
			str_near_try(&near, o->name);
	if (near.best != NULL)
		return zerr_hint(err, "did you mean --%s?", near.best);
	return zerr_hint(err, "usage: zl %s %s", cmd->name, cmd->synopsis);
}

static void take(struct zl_args *args, const struct zl_option *o, const char *value)
{
	args->count[o - args->cmd->options]++;
	args->given[args->given_count].option = o;
	args->given[args->given_count].value = value;
	args->given_count++;
}

static int parse_long(struct zl *zl, struct zl_args *args, int argc, char **argv, int *i,
		      struct zerr **err)
{
	const char *arg = argv[*i], *equals = strchr(arg, '='), *value = NULL;
	const struct zl_option *o;
	int rc;

	o = find_long(args->cmd->options, arg + 2,
		      equals != NULL ? (size_t)(equals - arg - 2) : strlen(arg + 2));
	if (o == NULL) {
		if (strcmp(arg, "--help") == 0) {
			args->help = true;
			(*i)++;
			return 0;
		}
		rc = strcmp(arg, "--version") == 0 ? 0
						    : zl_global_option(zl, argc, argv, i, err);
		if (rc == 0)
			return unknown_option(args->cmd, arg, err);
		return rc < 0 ? -1 : 0;
	}
	if (o->arg != NULL) {
		value = long_value(o, equals, argc, argv, i, err);
		if (value == NULL)
			return -1;
	} else if (equals != NULL) {
		return zerr_set(err, ZERR_USAGE, "E003", 0, "--%s takes no argument", o->name);
	}
	take(args, o, value);
	(*i)++;
	return 0;
}

/* "-pc", "-s FIELD", "-sFIELD". */
static int parse_letters(struct zl_args *args, int argc, char **argv, int *i, struct zerr **err)
{
	const char *arg = argv[(*i)++];

	for (const char *p = arg + 1; *p != '\0'; p++) {
		const struct zl_option *o = find_letter(args->cmd->options, *p);
		char shown[3] = { '-', *p, '\0' };

		if (o == NULL && *p == 'h') {
			args->help = true;
			continue;
		}
		if (o == NULL)
			return unknown_option(args->cmd, shown, err);
		if (o->arg == NULL) {
			if (args->given_count > 255)
				return zerr_set(err, ZERR_USAGE, "E003", 0, "too many options");
			take(args, o, NULL);
			continue;
		}
		if (p[1] != '\0') {
			take(args, o, p + 1);
		} else if (*i < argc) {
			take(args, o, argv[(*i)++]);
		} else {
			return zerr_set(err, ZERR_USAGE, "E003", 0, "%s needs an argument (%s)",
					shown, o->arg);
		}
		break;
	}
	return 0;
}

static int check_number(const struct zl_args *args, struct zerr **err)
{
	const struct zl_command *cmd = args->cmd;
	bool all = zl_all(args), none = cmd->flags & ZL_ALL && !all && args->doms == 0;
	const char *why = all && args->doms > 0 ? "-a and a name exclude each other" :
		none || args->pos_count + all < cmd->min_args ? "an argument is missing" :
		args->pos_count > cmd->max_args ? "too many arguments" : NULL;

	if (why == NULL)
		return 0;
	zerr_set(err, ZERR_USAGE, "E006", 0, "%s: %s", cmd->name, why);
	return zerr_hint(err, "usage: zl %s %s", cmd->name, cmd->synopsis);
}

/* -f before the command: the command's own, if it has one. */
static int check_force(const struct zl *zl, struct zl_args *args, struct zerr **err)
{
	const struct zl_option *o = find_long(args->cmd->options, "force", 5);

	if (!zl->force)
		return 0;
	if (o == NULL)
		return zerr_set(err, ZERR_USAGE, "E005", 0, "%s has nothing to force",
				args->cmd->name);
	args->count[o - args->cmd->options]++;
	return 0;
}

/*
 * How many arguments name domains: the first, and where the synopsis says so all but those for the
 * words behind it. One of these in brackets is a number, or left out.
 */
static size_t count_domains(const struct zl_args *args)
{
	size_t n = args->pos_count, behind = 0;
	const char *p;

	if (!(args->cmd->flags & ZL_DOMAINS) || n == 0)
		return 0;
	p = strstr(args->cmd->synopsis, "DOM...");
	if (p == NULL)
		return 1;
	for (p += strlen("DOM..."); p[0] == ' ' && p[1] != '|'; p += 1 + strcspn(p + 1, " "))
		behind += p[1] != '[' || strspn(args->pos[n - 1], "0123456789") ==
			strlen(args->pos[n - 1]);
	return n - MIN(n, behind);
}

static int check_domains(const struct zl_args *args, struct zerr **err)
{
	for (size_t i = 0; i < args->doms; i++) {
		const char *why = domain_text_problem(args->pos[i]);

		if (why != NULL)
			return zerr_set(err, ZERR_USAGE, "E007", 0, "%s: \"%s\": %s",
					args->cmd->name, args->pos[i], why);
	}
	return 0;
}

/* Parse a command's arguments; see zl.h. argv[0] is the first behind the command's name. */
int zl_args_parse(struct zl *zl, const struct zl_command *cmd, int argc, char **argv,
		  struct zl_args *args, struct zerr **err)
{
	size_t letters = 0;
	int i = 0, rc = 0;

	memset(args, 0, sizeof(*args));
	args->cmd = cmd;
	for (int k = 0; k < argc; k++)
		letters += strlen(argv[k]);	/* an upper bound for the options given */
	args->given = calloc(letters + 1, sizeof(*args->given));
	args->pos = calloc((size_t)argc + 1, sizeof(*args->pos));
	if (args->given == NULL || args->pos == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	while (i < argc && rc == 0) {
		if (strcmp(argv[i], "--") == 0) {
			for (i++; i < argc; i++)
				args->pos[args->pos_count++] = argv[i];
		} else if (strncmp(argv[i], "--", 2) == 0) {
			rc = parse_long(zl, args, argc, argv, &i, err);
		} else if (argv[i][0] == '-' && argv[i][1] != '\0') {
			rc = parse_letters(args, argc, argv, &i, err);
		} else {
			args->pos[args->pos_count++] = argv[i++];
		}
	}
	if (rc < 0 || args->help)
		return rc;
	args->doms = count_domains(args);
	return check_number(args, err) < 0 || check_domains(args, err) < 0 ? -1 :
	       check_force(zl, args, err);
}

void zl_args_free(struct zl_args *args)
{
	free(args->given);
	free(args->pos);
	memset(args, 0, sizeof(*args));
}

/* How often an option of the command was given. */
unsigned int zl_count(const struct zl_args *args, const char *option)
{
	const struct zl_option *o = find_long(args->cmd->options, option, strlen(option));

	return o != NULL ? args->count[o - args->cmd->options] : 0;
}

/* The last value of an option, or NULL. */
const char *zl_value(const struct zl_args *args, const char *option)
{
	for (size_t i = args->given_count; i-- > 0;)
		if (strcmp(args->given[i].option->name, option) == 0)
			return args->given[i].value;
	return NULL;
}

/* Milliseconds of the command's --timeout, else the global one, else what is passed. */
int zl_timeout_ms(const struct zl *zl, const struct zl_args *args, int otherwise, int *ret,
		  struct zerr **err)
{
	const char *value = zl_value(args, "timeout");
	uint32_t seconds;

	if (value == NULL) {
		*ret = zl->timeout_set ? (int)zl->timeout_s * 1000 : otherwise;
		return 0;
	}
	if (parse_u32(value, 0, 1000000, &seconds) < 0)
		return zerr_set(err, ZERR_USAGE, "E004", 0,
				"\"%s\" is not a number of seconds (0 to 1000000)", value);
	*ret = (int)seconds * 1000;
	return 0;
}
