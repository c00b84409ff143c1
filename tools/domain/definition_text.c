/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small changes of the user's own text of a definition: a name, a UUID, title and description, the
 * start policy, the link of an interface. The text is not taken apart: places that look right are
 * tried one after the other, and a change is good when the reader then finds what was wanted and
 * nothing else. Where none is, canonical text takes its place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/config.h>
#include <xentools/definition.h>
#include <xentools/error.h>
#include <xentools/strbuf.h>

#define PLACES_TRIED 16u

enum place { BEHIND, BEFORE, INSIDE, INSTEAD };

struct place_row {
	enum place place;
	const char *open, *close;	/* close: for INSIDE and INSTEAD */
	const char *head, *tail;	/* put around what is inserted */
};

static const struct place_row name_places[] = {
	{ INSIDE, "<name>", "</name>", "", "" },
	{ .open = NULL },
};

static const struct place_row uuid_places[] = {
	{ INSIDE, "<uuid>", "</uuid>", "", "" },
	{ BEHIND, "</name>", NULL, "\n  <uuid>", "</uuid>" },
	{ .open = NULL },
};

static const struct place_row title_places[] = {
	{ INSTEAD, "<title>", "</title>", "", "" },
	{ BEHIND, "</uuid>", NULL, "\n  ", "" },
	{ .open = NULL },
};

static const struct place_row description_places[] = {
	{ INSTEAD, "<description>", "</description>", "", "" },
	{ BEHIND, "</title>", NULL, "\n  ", "" },
	{ BEHIND, "</uuid>", NULL, "\n  ", "" },
	{ .open = NULL },
};

static const struct place_row link_places[] = {
	{ INSTEAD, "<link", "/>", "", "" },
	{ BEFORE, "</interface>", NULL, "  ", "\n    " },
	{ .open = NULL },
};

#define BLOCK "<z:domain xmlns:z='" CONFIG_NAMESPACE "'>"

static const struct place_row start_places[] = {
	{ INSTEAD, "<z:start", "/>", "", "" },
	{ BEFORE, "</z:domain>", NULL, "  ", "\n    " },
	{ BEFORE, "</metadata>", NULL, "  " BLOCK, "</z:domain>\n  " },
	{ BEFORE, "</domain>", NULL, "  <metadata>" BLOCK, "</z:domain></metadata>\n" },
	{ .open = NULL },
};

/* Does text mean what canonical says? */
static bool means(const char *text, const char *canonical)
{
	_cleanup_free_ char *found = NULL;
	struct domain_config cfg;

	if (config_read_own("definition", text, &cfg, NULL) != 0)
		return false;
	found = config_format(&cfg);
	domain_config_free(&cfg);
	return found && strcmp(found, canonical) == 0;
}

static char *change_at(const char *text, const char *at, const struct place_row *p,
		       const char *with)
{
	const char *from = at, *to = at, *end = p->close ? strstr(at, p->close) : NULL;
	struct strbuf sb = STRBUF_INIT;

	if (p->close && !end)
		return NULL;
	switch (p->place) {
	case BEHIND:
		from = to = at + strlen(p->open);
		break;
	case BEFORE:
		break;
	case INSIDE:
		from = at + strlen(p->open);
		to = end;
		break;
	case INSTEAD:
		to = end + strlen(p->close);
		break;
	}
	strbuf_add(&sb, text, (size_t)(from - text));
	strbuf_addf(&sb, "%s%s%s%s", p->head, with, p->tail, to);
	return strbuf_steal(&sb);
}

/* The first place that works; NULL: none does. */
static char *change(const char *text, const struct place_row *rows, const char *with,
		    const struct domain_config *wanted)
{
	_cleanup_free_ char *canonical = config_format(wanted);
	unsigned int tried = 0;

	for (; canonical && rows->open; rows++) {
		const char *at = text;

		for (; (at = strstr(at, rows->open)) != NULL && tried < PLACES_TRIED; at++) {
			char *candidate = change_at(text, at, rows, with);

			if (candidate && means(candidate, canonical))
				return candidate;
			free(candidate);
			tried++;
		}
	}
	return NULL;
}

/* The part of canonical text between two words, both included; "" for none. */
static char *cut_out(const struct domain_config *cfg, const char *open, const char *close,
		     bool included)
{
	_cleanup_free_ char *text = config_format(cfg);
	char *from = text ? strstr(text, open) : NULL, *to = from ? strstr(from, close) : NULL;

	if (!to)
		return strdup("");
	if (included)
		to += strlen(close);
	else
		from += strlen(open);
	return strndup(from, (size_t)(to - from));
}

static int set_text(char **to, const char *from)
{
	char *copy = from ? strdup(from) : NULL;

	if (from && !copy)
		return -1;
	free(*to);
	*to = copy;
	return 0;
}

static const char *step_name(struct domain_config *now, const struct domain_config *wanted,
			     const char *is)
{
	return set_text(&now->name, wanted->name) == 0 ? is : NULL;
}

static const char *step_uuid(struct domain_config *now, const struct domain_config *wanted,
			     const char *is)
{
	now->uuid_set = wanted->uuid_set;
	memcpy(now->uuid, wanted->uuid, sizeof(now->uuid));
	return is;
}

static const char *step_title(struct domain_config *now, const struct domain_config *wanted,
			      const char *is)
{
	return set_text(&now->title, wanted->title) == 0 ? is : NULL;
}

static const char *step_description(struct domain_config *now,
				    const struct domain_config *wanted, const char *is)
{
	return set_text(&now->description, wanted->description) == 0 ? is : NULL;
}

/* The first interface with another link than wanted gets that. */
static const char *step_link(struct domain_config *now, const struct domain_config *wanted,
			     const char *)
{
	for (size_t i = 0; i < MIN(now->nic_count, wanted->nic_count); i++) {
		if (now->nics[i].link_down == wanted->nics[i].link_down)
			continue;
		now->nics[i].link_down = wanted->nics[i].link_down;
		return now->nics[i].link_down ? "<link state='down'/>" : "<link state='up'/>";
	}
	return "<link state='up'/>";
}

static const char *step_start(struct domain_config *now, const struct domain_config *wanted,
			      const char *is)
{
	now->start = wanted->start;
	return is;
}

static const struct aspect {
	const struct place_row *places;
	const char *open, *close;
	bool included;
	/*
	 * *now gets it from wanted. What is to be written, where canonical text has `is`; or NULL.
	 */
	const char *(*step)(struct domain_config *now, const struct domain_config *wanted,
			    const char *is);
} aspects[] = {
	{ name_places, "<name>", "</name>", false, step_name },
	{ uuid_places, "<uuid>", "</uuid>", false, step_uuid },
	{ title_places, "<title>", "</title>", true, step_title },
	{ description_places, "<description>", "</description>", true, step_description },
	{ link_places, "<devices>", "</devices>", true, step_link },
	{ start_places, "<z:start", "/>", true, step_start },
};

/* Text that means wanted, as near to the user's as can be; see definition.h. */
char *definition_edit_text(const char *text, const struct domain_config *wanted)
{
	_cleanup_free_ char *now = strdup(text), *canonical = config_format(wanted);
	struct domain_config cfg;

	if (!now || !canonical || config_read_own("definition", now, &cfg, NULL) != 0)
		return steal_ptr(canonical);
	for (size_t i = 0; i < ARRAY_SIZE(aspects) && !means(now, canonical); i++) {
		const struct aspect *a = &aspects[i];
		_cleanup_free_ char *was = cut_out(&cfg, a->open, a->close, a->included);
		_cleanup_free_ char *is = cut_out(wanted, a->open, a->close, a->included);
		const char *with;
		char *better;

		if (!was || !is || strcmp(was, is) == 0)
			continue;
		with = a->step(&cfg, wanted, is);
		better = with ? change(now, a->places, with, &cfg) : NULL;
		if (!better)
			break;
		free(now);
		now = better;
	}
	domain_config_free(&cfg);
	return means(now, canonical) ? steal_ptr(now) : steal_ptr(canonical);
}
