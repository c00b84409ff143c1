/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vectors once more, with records of what comes in and goes out: for who takes a trace. */
#define RECORDING
#include "vectors.S"
