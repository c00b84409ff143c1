/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lock-heavy load for a Linux guest: THREADS threads write to one file for MS milliseconds, each
 * with the file's lock in its hands while it copies. Prints how many writes were done, how long the
 * worst took, and how many took more than a millisecond; then the machine goes off. It is linked
 * statically and runs beside the guest's shell.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#define MOST 16
#define BLOCK 65536
#define LATE 1000000u	/* ns */

static struct worker {
	pthread_t thread;
	unsigned long writes, worst, late;
} workers[MOST];
static atomic_int stage;	/* 0 wait, 1 run, 2 end */
static int file;
static char block[BLOCK];

static unsigned long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long)t.tv_sec * 1000000000u + (unsigned long)t.tv_nsec;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (atomic_load(&stage) == 0)
		usleep(1000);
	while (atomic_load(&stage) == 1) {
		unsigned long begin = now(), took;

		if (pwrite(file, block, BLOCK, 0) != BLOCK)
			return NULL;
		took = now() - begin;
		w->writes++;
		w->late += took > LATE;
		if (took > w->worst)
			w->worst = took;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long writes = 0, worst = 0, late = 0;
	int n = argc > 2 ? atoi(argv[1]) : 0;

	file = open("/tmp/lock_load", O_RDWR | O_CREAT, 0600);
	if (n < 1 || n > MOST || file < 0)
		return 1;
	for (int i = 0; i < n; i++)
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			return 1;
	atomic_store(&stage, 1);
	usleep((useconds_t)atoi(argv[2]) * 1000);
	atomic_store(&stage, 2);
	for (int i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		writes += workers[i].writes;
		late += workers[i].late;
		worst = workers[i].worst > worst ? workers[i].worst : worst;
	}
	printf("LOCK-LOAD writes=%lu worst_us=%lu late=%lu\n", writes, worst / 1000, late);
	fflush(stdout);
	sync();
	sleep(1);
	reboot(RB_POWER_OFF);
	return 1;
}
