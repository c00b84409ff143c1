/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a piece of code prints on stdout and stderr, caught in two strings. */
#ifndef TEST_SUPPORT_OUTPUT_H
#define TEST_SUPPORT_OUTPUT_H

struct caught {
	int saved_out, saved_err, out_fd, err_fd;
	char *out, *err;		/* after output_end() */
};

void output_begin(struct caught *c);
void output_end(struct caught *c);
/* Documents, a line each, are kept for test_documents.py, which compares them with schemas. */
void output_keep(const char *text);
void output_free(struct caught *c);

#endif
