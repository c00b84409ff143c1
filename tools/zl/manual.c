/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manual pages made from tables: zl(1) from the commands, zl-domain-xml(5) from the reader's rows,
 * zl.cfg(5) from the keys of xl.cfg, zl.conf(5) from its own. Nothing is said twice: what a page
 * says of an element is what the reader says when it meets it.
 */
#include "zl.h"

#include "tools/config/xl.h"

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
	"Everything that it can hold is in zl\\-domain\\-xml(5). xl.cfg is understood\n"
	"too: zl.cfg(5).\n"
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
	".TP\nZL_CONFIG_DIR, ZL_RUN_DIR, ZL_JSON=1, ZL_DEBUG=1, NO_COLOR\n"
	"as \\-\\-config\\-dir, \\-\\-run\\-dir, "
	"\\-\\-json, \\-vv and \\-\\-no\\-color\n"
	".SH FILES\n"
	".TP\n/usr/share/zl/examples/\nexample configurations\n"
	".TP\n/run/zl/domains/\nwhat zl and zl\\-monitord remember of running domains\n"
	".TP\n/var/log/zl/console/NAME.log\nwhat a guest printed\n"
	".SH SEE ALSO\nzl\\-domain\\-xml(5), zl.cfg(5), zl.conf(5), zl\\-files(7),\n"
	"zl\\-exit\\-codes(7), zl\\-migrating\\-from\\-xl(7), "
	"zl\\-migrating\\-from\\-libvirt(7), xenstored,\n"
	"xenconsoled, "
	"zl\\-monitord, xenstore\\-ls\n";

/* A word with its hyphens escaped. */
static void print_word(FILE *f, const char *text)
{
	for (; *text != '\0'; text++)
		fputs(*text == '-' ? "\\-" : (char[]){ *text, '\0' }, f);
}

/* The source of zl(1). */
static void page_zl(FILE *f)
{
	const struct zl_command *c;

	fputs(man_head, f);
	print_roff_options(f, zl_global_options);
	fputs(".SH COMMANDS\n", f);
	for_each_command(c) {
		fputs(".SS \"", f);
		print_word(f, c->name);
		fputc(' ', f);
		print_word(f, c->synopsis);
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
	fputs(".SH WHAT IS NOT HERE\nThese commands, known from elsewhere, have exit code 5.\n", f);
	for (const struct zl_missing *m = zl_missing; m->names != NULL; m++) {
		fputs(".TP\n", f);
		print_word(f, m->names);
		fputc('\n', f);
		print_roff(f, m->why);
	}
	fputs(man_tail, f);
}

static void print_head(FILE *f, const char *title, const char *section, const char *what)
{
	fputs(".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
	      ".\\\" Made by \"zl help --man=PAGE\" from tables; do not edit.\n.TH ", f);
	print_word(f, title);
	fprintf(f, " %s \"\" \"Zazen\" \"Zazen manual\"\n.SH NAME\n", section);
	print_word(f, title);
	fputs(" \\- ", f);
	print_word(f, what);
	fputs("\n.SH DESCRIPTION\n", f);
}

static const char *const class_text[] = {
	[FIELD_S] = "Supported", [FIELD_N] = "Read without a word",
	[FIELD_W] = "Ignored with a warning", [FIELD_A] = "For another architecture: an error",
	[FIELD_D] = "An error: the guest would miss it; convert leaves it out",
	[FIELD_R] = "Refused", [FIELD_L] = "Not supported by this build",
};

static void print_type(FILE *f, const struct field_row *row)
{
	if (row->type == NULL)
		return;
	if (row->type == &type_enum || row->type == &type_words) {
		const char *before = ": ";

		for (const struct field_word *w = row->arg; w->word != NULL; w++) {
			if (w->cls != FIELD_S)
				continue;
			fprintf(f, "%s", before);
			print_word(f, w->word);
			before = ", ";
		}
		return;
	}
	fprintf(f, ": %s", row->type->name);
	if (row->arg != NULL && (row->type == &type_uint || row->type == &type_vcpus)) {
		const struct field_range *r = row->arg;

		fprintf(f, " from %" PRIu64 " to %" PRIu64, r->min, r->max);
	}
}

static void print_row(FILE *f, const struct field_row *row)
{
	bool unserved = row->handler == field_keep && row->arg != NULL &&
			!((const struct field_kept *)row->arg)->served;

	fputs(".TP\n.B ", f);
	print_word(f, row->path + (strncmp(row->path, "domain/", 7) == 0 ? 7 : 0));
	fprintf(f, "\n%s", class_text[row->cls]);
	print_type(f, row);
	if (row->flags & FIELD_REQUIRED)
		fputs("; required", f);
	if (row->flags & FIELD_REPEAT)
		fputs("; may be repeated", f);
	if (row->note != NULL)
		fputs(": ", f);
	if (row->note != NULL)
		print_word(f, row->note);
	fputs(unserved ? "; but no guest can be started with it yet.\n" : ".\n", f);
}

static void page_domain_xml(FILE *f)
{
	print_head(f, "zl-domain-xml", "5", "domain configuration files of zl");
	fputs("The format is libvirt's domain XML with type='xen', and elements of our own in\n"
	      "metadata, inside an element z:domain of the namespace " CONFIG_NAMESPACE ".\n"
	      "The order of elements is free. zl validate says all that is wrong with a file,\n"
	      "with line and column; what is in no row below is an error. "
	      "Sizes have an attribute unit\n"
	      "(KiB if it is missing). A file is at most 1 MiB; document types and entities are\n"
	      "refused. The schema is /usr/share/zl/schema/zl\\-domain.rng.\n"
	      ".SH ELEMENTS AND ATTRIBUTES\nAn attribute stands behind @.\n", f);
	for (size_t t = 0; t < field_table_count; t++)
		for (size_t i = 0; i < field_tables[t]->count; i++)
			print_row(f, &field_tables[t]->rows[i]);
	fputs(".SH SEE ALSO\nzl(1), zl.cfg(5), zl.conf(5)\n", f);
}

static void page_cfg(FILE *f)
{
	print_head(f, "zl.cfg", "5", "what zl understands of xl's configuration files");
	fputs("create, define, validate and convert read the files of xl: KEY = VALUE, one a line\n"
	      "or separated by ;, comments from #, strings in either quote, numbers, and lists in\n"
	      "brackets. It is not Python. Of a key that is given twice the last one counts. A\n"
	      "key that is not below gives a warning. Behind each key is "
	      "where its value stands in\n"
	      "the XML of zl\\-domain\\-xml(5).\n.SH KEYS\n", f);
	for (size_t i = 0; i < xl_key_count; i++) {
		const struct xl_key *k = &xl_keys[i];

		fputs(".TP\n.B ", f);
		print_word(f, k->name);
		fputc('\n', f);
		print_word(f, k->cls == FIELD_S ? k->to : class_text[k->cls]);
		if (k->note != NULL)
			fputs(k->cls == FIELD_S ? "; " : ": ", f);
		if (k->note != NULL)
			print_word(f, k->note);
		fputs(".\n", f);
	}
	fputs(".SH SEE ALSO\nzl(1), zl\\-domain\\-xml(5), zl\\-migrating\\-from\\-xl(7)\n", f);
}

static void page_conf(FILE *f)
{
	const char *key, *otherwise, *words, *help;

	print_head(f, "zl.conf", "5", "defaults of a host");
	fputs("/etc/zl/zl.conf has sections in brackets and lines KEY = VALUE; # begins a\n"
	      "comment. Without the file every default below holds. Keys that are not below give\n"
	      "a warning, but those of the section network: each names a bridge for an\n"
	      "interface's network, as in default = zbr0.\n.SH KEYS\nThe "
	      "section is before the dot.\n", f);
	for (size_t i = 0; zl_conf_key(i, &key, &otherwise, &words, &help); i++) {
		fprintf(f, ".TP\n.B %s\n", key);
		print_word(f, help);
		if (words != NULL)
			fprintf(f, " (%s)", words);
		if (otherwise != NULL) {
			fputs("; default ", f);
			print_word(f, otherwise);
		}
		fputs(".\n", f);
	}
	fputs(".SH SEE ALSO\nzl(1), zl\\-files(7)\n", f);
}

/* Pages that are made; the others are in the tree as they are. */
const struct zl_page zl_pages[] = {
	{ "zl.1", page_zl },
	{ "zl-domain-xml.5", page_domain_xml },
	{ "zl.cfg.5", page_cfg },
	{ "zl.conf.5", page_conf },
	{ NULL, NULL },
};
