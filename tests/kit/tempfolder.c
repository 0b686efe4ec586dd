/* SPDX-License-Identifier: BSD-3-Clause */
#include "tempfolder.h"

#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"

#define FILES_OPEN 8

static char path[sizeof("/tmp/mxtest-XXXXXX")];
static pid_t owner; /* not a process that it forked */

static int
remove_one(const char *name, const struct stat *status, int kind,
	   struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(name);
}

void
tempfolder_remove(void)
{
	if (path[0] == '\0' || owner != getpid())
		return;
	nftw(path, remove_one, FILES_OPEN, FTW_DEPTH | FTW_PHYS);
	path[0] = '\0';
}

/* The program ends by the same signal. */
static void
on_end(int number)
{
	tempfolder_remove();
	raise(number);
}

static void
remove_at_end(void)
{
	const struct sigaction end = {.sa_handler = on_end,
				      .sa_flags = (int)SA_RESETHAND};

	ck_assert_int_eq(atexit(tempfolder_remove), 0);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
}

const char *
tempfolder_make(void)
{
	tempfolder_remove();
	if (owner != getpid())
		remove_at_end();
	owner = getpid();
	strcpy(path, "/tmp/mxtest-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	return path;
}
