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

static void put_names(FILE *f)
{
	const struct zl_command *c;

	for_each_command(c)
		fprintf(f, " %s", c->name);
}

/* What a command's arguments can be that its row does not say by a flag. */
static void put_fixed(FILE *f, const struct zl_command *c)
{
	if (strcmp(c->name, "completion") == 0)
		fputs(" bash zsh fish", f);
	if (strcmp(c->name, "help") == 0)
		put_names(f);
}

/* "block" of block-detach, whose list knows the devices' ids; 0: it has none. */
static int device_class(const struct zl_command *c)
{
	const char *dash = strchr(c->name, '-');

	return dash != NULL && (strcmp(dash, "-detach") == 0 || strcmp(dash, "-resize") == 0) ?
	       (int)(dash - c->name) : 0;
}

static void bash_command(FILE *f, const struct zl_command *c)
{
	fprintf(f, "\t%s%s%s) opts=\"--help", c->name, c->alias ? "|" : "",
		c->alias ? c->alias : "");
	bash_words(f, c->options);
	put_fixed(f, c);
	fprintf(f, "\"%s", c->flags & ZL_DOMAINS ? " kind=domains" :
		c->flags & ZL_FILES ? " kind=files" : "");
	if (device_class(c))
		fprintf(f, " list=%.*s-list", device_class(c), c->name);
	fputs(" ;;\n", f);
}

static void bash_first(FILE *f)
{
	put_names(f);
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

	zl_print_text(f, script, (zl_text_part *const[]){ bash_first, bash_commands });
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
	fputs("\t\t)\n", f);
	if (device_class(c))
		fprintf(f, "\t\tlist=%.*s-list\n", device_class(c), c->name);
	if (c->flags & (ZL_DOMAINS | ZL_FILES))
		fprintf(f, "\t\tkind=%s\n", c->flags & ZL_DOMAINS ? "domains" : "files");
	fputs("\t\twords_=(", f);
	put_fixed(f, c);
	fputs(" ) ;;\n", f);
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

	zl_print_text(f, script, (zl_text_part *const[]){ zsh_first, zsh_commands });
}

static void fish_options(FILE *f, const char *when, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		fprintf(f, "complete -c zl%s%s%s -l %s%s -d ", when, o->letter ? " -s " : "",
			o->letter ? (char[]){ o->letter, '\0' } : "", o->name,
			o->arg ? " -r" : "");
		put_quoted(f, o->help);
		fputc('\n', f);
	}
}

static void fish_command(FILE *f, const struct zl_command *c)
{
	char when[96];

	fprintf(f, "complete -c zl -n __fish_use_subcommand -a %s -d ", c->name);
	put_quoted(f, c->summary);
	snprintf(when, sizeof(when), " -n '__fish_seen_subcommand_from %s%s%s'", c->name,
		 c->alias ? " " : "", c->alias ? c->alias : "");
	fputc('\n', f);
	fish_options(f, when, c->options);
	if (c->flags & ZL_DOMAINS)
		fprintf(f, "complete -c zl%s -a '(__zl_domains)'\n", when);
	if (device_class(c))
		fprintf(f, "complete -c zl%s -a '(__zl_devices %.*s-list)'\n", when,
			device_class(c), c->name);
	if (c->flags & ZL_FILES)
		fprintf(f, "complete -c zl%s -F\n", when);
	if (strcmp(c->name, "completion") == 0 || strcmp(c->name, "help") == 0) {
		fprintf(f, "complete -c zl%s -a '", when);
		put_fixed(f, c);
		fputs("'\n", f);
	}
}

static void fish_all(FILE *f)
{
	const struct zl_command *c;

	fish_options(f, "", zl_global_options);
	for_each_command(c)
		fish_command(f, c);
}

void zl_completion_fish(FILE *f)
{
	static const char script[] =
#include "text/completion.fish"
	;

	zl_print_text(f, script, (zl_text_part *const[]){ fish_all });
}
