/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xl's words for a disk: "TARGET,FORMAT,VDEV,ACCESS" by their places, or by keys, with flags
 * behind them; target= takes the rest of the text. For xl.cfg and the command line. Old prefixes
 * (phy:, file:, qcow2:) and ":cdrom" behind the name are understood. Each key is a row.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xentools/cleanup.h"
#include "xentools/config.h"
#include "xentools/error.h"
#include "xentools/macros.h"
#include "xentools/str_table.h"

struct spec {
	struct domain_disk disk;
	char *target;			/* inside of the text that is taken apart */
	bool discard_said;
	char asked[DISK_TARGET_MAX];	/* another name than the guest's */
};

/* NULL, or why the value is refused, as a clause. */
typedef const char *(*setter)(struct spec *s, char *value);

static const char *set_target(struct spec *s, char *value)
{
	if (s->target != NULL && s->target[0] != '\0')
		return "is a second target";
	s->target = value;
	return NULL;
}

static const char *set_format(struct spec *s, char *value)
{
	static const struct {
		const char *word;
		enum disk_format format;
	} words[] = {
		{ "", DISK_RAW }, { "raw", DISK_RAW }, { "aio", DISK_RAW },
		{ "qcow2", DISK_QCOW2 }, { "qcow", DISK_QCOW },
		{ "vhd", DISK_VPC }, { "vpc", DISK_VPC }, { "empty", DISK_RAW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, value) != 0)
			continue;
		s->disk.format = words[i].format;
		return NULL;
	}
	return "is no format (raw, qcow2, qcow, vhd)";
}

static const char *set_cdrom(struct spec *s, char *)
{
	s->disk.cdrom = s->disk.readonly = true;
	return NULL;
}

/* Names of other buses mean the disk of that letter. */
static const char *set_vdev(struct spec *s, char *value)
{
	static const char *const prefixes[] = { "xvd", "hd", "sd", "vd" };
	char *colon = strchr(value, ':');
	unsigned int number;

	if (colon != NULL) {
		if (strcmp(colon, ":cdrom") != 0 && strcmp(colon, ":disk") != 0)
			return "is no name of a disk";
		if (colon[1] == 'c')
			set_cdrom(s, colon);
		*colon = '\0';
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(value, prefixes[i], len) != 0 || strlen(value) > 10)
			continue;
		snprintf(s->disk.target, sizeof(s->disk.target), "xvd%s", value + len);
		snprintf(s->asked, sizeof(s->asked), "%s", i > 0 ? value : "");
		if (disk_target_number(s->disk.target, &number) == 0)
			return NULL;
	}
	return "is no name of a disk (xvda, xvdb, ...)";
}

static const char *set_access(struct spec *s, char *value)
{
	if (value[0] == '\0' || strcmp(value, "rw") == 0 || strcmp(value, "w") == 0)
		return NULL;
	if (strcmp(value, "w!") == 0)
		s->disk.shareable = true;
	else if (strcmp(value, "r") == 0 || strcmp(value, "ro") == 0)
		s->disk.readonly = true;
	else
		return "is no access (ro, rw)";
	return NULL;
}

static const char *set_devtype(struct spec *s, char *value)
{
	if (strcmp(value, "cdrom") == 0)
		return set_cdrom(s, value);
	return strcmp(value, "disk") == 0 ? NULL : "is no type of device (disk, cdrom)";
}

static const char *set_backend(struct spec *s, char *value)
{
	free(s->disk.backend_domain);
	s->disk.backend_domain = value[0] != '\0' ? strdup(value) : NULL;
	return s->disk.backend_domain != NULL ? NULL : "is no domain";
}

static const char *set_backendtype(struct spec *s, char *value)
{
	if (strcmp(value, "qdisk") == 0)
		s->disk.backend = DISK_BACKEND_QEMU;
	else if (strcmp(value, "phy") != 0 && strcmp(value, "tap") != 0)
		return "is no back-end of this toolstack (phy, qdisk)";
	return NULL;
}

static const char *set_script(struct spec *s, char *value)
{
	/* Xen's own does what is done here without one. */
	if (value[0] == '\0' || strcmp(value, "block") == 0 ||
	    strcmp(value, "/etc/xen/scripts/block") == 0)
		return NULL;
	free(s->disk.script);
	s->disk.script = strdup(value);
	return s->disk.script != NULL ? domain_script_problem(value) : "finds no memory";
}

static const char *set_discard(struct spec *s, char *)
{
	s->disk.discard = s->discard_said = true;
	return NULL;
}

static const char *unset_discard(struct spec *s, char *)
{
	s->disk.discard = false;
	s->discard_said = true;
	return NULL;
}

static const char *ignore(struct spec *, char *)
{
	return NULL;
}

static const struct {
	const char *key;
	setter set;
	bool flag;			/* without "=" and a value */
} keys[] = {
	/* The first four also have places. */
	{ "target", set_target, false }, { "format", set_format, false },
	{ "vdev", set_vdev, false }, { "access", set_access, false },
	{ "devtype", set_devtype, false }, { "backend", set_backend, false },
	{ "backendtype", set_backendtype, false }, { "script", set_script, false },
	{ "cdrom", set_cdrom, true }, { "discard", set_discard, true },
	{ "no-discard", unset_discard, true }, { "direct-io-safe", ignore, true },
};

#define PLACES 4u

/* Old prefixes of the target. */
static const char *take_prefix(struct spec *s)
{
	static const struct {
		const char *text, *format;
	} prefixes[] = {
		{ "raw:", "raw" }, { "aio:", "raw" }, { "file:", "raw" }, { "phy:", "raw" },
		{ "qcow2:", "qcow2" }, { "qcow:", "qcow" }, { "vhd:", "vhd" },
		{ "tap:", "" }, { "tap2:", "" },
	};
	bool again = s->target != NULL, phy = false;

	while (again) {
		again = false;
		for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
			size_t len = strlen(prefixes[i].text);

			if (strncmp(s->target, prefixes[i].text, len) != 0)
				continue;
			s->target += len;
			phy |= prefixes[i].text[0] == 'p';
			again = true;
			if (prefixes[i].format[0] != '\0')
				set_format(s, (char *)(uintptr_t)prefixes[i].format);
			break;
		}
	}
	return phy && s->target[0] != '/' ? "/dev/" : "";
}

static int set_one(struct spec *s, char *text, unsigned int *place, struct zerr **err)
{
	char *equals = strchr(text, '='), *value = equals != NULL ? equals + 1 : text;
	size_t len = equals != NULL ? (size_t)(equals - text) : strlen(text), i;
	const char *why;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (strncmp(keys[i].key, text, len) == 0 && keys[i].key[len] == '\0' &&
		    keys[i].flag == (equals == NULL))
			break;
	/* A path may have a '=', but no key of ours is a path. */
	if (i == ARRAY_SIZE(keys) && *place < PLACES && (equals == NULL || text[0] == '/')) {
		i = (*place)++;
		value = text;
		/* Behind an old prefix there is no format: phy:/dev/vg/web,xvda,w */
		if (i == 1 && s->target != NULL && s->target[0] != '/' &&
		    strchr(s->target, ':') != NULL && set_format(s, value) != NULL)
			i = (*place)++;
	}
	if (i == ARRAY_SIZE(keys)) {
		zerr_set(err, ZERR_BAD_CONFIG, "E421", 0, "unknown word \"%.60s\"", text);
		return zerr_hint(err, "a disk is TARGET,FORMAT,VDEV,ACCESS, as in "
				 "/images/web.img,raw,xvda,rw");
	}
	why = keys[i].set(s, value);
	if (why == NULL)
		return 0;
	return zerr_set(err, ZERR_BAD_CONFIG, "E421", 0, "%s: \"%.60s\" %s", keys[i].key, value,
			why);
}

/* What was left open, and the rules that need more than one word. */
static int settle(struct spec *s, struct zerr **err)
{
	struct domain_disk *d = &s->disk;
	const char *dir = d->script == NULL ? take_prefix(s) : "";

	if (d->target[0] == '\0')
		return zerr_set(err, ZERR_BAD_CONFIG, "E421", 0, "the name of the disk is missing "
				"(vdev=xvda)");
	if (!s->discard_said)
		d->discard = !d->readonly;	/* as libxl does */
	if (s->target == NULL || s->target[0] == '\0') {
		if (d->cdrom)
			return 0;		/* an empty tray */
		return zerr_set(err, ZERR_BAD_CONFIG, "E421", 0, "the image is missing");
	}
	if (d->script != NULL && (d->format != DISK_RAW || d->backend != DISK_BACKEND_AUTO))
		return zerr_set(err, ZERR_BAD_CONFIG, "E421", 0, "a script makes a block device: "
				"its format is raw, its backendtype phy");
	if (dir[0] == '\0' && s->target[0] != '/' && d->script == NULL)
		return zerr_set(err, ZERR_BAD_CONFIG, "E421", 0,
				"\"%.200s\" is not an absolute path", s->target);
	if (asprintf(&d->source, "%s%s", dir, s->target) < 0) {
		d->source = NULL;
		return zerr_no_memory(err);
	}
	d->is_block = d->format == DISK_RAW &&
		      (d->script != NULL || strncmp(d->source, "/dev/", 5) == 0);
	return 0;
}

static int parse(struct spec *s, char *text, struct zerr **err)
{
	unsigned int place = 0;

	for (char *next = text; next != NULL;) {
		char *comma;

		next += strspn(next, " \t");
		if (strncmp(next, "target=", 7) == 0) {
			if (set_one(s, next, &place, err) != 0)
				return -1;
			break;
		}
		text = next;
		comma = strchr(next, ',');
		next = comma != NULL ? comma + 1 : NULL;
		if (comma != NULL)
			*comma = '\0';
		text = str_trim(text, " \t");
		if (text[0] == '\0' && place < PLACES)
			place++;		/* left out */
		else if (text[0] != '\0' && set_one(s, text, &place, err) != 0)
			return -1;
	}
	return settle(s, err);
}

/* Read xl's words; see config.h. */
int xl_disk_parse(const char *spec, struct domain_disk *ret, char asked[DISK_TARGET_MAX],
		  struct zerr **err)
{
	_cleanup_free_ char *copy = strdup(spec);
	struct spec s = { .target = NULL };

	if (copy == NULL)
		return zerr_no_memory(err);
	if (parse(&s, copy, err) != 0) {
		domain_disk_clear(&s.disk);
		return -1;
	}
	*ret = s.disk;
	memcpy(asked, s.asked, sizeof(s.asked));
	return 0;
}
