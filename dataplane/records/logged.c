/* SPDX-License-Identifier: BSD-3-Clause */
#include "logged.h"

#include <errno.h>
#include <string.h>

static const char *const names[] = {
	[LOGGED_LOSS_SLOW] = "slow",        [LOGGED_LOSS_SPACE] = "no-space",
	[LOGGED_LOSS_FILE] = "file",        [LOGGED_LOSS_BUSY] = "reader-busy",
	[LOGGED_LOSS_GONE] = "reader-gone", [LOGGED_LOSS_RATE] = "rate-limit",
};
static_assert(sizeof(names) / sizeof(names[0]) == LOGGED_LOSSES,
	      "one name per cause");

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
