/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REVISION_H
#define MX_REVISION_H

/* A configuration that was put in force: its text as it was then, and who did it,
 * when, and what became of it.  The file may be edited later. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REVISION_BY_MAX 96
#define REVISION_FAULT_MAX 160
#define REVISION_DIGEST_MAX 65 /* SHA-256 in hex */

enum revision_fate {
	REVISION_KEPT,    /* nobody took it back */
	REVISION_TRIAL,   /* it waits to be confirmed */
	REVISION_EXPIRED, /* it was not confirmed in time */
	REVISION_UNDONE,
	REVISION_FATES,
};

struct revision {
	uint32_t number; /* the first has 1 */
	uint32_t before; /* the number in force until then; 0: there was none */
	int64_t time_s;  /* CLOCK_REALTIME */
	enum revision_fate fate;
	char by[REVISION_BY_MAX];
	char *path;    /* of the file */
	char *changes; /* what differed from the one before, in lines */
	char *text;    /* NULL: see fault */
	size_t size;   /* of the text */
	char fault[REVISION_FAULT_MAX]; /* why its text is not to be had */

	/* history.c and historyfile.c alone use these: */
	uint16_t slot; /* of the file that keeps the text */
	bool written;  /* that file has the text */
	/* The digest of a text that could not be read, which may be readable
	 * next time. */
	char digest[REVISION_DIGEST_MAX];
};

#endif /* MX_REVISION_H */
