/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's command line: one row an option, Xen's names where Xen has them. Unknown
 * options and bad values are told and skipped; a typing error must not keep a host from starting.
 */
#include <xen/cmdline.h>
#include <xen/lib.h>

#define MIB	(1024UL * 1024)

struct boot_options opt = {
	.dom0_mem = 512 * MIB,
	.log_level = LOG_INFO, .guest_log_level = LOG_WARNING,
	.gnttab_max_frames = 64, .gnttab_max_maptrack_frames = 1024,
	.sched = "credit2", .sched_ratelimit_us = 1000, .reported_reserve = REPORTING_OFF,
};

char saved_cmdline[1024];

enum option_type { OPT_BOOL, OPT_U32, OPT_SIZE, OPT_STRING, OPT_LEVEL, OPT_WORD, OPT_IGNORED };

/* The words of a bool that has its own: for false and for true. */
enum { WORDS_VWFI, WORDS_XSM };
static const char *const words[][2] = { { "trap", "native" }, { "silo", "dummy" } };

static const struct option_row {
	const char *name;
	enum option_type type;
	void *value;
	size_t size;		/* OPT_STRING: room; OPT_WORD: which words */
} options[] = {
	{ "bootscrub", OPT_BOOL, &opt.bootscrub, 0 },
	{ "console", OPT_IGNORED, NULL, 0 },		/* dtuart is the only one */
	{ "conswitch", OPT_IGNORED, NULL, 0 },		/* dom0 has the input */
	{ "dom0_max_vcpus", OPT_U32, &opt.dom0_max_vcpus, 0 },
	{ "dom0_mem", OPT_SIZE, &opt.dom0_mem, 0 },
	{ "dom0_vpmu", OPT_BOOL, &opt.dom0_vpmu, 0 },
	{ "dtuart", OPT_STRING, opt.dtuart, sizeof(opt.dtuart) },
	{ "gnttab_max_frames", OPT_U32, &opt.gnttab_max_frames, 0 },
	{ "gnttab_max_maptrack_frames", OPT_U32, &opt.gnttab_max_maptrack_frames, 0 },
	{ "guest_loglvl", OPT_LEVEL, &opt.guest_log_level, 0 },
	{ "loglvl", OPT_LEVEL, &opt.log_level, 0 },
	{ "noreboot", OPT_BOOL, &opt.noreboot, 0 },
	{ "reported_reserve", OPT_SIZE, &opt.reported_reserve, 0 },
	{ "sched", OPT_STRING, opt.sched, sizeof(opt.sched) },
	{ "sched_ratelimit_us", OPT_U32, &opt.sched_ratelimit_us, 0 },
	{ "sync_console", OPT_IGNORED, NULL, 0 },	/* output always is */
	{ "vwfi", OPT_WORD, &opt.vwfi_native, WORDS_VWFI },
	{ "xsm", OPT_WORD, &opt.allow_peers, WORDS_XSM },
};

/* Bytes with an optional suffix; a bare number is KiB, as Xen has it. False when malformed. */
static bool parse_size(const char *s, uint64_t *value)
{
	static const char units[] = "bkmgt";
	const char *end;
	uint64_t v = strtoul_simple(s, &end);
	unsigned int shift = 10;

	if (end == s)
		return false;
	const char *unit = strchr(units, *end | 0x20);
	if (unit) {
		shift = 10 * (unsigned int)(unit - units);
		end++;
	}
	/* dom0_mem=512M,max:1G: dom0's memory is fixed, the rest says nothing new */
	if ((*end && *end != ',') || v > UINT64_MAX >> shift)
		return false;
	*value = v << shift;
	return true;
}

static bool means_no(const char *s)
{
	return !strcmp(s, "0") || !strcmp(s, "no") || !strcmp(s, "off") || !strcmp(s, "false") ||
	       !strcmp(s, "disable");
}

/*
 * all | debug | info | warning | error | none, the part before a '/' (Xen's rate-limit level)
 * counts.
 */
static bool parse_level(const char *s, uint32_t *value)
{
	static const struct { const char *name; uint32_t level; } levels[] = {
		{ "all", LOG_DEBUG }, { "debug", LOG_DEBUG }, { "info", LOG_INFO },
		{ "warning", LOG_WARNING }, { "error", LOG_ERROR }, { "none", LOG_ERROR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		size_t n = strlen(levels[i].name);

		if (!strncmp(s, levels[i].name, n) && (s[n] == '\0' || s[n] == '/')) {
			*value = levels[i].level;
			return true;
		}
	}
	return false;
}

static bool set_option(const struct option_row *o, const char *value)
{
	const char *end;
	uint64_t v;

	switch (o->type) {
	case OPT_BOOL:
		*(bool *)o->value = !means_no(value);
		return true;
	case OPT_SIZE:
		return parse_size(value, o->value);
	case OPT_LEVEL:
		return parse_level(value, o->value);
	case OPT_STRING:
		if (strlen(value) >= o->size)
			return false;
		strlcpy(o->value, value, o->size);
		return true;
	case OPT_U32:
		v = strtoul_simple(value, &end);
		if (end == value || *end || v > UINT32_MAX)
			return false;
		*(uint32_t *)o->value = (uint32_t)v;
		return true;
	case OPT_WORD:
		*(bool *)o->value = !strcmp(value, words[o->size][1]);
		return *(bool *)o->value || !strcmp(value, words[o->size][0]);
	case OPT_IGNORED:
		return true;
	}
	return false;
}

static void one_word(char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(word, options[i].name))
			continue;
		if (!set_option(&options[i], value ? value : ""))
			pr_warn("command line: bad value in %s=%s\n", word, value ? value : "");
		return;
	}
	pr_warn("command line: unknown option %s\n", word);
}

/* Parse and keep the line. Debian's xl wants to find a dom0_mem there: one is added when absent. */
void cmdline_parse(const char *s)
{
	bool has_dom0_mem = false;
	char word[160];
	size_t n;

	strlcpy(saved_cmdline, s, sizeof(saved_cmdline));
	while (*s) {
		while (*s == ' ')
			s++;
		for (n = 0; s[n] && s[n] != ' '; n++)
			;
		has_dom0_mem |= !strncmp(s, "dom0_mem=", 9);
		if (n >= sizeof(word)) {
			pr_warn("command line: a word of %zu characters is skipped\n", n);
		} else if (n) {
			strlcpy(word, s, n + 1);
			one_word(word);
		}
		s += n;
	}
	n = strlen(saved_cmdline);
	if (!has_dom0_mem)
		snprintf(saved_cmdline + n, sizeof(saved_cmdline) - n, "%sdom0_mem=%luM",
			 n ? " " : "", opt.dom0_mem / MIB);
}
