/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl: one command on domains. See command.c for the run and cmd_table.c for the commands. */
#include "zl.h"

int main(int argc, char **argv)
{
	return zl_main(argc, argv);
}
