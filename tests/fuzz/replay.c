/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays every input of a fuzz target, and a number of seeded changes of each, without a fuzzing
 * engine: fuzz_NAME [SEED [ROUNDS]]. The same seed gives the same run.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xentools/cleanup.h"
#include "xentools/fd_util.h"

#define INPUT_MAX (2u << 20)

static uint64_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33);
}

/* One small change: a byte, a token that means something there, or a piece moved. */
static size_t mutate(char *buf, size_t len, size_t room)
{
	const char *token;
	size_t at = len > 0 ? next_random() % len : 0, n = 0, span;

	while (fuzz_inputs.tokens[n] != NULL)
		n++;
	token = fuzz_inputs.tokens[next_random() % n];
	n = strlen(token);
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

	if (fd_read_file(path, INPUT_MAX, &text, &size) < 0)
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
		const char *dot = strrchr(list[i]->d_name, '.'), *want = fuzz_inputs.suffix;
		_cleanup_free_ char *path = NULL;

		if (list[i]->d_name[0] != '.' &&
		    (want == NULL || (dot != NULL && strcmp(dot, want) == 0)) &&
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
	unsigned int rounds = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 100, files = 0;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	printf("seed %llu, %u rounds a file\n", (unsigned long long)seed, rounds);
	for (size_t i = 0; fuzz_inputs.dirs[i] != NULL; i++) {
		_cleanup_free_ char *dir = NULL;

		if (asprintf(&dir, TEST_SRCDIR "/tests/%s", fuzz_inputs.dirs[i]) > 0)
			files += replay_all(dir, rounds);
	}
	printf("%u files\n", files);
	return files >= fuzz_inputs.files ? 0 : 1;
}
