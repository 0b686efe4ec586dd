/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_APPLYQUEUE_H
#define MX_APPLYQUEUE_H

/* Files to apply, one after the other.  A file waits here until its lists have
 * been read, and those behind it wait for it.
 *
 * Threads    the event loop. */
#include "apply.h"
#include "log.h"

/* Files that wait at the same time. */
#define APPLYING_MAX 80
/* The bytes of their texts. */
#define APPLYING_BYTES_MAX (16 * 1024 * 1024)

/* The end of an apply.  error: 0 if the file is in force; or -errno with the
 * faults in *errors. */
typedef void (*apply_done)(void *arg, int error,
			   const struct mx_config_errors *errors);

struct apply_order {
	const char *path; /* of the file; of an undo: NULL */
	char *text;       /* of the file; given away.  NULL: it is read when
			   * its turn comes */
	size_t size;
	const char *by;     /* who wants it, for people */
	uint32_t confirm_s; /* it is on trial for so long; 0: it is not */
};

/* Apply a file, or put the revision before the one in force in force again.
 * done() is called once: before this returns, if no list must be read; or
 * later. */
void apply_file(struct applier *applier, const struct apply_order *order,
		apply_done done, void *arg);

/* Tell that a change of the configuration was refused, and why: the first fault is
 * in the event, and all are in the log.  what: "apply /a/file", "undo".  by: who
 * wanted it, or NULL. */
void apply_log_refusal(enum log_level level, const char *what, const char *by,
		       const struct mx_config_errors *errors);

/* A list has been read: go on. */
void apply_go_on(struct applier *applier);

/* The process ends: call done() for each file that waits, with -ECANCELED. */
void apply_end(struct applier *applier);

#endif /* MX_APPLYQUEUE_H */
