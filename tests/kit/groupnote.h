/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_GROUPNOTE_H
#define MX_TESTS_GROUPNOTE_H

/* A group around the plane of serving.h.  This box is 1, the others are 2 and 3.
 * The test writes what mxsteer-replica would. */
#include "replicated.h"
#include "serving.h"

/* Put the group in the configuration in force. */
void groupnote_begin(void);

/* What mxsteer-replica says when both streams of both boxes are synced. */
struct replicated groupnote_synced(void);

/* Note it as of now, and let the control plane look. */
void groupnote_write(struct replicated *replicated);

/* The same for so many seconds, in each of them. */
void groupnote_go_on(struct replicated *replicated, unsigned seconds);

#endif /* MX_TESTS_GROUPNOTE_H */
