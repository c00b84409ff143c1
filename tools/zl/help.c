/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is printed from the command table: help, the manual page zl(1) and the bash completion.
 * Nothing about any command is written here.
 */
#include "zl.h"

#include <string.h>

static void print_options(FILE *f, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		char left[40];

		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
			 o->arg ? "=" : "", o->arg ? o->arg : "");
		fprintf(f, "  %-26s  %s\n", left, o->help);
	}
}

/* Break text at blanks to at most 76 columns; an empty line separates paragraphs. */
static void print_wrapped(FILE *f, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t word = strcspn(text, " \n");

		if (column > 0 && column + 1 + word > 76) {
			fputc('\n', f);
			column = 0;
		}
		if (word > 0) {
			fprintf(f, "%s%.*s", column > 0 ? " " : "", (int)word, text);
			column += word + (column > 0);
		}
		text += word;
		if (strncmp(text, "\n\n", 2) == 0) {
			fputs("\n\n", f);
			column = 0;
			text += 2;
		} else if (*text != '\0') {
			text++;
		}
	}
	if (column > 0)
		fputc('\n', f);
}

/* Help on one command. */
void zl_help_command(FILE *f, const struct zl_command *cmd)
{
	fprintf(f, "usage: zl %s%s%s\n\n%s", cmd->name, cmd->synopsis[0] ? " " : "", cmd->synopsis,
		cmd->summary);
	if (cmd->alias != NULL)
		fprintf(f, " (also: %s)", cmd->alias);
	fputc('\n', f);
	if (cmd->options != NULL) {
		fputs("\noptions:\n", f);
		print_options(f, cmd->options);
	}
	if (cmd->help[0] != '\0') {
		fputc('\n', f);
		print_wrapped(f, cmd->help);
	}
}

/* The overview; complete: every command and the global options. */
void zl_help_all(FILE *f, bool complete)
{
	fputs("usage: zl [OPTION]... COMMAND [ARGUMENT]...\n", f);
	if (!complete)
		fputc('\n', f);
	for (const struct zl_command_group *const *g = zl_groups; *g != NULL; g++) {
		if (complete)
			fprintf(f, "\n%s:\n", (*g)->title);
		for (const struct zl_command *c = (*g)->rows; c->name != NULL; c++)
			if (complete || (c->flags & ZL_COMMON))
				fprintf(f, "  %-14s %s\n", c->name, c->summary);
	}
	if (complete) {
		fputs("\noptions:\n", f);
		print_options(f, zl_global_options);
	}
	fputs("\nzl help COMMAND tells more; ", f);
	fputs(complete ? "the manual page is zl(1).\n" : "zl help --long lists everything.\n", f);
}

/* Text for roff: a backslash, and a dot or quote at a line's beginning, would be commands. */
static void print_roff(FILE *f, const char *text)
{
	bool line_start = true;

	for (; *text != '\0'; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", f);
		if (*text == '\\')
			fputs("\\e", f);
		else if (*text == '-')
			fputs("\\-", f);
		else if (*text == '^')
			fputs("\\(ha", f);
		else if (strncmp(text, "\n\n", 2) == 0)
			fputs("\n.PP", f);
		else
			fputc(*text, f);
		line_start = *text == '\n';
	}
	fputc('\n', f);
}

static void print_roff_options(FILE *f, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		fputs(".TP\n", f);
		if (o->letter)
			fprintf(f, "\\fB\\-%c\\fR, ", o->letter);
		fputs("\\fB\\-\\-", f);
		for (const char *p = o->name; *p != '\0'; p++)
			fputs(*p == '-' ? "\\-" : (char[]){ *p, '\0' }, f);
		fprintf(f, "\\fR%s%s%s\n", o->arg ? "=\\fI" : "", o->arg ? o->arg : "",
			o->arg ? "\\fR" : "");
		print_roff(f, o->help);
	}
}

static const char man_head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
	".\\\" Made by \"zl help --man\" from the command table; do not edit.\n"
	".TH ZL 1 \"\" \"Zazen\" \"Zazen manual\"\n"
	".SH NAME\nzl \\- create, list and end guest domains\n"
	".SH SYNOPSIS\n.B zl\n[\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIARGUMENT\\fR]...\n"
	".SH DESCRIPTION\n"
	"zl runs in the control domain and steers the hypervisor. Verbs, short options and\n"
	"table columns are those of xl; guests are described by XML files in the format of\n"
	"libvirt. A command may be shortened to an unambiguous beginning. \\fIDOM\\fR is a\n"
	"domain's name, id or UUID; id=, name= and uuid= before it force a kind.\n"
	".SH OPTIONS\n";

static const char man_tail[] =
	".SH DOMAIN FILE\nThe smallest useful file:\n.PP\n.nf\n"
	"<domain type='xen'>\n"
	"  <name>linux1</name>\n"
	"  <memory unit='MiB'>256</memory>\n"
	"  <vcpu>1</vcpu>\n"
	"  <os>\n"
	"    <kernel>/var/lib/zl/boot/Image</kernel>\n"
	"    <initrd>/var/lib/zl/boot/initramfs.gz</initrd>\n"
	"    <cmdline>console=hvc0</cmdline>\n"
	"  </os>\n"
	"</domain>\n.fi\n.PP\n"
	"Also known: uuid, title, description, metadata, currentMemory, the attributes current\n"
	"and cpuset of vcpu, cputune (shares, quota, period, vcpupin), on_poweroff, on_reboot,\n"
	"on_crash (destroy, restart, preserve, rename\\-restart), devices/console, devices/serial,\n"
	"cpu/feature (policy disable, named as by Linux); in the extension block of metadata cpu\n"
	"(pa\\-bits, midr). What has no effect is warned of, what is unknown is refused.\n"
	".SH EXIT STATUS\n"
	".TP\n0\ndone, perhaps with warnings\n"
	".TP\n1\ntried and failed\n"
	".TP\n2\nusage: unknown command or option, missing or bad argument\n"
	".TP\n3\nno such domain or file\n"
	".TP\n4\nthe configuration is refused\n"
	".TP\n5\nnot supported by this build or host\n"
	".TP\n6\nnot enough memory or another resource\n"
	".TP\n7\nwrong state or conflict: exists already, not running, in use\n"
	".TP\n8\nwaited and gave up\n"
	".TP\n9\nnot running under the hypervisor, no permission, or a daemon is down\n"
	".TP\n10\nthe guest crashed (create \\-F, wait)\n"
	".TP\n11\nthe guest was stopped by its watchdog (create \\-F, wait)\n"
	".TP\n130\ninterrupted; the operation was undone\n"
	".PP\nOf several domains the worst code counts. Called by the name xl only 0 and 1 are\n"
	"used.\n"
	".SH ENVIRONMENT\n"
	".TP\nZL_CONFIG_DIR, ZL_RUN_DIR, ZL_JSON=1, NO_COLOR\n"
	"as \\-\\-config\\-dir, \\-\\-run\\-dir, "
	"\\-\\-json and \\-\\-no\\-color\n"
	".SH FILES\n"
	".TP\n/usr/share/zl/examples/\nexample configurations\n"
	".TP\n/run/zl/domains/\nwhat zl and zl\\-monitord remember of running domains\n"
	".TP\n/var/log/zl/console/NAME.log\nwhat a guest printed\n"
	".SH SEE ALSO\nxenstored, xenconsoled, zl\\-monitord, xenstore\\-ls\n";

/* The source of zl(1). */
void zl_help_man(FILE *f)
{
	const struct zl_command *c;

	fputs(man_head, f);
	print_roff_options(f, zl_global_options);
	fputs(".SH COMMANDS\n", f);
	for_each_command(c) {
		fputs(".SS \"", f);
		for (const char *p = c->name; *p != '\0'; p++)
			fputs(*p == '-' ? "\\-" : (char[]){ *p, '\0' }, f);
		fputc(' ', f);
		for (const char *p = c->synopsis; *p != '\0'; p++)
			fputs(*p == '-' ? "\\-" : (char[]){ *p, '\0' }, f);
		fputs("\"\n", f);
		print_roff(f, c->summary);
		if (c->alias != NULL)
			fprintf(f, "(also: %s)\n", c->alias);
		if (c->help[0] != '\0') {
			fputs(".PP\n", f);
			print_roff(f, c->help);
		}
		print_roff_options(f, c->options);
	}
	fputs(man_tail, f);
}

static void print_words(FILE *f, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		if (o->letter)
			fprintf(f, " -%c", o->letter);
		fprintf(f, " --%s%s", o->name, o->arg ? "=" : "");
	}
}

static void print_names(FILE *f)
{
	const struct zl_command *c;

	for_each_command(c)
		fprintf(f, " %s", c->name);
}

/* A completion script for bash: commands, options, domains by `zl list`, files. */
void zl_completion_bash(FILE *f)
{
	const struct zl_command *c;

	fputs("# bash completion for zl; made by \"zl completion bash\"\n"
	      "_zl()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} cmd= opts= kind= i\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\t[[ ${COMP_WORDS[i]} == -* ]] || { cmd=${COMP_WORDS[i]}; break; }\n"
	      "\tdone\n"
	      "\tcase $cmd in\n"
	      "\t\"\") opts=\"", f);
	print_names(f);
	print_words(f, zl_global_options);
	fputs("\" ;;\n", f);
	for_each_command(c) {
		fprintf(f, "\t%s%s%s) opts=\"--help", c->name, c->alias ? "|" : "",
			c->alias ? c->alias : "");
		print_words(f, c->options);
		if (strcmp(c->name, "completion") == 0)
			fputs(" bash", f);
		if (strcmp(c->name, "help") == 0)
			print_names(f);
		fprintf(f, "\"%s ;;\n", c->flags & ZL_DOMAINS ? " kind=domains"
				       : c->flags & ZL_FILES ? " kind=files" : "");
	}
	fputs("\tesac\n"
	      "\t[[ $kind == domains && $cur != -* ]] &&\n"
	      "\t\topts=$(zl list 2>/dev/null | awk 'NR > 1 && $2 > 0 { print $1 }')\n"
	      "\tCOMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
	      "\t[[ $kind == files && $cur != -* ]] && COMPREPLY=($(compgen -f -- \"$cur\"))\n"
	      "\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	      "}\n"
	      "complete -F _zl zl\n", f);
}
