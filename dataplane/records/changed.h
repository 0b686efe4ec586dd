/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHANGED_H
#define MX_CHANGED_H

/* The record of a change: what a line of the log tells of an event of the control
 * plane (controlplane/event/eventlog.h), in the words of `show events`.  The file
 * is `changed` in the control plane's folder (instance/ringfile.h).
 *
 * Believed   A text may have any bytes but a 0 and may be cut within a character:
 *            its reader replaces what is not printable.
 * Threads    see recordring.h. */
#include <assert.h>
#include <stdint.h>

#include "recordring.h"

#define MX_CHANGED_NAME "changed"

/* 0.9 MiB.  A reader that is away for longer loses the oldest. */
#define MX_CHANGED_SLOTS 1024u

struct mx_changed {
	uint64_t serial;
	int64_t at_s; /* CLOCK_REALTIME */
	char level[8];
	char source[16];
	char subject[128];
	char what[24];
	char before[64];
	char after[256];
	char why[256];
	char who[96];
};
static_assert(sizeof(struct mx_changed) == 864, "words, none of them unused");

#define MX_CHANGED_WORDS MX_RING_WORDS(struct mx_changed)
static_assert(MX_CHANGED_WORDS <= MX_RING_WORDS_MAX, "a ring takes it");

#endif /* MX_CHANGED_H */
