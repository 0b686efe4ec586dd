/* SPDX-License-Identifier: BSD-3-Clause */
#include "logged.h"

#include <errno.h>
#include <string.h>

static const char *const names[] = {
	[LOGGED_LOSS_SLOW] = "slow",        [LOGGED_LOSS_SPACE] = "no-space",
	[LOGGED_LOSS_FILE] = "file",        [LOGGED_LOSS_BUSY] = "reader-busy",
	[LOGGED_LOSS_GONE] = "reader-gone", [LOGGED_LOSS_RATE] = "rate-limit",
	[LOGGED_LOSS_DAMAGED] = "damaged",
};
static_assert(sizeof(names) / sizeof(names[0]) == LOGGED_LOSSES,
	      "one name per cause");

static const char *const refusals[] = {
	[LOGGED_REFUSED_VERSION] = "version",
	[LOGGED_REFUSED_OWNER] = "owner",
	[LOGGED_REFUSED_SIZES] = "sizes",
	[LOGGED_REFUSED_CHANGED] = "changed",
	[LOGGED_REFUSED_CUT] = "cut",
	[LOGGED_REFUSED_NUMBER] = "number",
	[LOGGED_REFUSED_ACCESS] = "access",
};
static_assert(sizeof(refusals) / sizeof(refusals[0]) == LOGGED_REFUSALS,
	      "one name per refusal");

/* Layouts 1 to 3 have one cause of loss less.  They end with `ring`, `untold` and
 * `changes`.  Layout 4 has one refusal less. */
#define LESS_BYTES sizeof(uint64_t)
static const size_t less_from[LOGGED_LAYOUT] = {
	[1] = offsetof(struct logged, lost[LOGGED_LOSS_DAMAGED]),
	[2] = offsetof(struct logged, lost[LOGGED_LOSS_DAMAGED]),
	[3] = offsetof(struct logged, lost[LOGGED_LOSS_DAMAGED]),
	[4] = offsetof(struct logged, refused[LOGGED_REFUSED_ACCESS]),
};
static const size_t layout_bytes[LOGGED_LAYOUT + 1] = {
	[1] = offsetof(struct logged, untold) - LESS_BYTES,
	[2] = offsetof(struct logged, changes) - LESS_BYTES,
	[3] = offsetof(struct logged, refused) - LESS_BYTES,
	[4] = sizeof(struct logged) - LESS_BYTES,
	[5] = sizeof(struct logged),
};

bool
logged_read(struct logged *logged, const void *bytes, size_t count)
{
	struct logged was = {0};

	if (count < layout_bytes[1])
		return false;
	memcpy(&was, bytes, count < sizeof(was) ? count : sizeof(was));
	if (was.magic != LOGGED_MAGIC || was.layout == 0 ||
	    was.layout > LOGGED_LAYOUT || count < layout_bytes[was.layout])
		return false;
	const size_t known = layout_bytes[was.layout];
	*logged = (struct logged){0};
	if (was.layout == LOGGED_LAYOUT) {
		memcpy(logged, bytes, known);
		return true;
	}
	const size_t from = less_from[was.layout];
	memcpy(logged, bytes, from);
	memcpy((char *)logged + from + LESS_BYTES, (const char *)bytes + from,
	       known - from);
	return true;
}

uint64_t
logged_tail(const struct logged_ring *at, uint32_t identity, uint64_t head)
{
	if (at->identity != identity)
		return 0;
	/* A writer only adds records: if the number went back, the file is
	 * damaged. */
	return at->tail <= head ? at->tail : head;
}

const char *
logged_loss_name(unsigned loss)
{
	return loss < LOGGED_LOSSES ? names[loss] : "-";
}

const char *
logged_refusal_name(unsigned refusal)
{
	return refusal < LOGGED_REFUSALS ? refusals[refusal] : "-";
}

const char *
logged_error_text(int error)
{
	switch (error) {
	case EBUSY:
		return "another mxsteer-log writes to this file: give each "
		       "instance a file of its own";
	case ELOOP:
		return "it is a symbolic link: name the file itself";
	case EMEDIUMTYPE:
		return "it does not end with lines of mxsteer-log: name another "
		       "file, or move this one away";
	case EINVAL:
		return "it is not a regular file";
	default:
		return strerror(error);
	}
}
