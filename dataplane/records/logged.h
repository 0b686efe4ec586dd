/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGED_H
#define MX_LOGGED_H

/* How far mxsteer-log has come: the file `logged` in the control plane's folder.
 * mxsteer-log writes it after each batch of lines, and goes on from it when it
 * starts again.  The control plane shows it.
 *
 * Believed   mxsteer-log is a process of the control plane's user.  Whoever reads
 *            the file copies it, and checks the numbers that it uses.
 * Threads    one writer; read: any. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define LOGGED_NAME "logged"
#define LOGGED_MAGIC 0x646567676f6cu
#define LOGGED_LAYOUT 5

/* Why records are lost: what the log was waiting for when its ring was full. */
enum logged_loss {
	LOGGED_LOSS_SLOW,  /* nothing: it was too slow, or did not run */
	LOGGED_LOSS_SPACE, /* its file system was full */
	LOGGED_LOSS_FILE, /* its file could not be written for another reason */
	LOGGED_LOSS_BUSY, /* syslog or journald did not read */
	LOGGED_LOSS_GONE, /* syslog or journald did not run */
	LOGGED_LOSS_RATE, /* journald keeps no more in 30 s */
	LOGGED_LOSS_DAMAGED, /* its record was not where the ring says */
	LOGGED_LOSSES,
};

/* Why a ring is not read, or not as its header says. */
enum logged_refusal {
	LOGGED_REFUSED_VERSION, /* it is of another version */
	LOGGED_REFUSED_OWNER, /* others than its plane could write to the file */
	LOGGED_REFUSED_SIZES,   /* its sizes do not fit the file */
	LOGGED_REFUSED_CHANGED, /* its header was changed while it was read */
	LOGGED_REFUSED_CUT,     /* the file was cut while it was read */
	LOGGED_REFUSED_NUMBER,  /* it cannot have as many records as it says */
	LOGGED_REFUSED_ACCESS,  /* it could not be opened or mapped */
	LOGGED_REFUSALS,
};

struct logged_ring {
	uint32_t identity; /* 0: none was read */
	uint32_t unused;
	uint64_t tail; /* the serial of the last record that is done with */
};

/* What a line about lost lines tells. */
struct logged_untold {
	uint64_t lines;
	int64_t from_s; /* CLOCK_REALTIME */
	int64_t to_s;
	uint32_t why; /* enum logged_loss */
	uint32_t unused;
};

struct logged {
	uint64_t magic;
	uint32_t layout;
	int32_t pid;       /* 0: it has ended in good order */
	int64_t started_s; /* CLOCK_REALTIME */
	int64_t at_s;      /* when this was written */
	uint64_t lines;    /* that were written */
	uint64_t bytes;
	uint64_t unwanted; /* records that the configuration leaves out */
	uint64_t waiting;  /* records that are not read yet */
	uint64_t lost[LOGGED_LOSSES];
	uint32_t sessions; /* enum logsheet_sink */
	uint32_t stuck;    /* enum logged_loss; 0: lines are written */
	int32_t error;     /* errno of that */
	uint32_t unused;
	int64_t stuck_s; /* since when */
	struct logged_ring ring[MX_WORKERS_MAX];
	struct logged_untold untold; /* lost lines that no line tells of yet */
	struct logged_ring changes;  /* the ring of changes */
	uint64_t refused[LOGGED_REFUSALS]; /* how often a ring was refused */
	uint32_t unread; /* rings that are there and are not read */
	uint32_t unused2;
};

static_assert(sizeof(struct logged) < 4096,
	      "in one page, so that no kill leaves half of it");

/* The record of a ring behind which mxsteer-log goes on.  Of a ring that is newer
 * than the notes, it has read nothing. */
uint64_t logged_tail(const struct logged_ring *at, uint32_t identity,
		     uint64_t head);

/* Take what was noted by this layout or an earlier one.  Returns false, with
 * *logged as it was, if the bytes are no notes. */
bool logged_read(struct logged *logged, const void *bytes, size_t count);

/* A word for a cause of loss, and one for a refusal. */
const char *logged_loss_name(unsigned loss);
const char *logged_refusal_name(unsigned refusal);

/* What `error` of a log that is stuck means, for a person. */
const char *logged_error_text(int error);

#endif /* MX_LOGGED_H */
