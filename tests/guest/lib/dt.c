/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two looks into the device tree, byte by byte (the MMU is off, loads must be aligned): the
 * command line and where the GICv3 is.  It trusts its own tree.
 */
#include "guest.h"

enum { BEGIN_NODE = 1, END_NODE, PROP, NOP };

static uint32_t be32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint64_t be64(const void *p)
{
	return (uint64_t)be32(p) << 32 | be32((const char *)p + 4);
}

static bool same(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && !memcmp(a, b, strlen(a));
}

/* Call FN for each property with its node's name; stops when FN says so. */
static void each_property(const void *dtb, bool (*fn)(void *, const char *, const char *,
						      const void *, uint32_t), void *data)
{
	const char *p = (const char *)dtb + be32((const char *)dtb + 8);
	const char *strings = (const char *)dtb + be32((const char *)dtb + 12);
	const char *node = "";

	for (;;) {
		uint32_t token = be32(p), length;

		p += 4;
		switch (token) {
		case BEGIN_NODE:
			node = p;
			p += (strlen(p) + 4) & ~3ul;
			break;
		case PROP:
			length = be32(p);
			if (fn(data, node, strings + be32(p + 4), p + 8, length))
				return;
			p += 8 + ((length + 3) & ~3u);
			break;
		case END_NODE:
		case NOP:
			break;
		default:
			return;
		}
	}
}

static bool find_bootargs(void *data, const char *node, const char *name, const void *value,
			  uint32_t length)
{
	(void)length;
	if (!same(node, "chosen") || !same(name, "bootargs"))
		return false;
	*(const char **)data = value;
	return true;
}

/* The command line, "" when there is none. */
const char *dt_bootargs(const void *dtb)
{
	const char *args = "";

	each_property(dtb, find_bootargs, &args);
	return args;
}

struct gic {
	const char *node;
	uint64_t gicd, gicr;
	bool v3, reg;
};

static bool find_gic(void *data, const char *node, const char *name, const void *value,
		     uint32_t length)
{
	struct gic *g = data;

	if (g->node != node) {
		g->node = node;
		g->v3 = g->reg = false;
	}
	if (same(name, "compatible") && same(value, "arm,gic-v3"))
		g->v3 = true;
	if (same(name, "reg") && length >= 32) {
		g->gicd = be64(value);
		g->gicr = be64((const char *)value + 16);
		g->reg = true;
	}
	return g->v3 && g->reg;
}

/* Where distributor and first redistributor are. */
bool dt_gicv3(const void *dtb, uint64_t *gicd, uint64_t *gicr)
{
	struct gic g = { 0 };

	each_property(dtb, find_gic, &g);
	if (!g.v3 || !g.reg)
		return false;
	*gicd = g.gicd;
	*gicr = g.gicr;
	return true;
}

struct region {
	const char *node, *compatible;
	unsigned int index;
	uint64_t base, size;
	bool named, reg;
};

static bool has_string(const char *list, uint32_t length, const char *what)
{
	for (const char *p = list; p < list + length; p += strlen(p) + 1)
		if (same(p, what))
			return true;
	return false;
}

static bool find_region(void *data, const char *node, const char *name, const void *value,
			uint32_t length)
{
	struct region *r = data;

	if (r->node != node) {
		r->node = node;
		r->named = r->reg = false;
	}
	if (same(name, "compatible") || same(name, "device_type"))
		r->named |= has_string(value, length, r->compatible);
	if (same(name, "reg") && length >= 16 * (r->index + 1)) {
		r->base = be64((const char *)value + 16 * r->index);
		r->size = be64((const char *)value + 16 * r->index + 8);
		r->reg = true;
	}
	return r->named && r->reg;
}

/* Row INDEX of reg (2 + 2 cells) of the first node that is COMPATIBLE, or of that device_type. */
bool dt_region(const void *dtb, const char *compatible, unsigned int index, uint64_t *base,
	       uint64_t *size)
{
	struct region r = { .compatible = compatible, .index = index };

	each_property(dtb, find_region, &r);
	if (!r.named || !r.reg)
		return false;
	*base = r.base;
	*size = r.size;
	return true;
}

static const char *find_word(const char *args, const char *word)
{
	size_t n = strlen(word);

	for (; *args; args++)
		if (!strncmp(args, word, n))
			return args + n;
	return NULL;
}

/* Is WORD somewhere in ARGS? */
bool arg_has(const char *args, const char *word)
{
	return find_word(args, word);
}

/* The number behind KEY ("n=") in ARGS. */
uint64_t arg_number(const char *args, const char *key, uint64_t otherwise)
{
	const char *p = find_word(args, key);
	uint64_t v = 0;

	if (!p || *p < '0' || *p > '9')
		return otherwise;
	while (*p >= '0' && *p <= '9')
		v = v * 10 + (uint64_t)(*p++ - '0');
	return v;
}
