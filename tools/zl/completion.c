/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completion scripts for bash, zsh and fish, made from the command table: commands, options, names
 * of domains, ids of devices, files. What a script asks at run time it asks zl itself. The scripts
 * without what is made are in text/.
 */
#include "zl.h"

/* Text between single quotes of a shell. */
static void put_quoted(FILE *f, const char *text)
{
	fputc('\'', f);
	for (; *text != '\0'; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, f);
	fputc('\'', f);
}

static void bash_words(FILE *f, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		if (o->letter)
			fprintf(f, " -%c", o->letter);
		fprintf(f, " --%s%s", o->name, o->arg ? "=" : "");
	}
}

/* What a word of a synopsis stands for: other words, or with '@' what the scripts know to find. */
static const struct kind {
	const char *word, *is;
} kinds[] = {
	{ "DOM", "@domains" }, { "FILE", "@files" }, { "OUT", "@files" }, { "DIR", "@files" },
	{ "TARGET", "@files" }, { "TARGET,FORMAT,VDEV,ACCESS", "@files" }, { "POOL", "@pools" },
	{ "VDEV", "@block-list" }, { "DEVID", "@network-list" }, { "NAME|FILE", "@device-list" },
	{ "SNAPSHOT", "@snapshot:list" },
};

/* The places that a command's arguments have; those behind are like the last. */
#define PLACES 4u
struct places {
	struct strbuf at[PLACES];
};

static void add_kind(struct strbuf *sb, const char *is, size_t len)
{
	for (const char *p = sb->len > 0 ? strbuf_cstr(sb) : NULL; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strcspn(p, ",") == len && strncmp(p, is, len) == 0)
			return;
	}
	strbuf_addstr(sb, sb->len > 0 ? "," : "");
	strbuf_add(sb, is, len);
}

/* "DOM", "VCPU|all", "up|down": a word, or each of several. */
static void add_kinds(struct strbuf *sb, const char *word, size_t len)
{
	const char *end = word + len;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].word) == len && strncmp(kinds[i].word, word, len) == 0)
			add_kind(sb, kinds[i].is, strlen(kinds[i].is));
	if (len == strlen("COMMAND") && strncmp(word, "COMMAND", len) == 0) {
		const struct zl_command *c;

		for_each_command(c)
			add_kind(sb, c->name, strlen(c->name));
	}
	if (strspn(word, "abcdefghijklmnopqrstuvwxyz01") >= len)
		add_kind(sb, word, len);
	if (memchr(word, '|', len) == NULL)
		return;
	for (const char *next; word < end; word = next + 1) {
		next = memchr(word, '|', (size_t)(end - word));
		next = next != NULL ? next : end;
		add_kinds(sb, word, (size_t)(next - word));
	}
}

/* Behind the option at p: "[-f FILE]..." is one in brackets, "-o FILE" and "--x=Y" are not. */
static const char *behind_option(const char *p)
{
	int depth = 0;

	if (*p == '[') {
		do
			depth += *p == '[' ? 1 : *p == ']' ? -1 : 0;
		while (*p++ != '\0' && depth > 0);
		return p + strspn(p, ".");
	}
	if (p[1] != '-' && p[2] == ' ' && p[3] != '|')
		p += 3;
	return p + strcspn(p, " ]");
}

/* Read a synopsis: what can stand at each place, in whichever of its alternatives. */
static void find_places(const struct zl_command *c, struct places *ret)
{
	unsigned int begun[8] = { 0 }, depth = 0, place = 0;
	const char *p = c->synopsis;

	memset(ret, 0, sizeof(*ret));
	while (*p != '\0') {
		size_t len = strcspn(p, " ]");

		if (p[0] == '-' || (p[0] == '[' && p[1] == '-')) {
			p = behind_option(p);
		} else if (*p == '[') {
			begun[++depth] = place;
			p++;
		} else if (*p == ']') {
			depth -= depth > 0;	/* a word's own: A[,A] */
			p += 1 + strspn(p + 1, ".");
		} else if (*p == ' ') {
			p++;
		} else if (len == 1 && *p == '|') {
			place = begun[depth];
			p++;
		} else {
			bool more = len > 3 && strncmp(p + len - 3, "...", 3) == 0;
			unsigned int last = more ? PLACES - 1 : MIN(place, PLACES - 1);

			for (unsigned int i = MIN(place, PLACES - 1); i <= last; i++)
				add_kinds(&ret->at[i], p, more ? len - 3 : len);
			place++;
			p += len;
		}
	}
	if (ret->at[0].len == 0 && c->flags & ZL_DOMAINS && c->max_args > 0)
		add_kinds(&ret->at[0], "DOM", 3);
}

/* Each place between quotes; those at the end that nothing is known of are left out. */
static void put_places(FILE *f, const struct zl_command *c)
{
	unsigned int n = PLACES;
	struct places places;

	find_places(c, &places);
	while (n > 0 && places.at[n - 1].len == 0)
		n--;
	for (unsigned int i = 0; i < PLACES; i++) {
		if (i < n)
			fprintf(f, "%s'%s'", i > 0 ? " " : "", strbuf_cstr(&places.at[i]));
		strbuf_free(&places.at[i]);
	}
}

static void put_kinds_of(FILE *f, const char *word)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	add_kinds(&sb, word, strlen(word));
	fputs(strbuf_cstr(&sb), f);
}

/* " -o=@files --output=@files": the options that have a value, and what that can be. */
static void put_values(FILE *f, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		if (o->arg == NULL)
			continue;
		if (o->letter) {
			fprintf(f, " -%c=", o->letter);
			put_kinds_of(f, o->arg);
		}
		fprintf(f, " --%s=", o->name);
		put_kinds_of(f, o->arg);
	}
}

static void put_global_values(FILE *f)
{
	put_values(f, zl_global_options);
}

/* A row of the scripts' own table, but for what differs between the shells. */
static void put_row(FILE *f, const struct zl_command *c)
{
	fputs(" vals+=\"", f);
	put_values(f, c->options);
	fputs("\" takes=(", f);
	put_places(f, c);
	fputs(") ;;\n", f);
}

static void bash_command(FILE *f, const struct zl_command *c)
{
	fprintf(f, "\t%s%s%s) opts=(--help", c->name, c->alias ? "|" : "",
		c->alias ? c->alias : "");
	bash_words(f, c->options);
	fputc(')', f);
	put_row(f, c);
}

static void bash_first(FILE *f)
{
	const struct zl_command *c;

	for_each_command(c)
		fprintf(f, " %s", c->name);
	bash_words(f, zl_global_options);
}

static void bash_commands(FILE *f)
{
	const struct zl_command *c;

	for_each_command(c)
		bash_command(f, c);
}

void zl_completion_bash(FILE *f)
{
	static const char script[] =
#include "text/completion.bash"
	;

	zl_print_text(f, script,
		      (zl_text_part *const[]){ bash_commands, put_global_values, bash_first });
}

static void zsh_options(FILE *f, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		char word[64];

		snprintf(word, sizeof(word), "--%s%s:", o->name, o->arg ? "=" : "");
		fputs("\t\t\t", f);
		put_quoted(f, word);
		put_quoted(f, o->help);
		fputc('\n', f);
	}
}

static void zsh_command(FILE *f, const struct zl_command *c)
{
	fprintf(f, "\t%s%s%s)\n\t\topts=(\n", c->name, c->alias ? "|" : "",
		c->alias ? c->alias : "");
	zsh_options(f, c->options);
	fputs("\t\t)\n\t\t", f);
	put_row(f, c);
}

static void zsh_first(FILE *f)
{
	const struct zl_command *c;

	for_each_command(c) {
		fprintf(f, "\t\t\t'%s:'", c->name);
		put_quoted(f, c->summary);
		fputc('\n', f);
	}
	zsh_options(f, zl_global_options);
}

static void zsh_commands(FILE *f)
{
	const struct zl_command *c;

	for_each_command(c)
		zsh_command(f, c);
}

void zl_completion_zsh(FILE *f)
{
	static const char script[] =
#include "text/completion.zsh"
	;

	zl_print_text(f, script,
		      (zl_text_part *const[]){ zsh_commands, put_global_values, zsh_first });
}

static void fish_options(FILE *f, const char *when, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		_cleanup_strbuf_ struct strbuf is = STRBUF_INIT;

		if (o->arg != NULL)
			add_kinds(&is, o->arg, strlen(o->arg));
		fprintf(f, "complete -c zl%s%s%s -l %s", when, o->letter ? " -s " : "",
			o->letter ? (char[]){ o->letter, '\0' } : "", o->name);
		if (is.len > 0)
			fprintf(f, " -x -a '(__zl_words %s)'", strbuf_cstr(&is));
		fputs(o->arg != NULL && is.len == 0 ? " -x -d " : " -d ", f);
		put_quoted(f, o->help);
		fputc('\n', f);
	}
}

/* The options that have a value. */
static void fish_values(FILE *f, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		if (o->arg != NULL && o->letter)
			fprintf(f, " -%c", o->letter);
		if (o->arg != NULL)
			fprintf(f, " --%s", o->name);
	}
}

static void fish_global_values(FILE *f)
{
	fish_values(f, zl_global_options);
}

static void fish_rows(FILE *f)
{
	const struct zl_command *c;

	for_each_command(c) {
		fprintf(f, "\t\tcase %s %s\n\t\t\tset -a __zl_vals", c->name, c->alias ? c->alias : "");
		fish_values(f, c->options);
		fputs("\n\t\t\tset __zl_takes ", f);
		put_places(f, c);
		fputc('\n', f);
	}
}

static void fish_all(FILE *f)
{
	const struct zl_command *c;

	fish_options(f, "", zl_global_options);
	for_each_command(c) {
		char when[96];

		fprintf(f, "complete -c zl -n '__zl_in \"\"' -a %s -d ", c->name);
		put_quoted(f, c->summary);
		fputc('\n', f);
		snprintf(when, sizeof(when), " -n '__zl_in %s%s%s'", c->name,
			 c->alias ? " " : "", c->alias ? c->alias : "");
		fish_options(f, when, c->options);
	}
}

void zl_completion_fish(FILE *f)
{
	static const char script[] =
#include "text/completion.fish"
	;

	zl_print_text(f, script,
		      (zl_text_part *const[]){ fish_rows, fish_global_values, fish_all });
}
