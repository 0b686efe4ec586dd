/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_QUEUE_H
#define MX_QUEUE_H

/* The number of messages in the queues of the MTAs on this host.
 *
 *   Postfix  the files of incoming and active, which are on their way through
 *            this host.  Deferred mail waits for other hosts and does not count.
 *   Exim     the files of input that end in -H, one for each message.  Exim keeps
 *            deferred mail there too.
 *
 * The folders may have sub-folders, one level for each hash letter.
 *
 * Limit      A walk looks at a number of entries and no more: QUEUE_LOOK_MAX at
 *            most.  A message of Exim is two or three of them.  Where that is not
 *            enough, the spool is called full: that number is its count.
 * Threads    any.  A disk may keep it waiting. */
#include <stdbool.h>
#include <stdint.h>

#define QUEUE_LOOK_MAX 100000
#define QUEUE_DEPTH_MAX 4 /* Postfix: hash_queue_depth is 1 by default */
#define QUEUES_MAX 8
#define QUEUE_POSTFIX "/var/spool/postfix"
#define QUEUE_EXIM "/var/spool/exim4"

enum queue_kind { QUEUE_OF_POSTFIX, QUEUE_OF_EXIM };

struct queue {
	enum queue_kind kind;
	const char *path; /* of the MTA's spool */
};

/* Count the messages of a spool.  look_max: entries.  Returns 0, or -errno if its
 * folders cannot be read. */
int queue_count(const struct queue *queue, uint32_t look_max,
		uint64_t *messages);

#endif /* MX_QUEUE_H */
