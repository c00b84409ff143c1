/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is printed from the command table: help in three lengths.
 * Nothing about any command is written here.
 */
#include "zl.h"

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

void zl_print_text(FILE *f, const char *text, zl_text_part *const *parts)
{
	for (const char *at; (at = strstr(text, "@@")) != NULL; text = at + 2) {
		fwrite(text, 1, (size_t)(at - text), f);
		(*parts++)(f);
	}
	fputs(text, f);
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
				fprintf(f, "  %-*s %s\n", complete ? 18 : 14, c->name,
					c->summary);
	}
	if (complete) {
		fputs("\noptions:\n", f);
		print_options(f, zl_global_options);
	}
	fputs("\nzl help COMMAND tells more; ", f);
	fputs(complete ? "the manual page is zl(1).\n" : "zl help --long lists everything.\n", f);
}
