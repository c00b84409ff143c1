/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl report: look at the domains for a while, or read a recording of zl stats, and draw what they
 * used as one HTML page.
 */
#include "zl.h"

#include "report.h"

#define SAMPLES_MAX 1000000u
#define RECORDING_MAX (256u << 20)

struct samples {
	struct sample **list;
	size_t count;
	char host[256];
};

static int add(struct samples *all, struct sample *s, struct zerr **err)
{
	struct sample **more = realloc(all->list, (all->count + 1) * sizeof(*more));

	if (!more) {
		sample_free(s);
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	}
	all->list = more;
	more[all->count++] = s;
	return 0;
}

/* One line of a recording; an empty one is none. */
static int add_line(struct samples *all, char *line, struct zerr **err)
{
	struct json_object *top, *data, *v;
	struct sample *s;
	int rc;

	if (line[0] == '\0')
		return 0;
	top = json_tokener_parse(line);
	if (!json_object_object_get_ex(top, "data", &data))
		data = NULL;
	if (json_object_object_get_ex(top, "host", &v))
		snprintf(all->host, sizeof(all->host), "%s", json_object_get_string(v));
	rc = sample_from_json(data, &s, err);
	json_object_put(top);
	if (rc < 0)
		return -1;
	if (all->count > 0 && s->when_ns <= all->list[all->count - 1]->when_ns) {
		sample_free(s);
		return zerr_set(err, ZERR_BAD_CONFIG, "E130", 0, "its times do not rise");
	}
	return add(all, s, err);
}

static int read_recording(const char *path, struct samples *all, struct zerr **err)
{
	_cleanup_free_ char *text = NULL;
	unsigned int number = 0;
	char *line, *end;
	size_t len;
	int rc = fd_read_file(path, RECORDING_MAX, &text, &len);

	if (rc < 0)
		return zerr_set(err, rc == -ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E131", -rc,
				"cannot read %s", path);
	for (line = text; line < text + len; line = end + 1) {
		end = line + strcspn(line, "\n");
		*end = '\0';
		number++;
		if (add_line(all, line, err) < 0)
			return zerr_at(err, path, number, 0, NULL);
	}
	return 0;
}

static int look(struct zl *zl, uint32_t seconds, uint32_t count, struct samples *all,
		struct zerr **err)
{
	int signals, rc = 0;

	if (zl_open(zl, ZL_WANT_STORE, err) < 0)
		return -1;
	signals = zl_signal_fd();
	for (uint32_t i = 0; rc == 0 && i <= count; i++) {
		struct zerr *stop = NULL;
		struct sample *s;

		if (i > 0 && zl_nap(signals, (int)seconds * 1000, &stop) < 0) {
			zerr_free(stop);	/* draw what there is */
			break;
		}
		rc = sample_read(&zl->ctx, SAMPLE_DEVICES, NULL, &s, err);
		if (rc == 0)
			rc = add(all, s, err);
		zl_verbose(zl, 1, "sample %u of %u", i + 1, count + 1);
	}
	if (signals >= 0)
		close(signals);
	return rc;
}

static int write_page(const char *path, const struct strbuf *page, struct zerr **err)
{
	int rc;

	if (page->failed)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	if (strcmp(path, "-") == 0)
		return fwrite(page->buf, 1, page->len, stdout) == page->len && fflush(stdout) == 0 ? 0 :
			zerr_set(err, ZERR_FAILED, "E935", errno, "cannot write the output");
	rc = fd_write_file_atomic(path, page->buf, page->len, 0644);
	return rc == 0 ? 0 : zerr_set(err, ZERR_FAILED, "E935", -rc, "cannot write %s", path);
}

static int draw(const struct samples *all, const char *path, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf page = STRBUF_INIT;
	struct report r;

	if (all->count < 2) {
		zerr_set(err, ZERR_STATE, "E710", 0, "it takes two samples to draw; there %s %zu",
			 all->count == 1 ? "is" : "are", all->count);
		return zerr_hint(err, "record by: zl stats --watch=2 --format=json > FILE");
	}
	if (report_make(&r, all->list, all->count) < 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	report_page(&page, &r, all->host);
	report_clear(&r);
	return write_page(path, &page, err);
}

static int number(const struct zl_args *args, const char *option, uint32_t otherwise, uint32_t *ret,
		  struct zerr **err)
{
	const char *text = zl_value(args, option);

	*ret = otherwise;
	if (!text || parse_u32(text, 1, SAMPLES_MAX, ret) == 0)
		return 0;
	return zerr_set(err, ZERR_USAGE, "E007", 0, "--%s=%s is not a number from 1 to %u", option,
			text, SAMPLES_MAX);
}

ZL_CMD(report)
{
	const char *out = zl_value(args, "output"), *from = zl_value(args, "from");
	struct samples all = { .count = 0 };
	uint32_t seconds, count;
	int rc;

	if (!out) {
		zerr_set(err, ZERR_USAGE, "E006", 0, "report: -o FILE is missing");
		return zerr_hint(err, "usage: zl report %s", args->cmd->synopsis);
	}
	if (number(args, "interval", 2, &seconds, err) < 0 ||
	    number(args, "count", 30, &count, err) < 0)
		return zerr_context(err, "report", NULL);
	if (gethostname(all.host, sizeof(all.host) - 1) < 0)
		all.host[0] = '\0';
	rc = from ? read_recording(from, &all, err) : look(zl, seconds, count, &all, err);
	if (rc == 0)
		rc = draw(&all, out, err);
	for (size_t i = 0; i < all.count; i++)
		sample_free(all.list[i]);
	free(all.list);
	return rc < 0 ? zerr_context(err, "report", NULL) : 0;
}
