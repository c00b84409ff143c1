/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of the extension block, <metadata><z:domain>: what the domain can have that the rest of the
 * document has no words for. An element that is unknown here is an error, since nobody else could
 * mean it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "field_rows.h"
#include "xentools/cpu_feature.h"
#include "xentools/macros.h"
#include "xentools/parse_num.h"

#define FRAME_MAX	(UINT64_C(1) << 36)	/* 48 bits of address */
#define LIST_MAX	16u

/* A number in an attribute; absent: otherwise. False when it was reported. */
static bool number(struct reader *r, const struct xml_node *node, const char *attr, uint64_t min,
		   uint64_t max, uint64_t otherwise, uint64_t *ret)
{
	const char *text = xml_attr_get(node, attr);

	*ret = otherwise;
	if (text == NULL)
		return true;
	text = field_trim(r, text);
	if (text == NULL || parse_u64(text, min, max, ret) == 0)
		return text != NULL;
	field_error(r, node, attr, "E353", NULL,
		    "\"%.20s\" is no number from %" PRIu64 " to %" PRIu64, text, min, max);
	return false;
}

/* Room for one more of the list, or NULL: too many, no memory. */
static void *append(struct reader *r, const struct xml_node *node, void *list, size_t count,
		    size_t size)
{
	void *bigger = NULL;

	if (count == LIST_MAX)
		field_error(r, node, NULL, "E354", NULL, "more than %u of these", LIST_MAX);
	else if (!(bigger = realloc(list, (count + 1) * size)))
		r->rc = -ENOMEM;
	return bigger;
}

static void read_iomem(struct reader *r, const struct xml_node *node, const struct field_row *row,
		       const char *value)
{
	struct domain_config *c = &r->build->cfg;
	struct domain_iomem m, *list;

	(void)row;
	(void)value;
	if (xml_attr_get(node, "start") == NULL ||
	    !number(r, node, "start", 0, FRAME_MAX - 1, 0, &m.start) ||
	    !number(r, node, "pages", 1, FRAME_MAX - m.start, 1, &m.pages) ||
	    !number(r, node, "gfn", 0, FRAME_MAX - m.pages, m.start, &m.gfn))
		return;
	list = append(r, node, c->iomem, c->iomem_count, sizeof(m));
	if (list == NULL)
		return;
	c->iomem = list;
	list[c->iomem_count++] = m;
}

static void read_cpu(struct reader *r, const struct xml_node *node, const struct field_row *row,
		     const char *value)
{
	struct domain_config *c = &r->build->cfg;
	uint64_t midr, bits;

	(void)row;
	(void)value;
	if (number(r, node, "midr", 1, UINT32_MAX, 0, &midr))
		c->midr = (uint32_t)midr;
	if (!number(r, node, "pa-bits", 32, 48, 0, &bits))
		return;
	if (bits != 0 && cpu_pa_range(bits) < 0) {
		field_error(r, node, "pa-bits", "E353", "32, 36, 40, 42, 44 or 48",
			    "no processor has %" PRIu64 " bits of physical address", bits);
		return;
	}
	c->pa_bits = (unsigned int)bits;
}

static void read_irq(struct reader *r, const struct xml_node *node, const struct field_row *row,
		     const char *value)
{
	struct domain_config *c = &r->build->cfg;
	uint64_t n;
	uint32_t *list;

	(void)row;
	(void)value;
	if (xml_attr_get(node, "number") == NULL || !number(r, node, "number", 32, 1019, 0, &n))
		return;
	for (size_t i = 0; i < c->irq_count; i++) {
		if (c->irqs[i] == n) {
			field_error(r, node, "number", "E353", NULL, "given more than once");
			return;
		}
	}
	list = append(r, node, c->irqs, c->irq_count, sizeof(*list));
	if (list == NULL)
		return;
	c->irqs = list;
	list[c->irq_count++] = (uint32_t)n;
}

/* The short form of <serial type='pty'/>, which may stand beside it. */
static void read_vuart(struct reader *r, const struct xml_node *node, const struct field_row *row,
		       const char *value)
{
	(void)node;
	(void)row;
	(void)value;
	r->build->cfg.vuart = true;
}

static void read_start(struct reader *r, const struct xml_node *node, const struct field_row *row,
		       const char *value)
{
	struct domain_start *s = &r->build->cfg.start;
	const char *wait_for = xml_attr_get(node, "wait-for"), *fail = xml_attr_get(node, "on-failure");
	const char *problem = wait_for ? domain_name_problem(wait_for) : NULL;
	uint64_t delay, order;
	uint32_t retries;

	(void)row;
	(void)value;
	if (number(r, node, "delay", 0, 86400, 0, &delay))
		s->delay_s = (unsigned int)delay;
	if (number(r, node, "order", 1, 1000000, 0, &order))
		s->order = (unsigned int)order;
	if (problem != NULL)
		field_error(r, node, "wait-for", "E353", NULL, "no domain has such a name: %s", problem);
	else if (wait_for != NULL)
		strcpy(s->wait_for, wait_for);	/* a good name fits */
	if (fail != NULL && strncmp(fail, "retry:", 6) == 0 &&
	    parse_u32(fail + 6, 1, 1000, &retries) == 0)
		s->retries = retries;
	else if (fail != NULL)
		field_error(r, node, "on-failure", "E353", "retry:1 to retry:1000",
			    "\"%.20s\" is not known", fail);
}

static const struct field_word stops[] = {
	{ "shutdown", DOMAIN_STOP_SHUTDOWN, FIELD_S, NULL, NULL },
	{ "destroy", DOMAIN_STOP_DESTROY, FIELD_S, NULL, NULL },
	{ NULL, 0, FIELD_S, NULL, NULL },
};

#define EXT "domain/metadata/z:domain"

static const struct field_row rows[] = {
	ROW(EXT, CONTAINER),
	ROW_L(EXT "/z:affinity"),
	ROW_L(EXT "/z:cloud-init"),
	ROW_L(EXT "/z:console-log"),
	ROW(EXT "/z:cpu", .handler = read_cpu),
	ROW(EXT "/z:cpu@midr", CONTAINER),
	ROW(EXT "/z:cpu@pa-bits", CONTAINER),
	ROW_L(EXT "/z:cpupool"),
	ROW_L(EXT "/z:dom0less-adopted"),
	ROW_L(EXT "/z:driver-domain"),
	ROW_L(EXT "/z:dtdev"),
	ROW(EXT "/z:iomem", .handler = read_iomem, .flags = FIELD_REPEAT),
	ROW(EXT "/z:iomem@gfn", CONTAINER),
	ROW(EXT "/z:iomem@pages", CONTAINER),
	ROW(EXT "/z:iomem@start", .flags = FIELD_REQUIRED, .hint = "frame number of 4 KiB"),
	ROW(EXT "/z:irq", .handler = read_irq, .flags = FIELD_REPEAT),
	ROW(EXT "/z:irq@number", .flags = FIELD_REQUIRED, .hint = "INTID, from 32"),
	ROW_L(EXT "/z:limits"),
	ROW_L(EXT "/z:llc-colors"),
	ROW_L(EXT "/z:no-migrate"),
	ROW_L(EXT "/z:nr-spis"),
	ROW_L(EXT "/z:peer"),
	ROW_L(EXT "/z:sched"),
	ROW_L(EXT "/z:snapshot-dir"),
	ROW(EXT "/z:start", .handler = read_start),
	ROW(EXT "/z:start@delay", CONTAINER),
	ROW(EXT "/z:start@on-failure", CONTAINER),
	ROW(EXT "/z:start@order", CONTAINER),
	ROW(EXT "/z:start@stop", .type = &type_enum, .arg = stops, INTO(cfg.start.stop),
	    .code = "E353"),
	ROW(EXT "/z:start@wait-for", CONTAINER),
	ROW_L(EXT "/z:tee"),
	ROW_L(EXT "/z:trap-unmapped"),
	ROW(EXT "/z:vuart", .handler = read_vuart),
	ROW(EXT "/z:watchdog", CONTAINER),
	ROW(EXT "/z:watchdog@action", .type = &type_enum, .arg = field_watchdog_actions,
	    INTO(cfg.on_watchdog), .flags = FIELD_REQUIRED, .code = "E353"),
	ROW_L(EXT "/z:watchdog@timeout"),
	ROW_L(EXT "/z:xsm"),
};

const struct field_table fields_extension = { rows, ARRAY_SIZE(rows) };
