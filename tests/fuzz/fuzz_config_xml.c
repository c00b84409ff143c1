/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: any bytes through the domain XML reader. What is accepted must be written, read again
 * without a diagnostic, and written to the same bytes; what is refused must say why. With
 * -fsanitize=fuzzer -DFUZZ_LIBFUZZER this is a libFuzzer target; without, main() replays the files
 * of tests/golden and a number of mutations of each: fuzz_config_xml [SEED [ROUNDS]].
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xentools/config.h"
#include "xentools/error.h"
#include "xentools/fd_util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fixed_point(const struct domain_config *cfg)
{
	_cleanup_free_ char *first = config_format(cfg), *second = NULL;
	struct config_diags diags = { .count = 0 };
	struct domain_config again;
	struct zerr *err = NULL;

	if (first == NULL)
		return;
	if (config_read_mem("canon", first, strlen(first), NULL, &again, &diags, &err) < 0 ||
	    diags.count != 0) {
		config_diags_print(stderr, &diags, true, false);
		fprintf(stderr, "canonical form is not accepted:\n%s", first);
		abort();
	}
	second = config_format(&again);
	if (second == NULL || strcmp(first, second) != 0) {
		fprintf(stderr, "no fixed point:\n%s\n%s", first, second ? second : "");
		abort();
	}
	domain_config_free(&again);
	config_diags_free(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config_options lax = { .flags = CONFIG_LAX | CONFIG_TARGET_ARCH };
	struct config_diags diags = { .count = 0 };
	struct domain_config cfg;
	struct zerr *err = NULL;

	domain_config_init(&cfg);
	if (config_read_mem("fuzz", data, size, &lax, &cfg, &diags, &err) == 0)
		fixed_point(&cfg);
	else if (diags.errors == 0 || err == NULL)
		abort();
	domain_config_free(&cfg);
	config_diags_free(&diags);
	zerr_free(err);
	return 0;
}

#ifndef FUZZ_LIBFUZZER

static uint64_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33);
}

/* One small change: a byte, a token that means something in XML, or a piece moved. */
static size_t mutate(char *buf, size_t len, size_t room)
{
	static const char *const tokens[] = {
		"<", ">", "/>", "</", "<a>", "</a>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;",
		"&#10;", "&#x0;", "'", "\"", " xmlns='urn:a'", " x='", "\xc3\xbc", "\xff", "?>",
		"<metadata>", "</metadata>", "<vcpu>", "0", "99999999999999999999", "-1",
	};
	const char *token = tokens[next_random() % (sizeof(tokens) / sizeof(tokens[0]))];
	size_t at = len > 0 ? next_random() % len : 0, n = strlen(token), span;

	switch (next_random() % 4) {
	case 0:
		if (len > 0)
			buf[at] = (char)next_random();
		return len;
	case 1:
		if (len + n > room)
			return len;
		memmove(buf + at + n, buf + at, len - at);
		memcpy(buf + at, token, n);
		return len + n;
	case 2:
		span = len > at ? next_random() % (len - at) % 40 : 0;
		memmove(buf + at, buf + at + span, len - at - span);
		return len - span;
	default:
		span = len > at ? next_random() % (len - at) % 60 : 0;
		if (len + span > room)
			return len;
		memmove(buf + at + span, buf + at, len - at);
		return len + span;
	}
}

static void replay(const char *path, unsigned int rounds)
{
	_cleanup_free_ char *text = NULL, *buf = NULL;
	size_t size, room;

	if (fd_read_file(path, CONFIG_FILE_MAX, &text, &size) < 0)
		exit(1);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)text, size);
	room = size + 512;
	buf = malloc(room);
	for (unsigned int i = 0; buf != NULL && i < rounds; i++) {
		size_t len = size;

		memcpy(buf, text, size);
		for (unsigned int k = next_random() % 6; k > 0; k--)
			len = mutate(buf, len, room);
		(void)LLVMFuzzerTestOneInput((const uint8_t *)buf, len);
	}
}

static unsigned int replay_all(const char *dir, unsigned int rounds)
{
	unsigned int files = 0;
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(list[i]->d_name, '.');
		_cleanup_free_ char *path = NULL;

		if (dot != NULL && strcmp(dot, ".xml") == 0 &&
		    asprintf(&path, "%s/%s", dir, list[i]->d_name) > 0) {
			replay(path, rounds);
			files++;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return files;
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 200, files;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	printf("seed %llu, %u rounds a file\n", (unsigned long long)seed, rounds);
	files = replay_all(TEST_SRCDIR "/tests/golden/accept", rounds) +
		replay_all(TEST_SRCDIR "/tests/golden/refuse", rounds);
	printf("%u files\n", files);
	return files > 20 ? 0 : 1;
}

#endif
