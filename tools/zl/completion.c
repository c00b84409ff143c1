/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completion scripts for bash, zsh and fish, made from the command table: commands, options, names
 * of domains, ids of devices, files. What a script asks at run time it asks zl itself.
 */
#include "zl.h"

#define ASK_DOMAINS "zl list --all 2>/dev/null | awk 'NR > 1 && $1 != \"Domain-0\" { print $1 }'"

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

void zl_completion_bash(FILE *f)
{
	const struct zl_command *c;

	fputs("# bash completion for zl; made by \"zl completion bash\"\n"
	      "_zl()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} cmd= opts= kind= list= dom= i\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\t[[ ${COMP_WORDS[i]} == -* ]] && continue\n"
	      "\t\tif [[ -z $cmd ]]; then cmd=${COMP_WORDS[i]}; else dom=${COMP_WORDS[i]}; fi\n"
	      "\tdone\n"
	      "\tcase $cmd in\n"
	      "\t\"\") opts=\"", f);
	put_names(f);
	bash_words(f, zl_global_options);
	fputs("\" ;;\n", f);
	for_each_command(c)
		bash_command(f, c);
	fputs("\tesac\n"
	      "\tif [[ $cur != -* && -n $list && -n $dom ]]; then\n"
	      "\t\topts=$(zl \"$list\" \"$dom\" 2>/dev/null | awk 'NR > 1 { print $1 }')\n"
	      "\telif [[ $kind == domains && $cur != -* ]]; then\n"
	      "\t\topts=$(" ASK_DOMAINS ")\n"
	      "\tfi\n"
	      "\tCOMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
	      "\t[[ $kind == files && $cur != -* ]] && COMPREPLY=($(compgen -f -- \"$cur\"))\n"
	      "\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	      "}\n"
	      "complete -F _zl zl\n", f);
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

void zl_completion_zsh(FILE *f)
{
	const struct zl_command *c;

	fputs("#compdef zl\n# zsh completion for zl; made by \"zl completion zsh\"\n"
	      "_zl() {\n"
	      "\tlocal cmd kind list dom w\n"
	      "\tlocal -a opts words_\n"
	      "\tfor w in ${words[2,CURRENT-1]}; do\n"
	      "\t\t[[ $w == -* ]] && continue\n"
	      "\t\tif [[ -z $cmd ]]; then cmd=$w; else dom=$w; fi\n"
	      "\tdone\n"
	      "\tcase $cmd in\n"
	      "\t'')\n\t\topts=(\n", f);
	for_each_command(c) {
		fprintf(f, "\t\t\t'%s:'", c->name);
		put_quoted(f, c->summary);
		fputc('\n', f);
	}
	zsh_options(f, zl_global_options);
	fputs("\t\t) ;;\n", f);
	for_each_command(c)
		zsh_command(f, c);
	fputs("\tesac\n"
	      "\tif [[ -n $list && -n $dom ]]; then\n"
	      "\t\twords_=(${(f)\"$(zl $list $dom 2>/dev/null | awk 'NR > 1 { print $1 }')\"})\n"
	      "\telif [[ $kind == domains ]]; then\n"
	      "\t\twords_=(${(f)\"$(" ASK_DOMAINS ")\"})\n"
	      "\tfi\n"
	      "\t(( $#opts )) && _describe -o zl opts\n"
	      "\t(( $#words_ )) && compadd -a words_\n"
	      "\t[[ $kind == files ]] && _files\n"
	      "}\n"
	      "_zl \"$@\"\n", f);
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

void zl_completion_fish(FILE *f)
{
	const struct zl_command *c;

	fputs("# fish completion for zl; made by \"zl completion fish\"\n"
	      "function __zl_domains\n\t" ASK_DOMAINS "\nend\n"
	      "function __zl_devices\n"
	      "\tset -l args (commandline -opc)\n"
	      "\ttest (count $args) -gt 2; and zl $argv[1] $args[-1] 2>/dev/null |"
	      " awk 'NR > 1 { print $1 }'\n"
	      "end\n"
	      "complete -c zl -f\n", f);
	fish_options(f, "", zl_global_options);
	for_each_command(c)
		fish_command(f, c);
}
