/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DOOR_H
#define MX_DOOR_H

/* What a CLI socket is: its path, who may do what by it, and who answers. */
#include <stdint.h>

#include "level.h"
#include "socketfile.h"

#define CTL_LINE_MAX 4096 /* bytes of a request, with its '\n' */

/* A client that has said nothing for so long may be closed to make room. */
#define CTL_SPARE_MS 1000

/* A user has a part of the places of a socket, and root has all but such a
 * part. */
#define CTL_USERS 4

/* A socket for callers of a lower level is a ctl of its own, with places of its
 * own.  Its callers together keep the loop busy for at most a part of the
 * time. */
#define CTL_SHARE 4

struct ctl;
struct ctl_request;

/* Why callers are turned away. */
enum ctl_why { CTL_NO_LEVEL, CTL_OWN_SHARE, CTL_NO_PLACE, CTL_WHYS };

/* The callers that were turned away for one reason. */
struct ctl_turned {
	uint64_t count;
	int64_t last_s;            /* CLOCK_REALTIME */
	char who[CALLER_TEXT_MAX]; /* the last one */
};

/* A socket, and who may do what by it. */
struct ctl_door {
	const char *path;
	struct socketfile_right right;
	struct level_rules rules;
	enum level most; /* the highest level that a caller gets */
	uint32_t places; /* 0: the places of the operators */
};

/* A request has come.  line: without its end, writable, valid only during the
 * call.  The handler must answer every request once, now or later. */
typedef void (*ctl_handler)(void *arg, struct ctl_request *request, char *line);

#endif /* MX_DOOR_H */
