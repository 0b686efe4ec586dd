/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PLACES_H
#define MX_PLACES_H

/* The places of a CLI socket: who gets one, and who is turned away and told why.
 * ctl.c and usage.c alone include this.
 * Threads    the event loop. */
#include <event2/bufferevent.h>
#include <sys/un.h>

#include "door.h"
#include "enclosure.h"

struct listener;

/* A client with its request: a client has one request at a time. */
struct ctl_request {
	struct ctl *ctl;
	struct bufferevent *stream; /* NULL: the connection is gone */
	struct caller caller;
	enum level level;
	bool asking;      /* a request is being handled */
	bool ended;       /* the client will send no more */
	bool closing;     /* close when the last reply is out */
	int64_t since_ms; /* when it connected, or last got an answer */
	struct enclosure enclosure; /* the text of the next request */
	struct ctl_request *next;
};

struct ctl {
	struct event_base *base;
	struct listener *listener;
	ctl_handler handler;
	void *arg;
	uint32_t clients;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct level_rules rules;
	enum level most;
	bool shared;     /* of callers of a lower level */
	uint32_t places; /* for users other than root, who has CTL_ROOT_MAX
			  * more */
	uint64_t turned_away;
	struct ctl_turned turned[CTL_WHYS];
	uint64_t free_ns; /* shared: no request is handled before */
	struct timer *again;
	struct ctl_request *first; /* the newest */
};

/* Free a client, and its place. */
void places_free(struct ctl_request *client);

/* Would a turn bring this client on?  Half a line would not, nor a line whose
 * client has not read the reply before. */
bool places_wants_turn(const struct ctl_request *client);

/* Does the socket rest?  Then a turn comes later. */
bool places_are_resting(struct ctl *ctl);

/* The line announces a text.  If there is no room for it, the clients that are slow to
 * send theirs are closed.  The bytes of a caller that may not configure are not
 * kept: its request will be refused.  Returns NULL; or why the text is refused. */
const char *places_begin_text(struct ctl_request *client, const char *line);

/* How many clients the user of a caller may have: a part of the places (CTL_USERS).
 * Root may have all but such a part, and CTL_ROOT_MAX more. */
uint32_t places_most(const struct ctl *ctl, const struct caller *caller);

/* The clients that the user of a caller has. */
uint32_t places_taken(const struct ctl *ctl, const struct caller *caller);

/* Is there a place for one more client?  If not, close an idle client and take
 * its place.  For root, a client that has just connected counts as idle too.  A
 * user who has its share of the places can take a place of its own alone. */
bool places_make(struct ctl *ctl, const struct caller *caller);

/* Tell a caller without any level, or without a place, why it is turned away; and
 * close. */
void places_refuse_stranger(struct ctl *ctl, int fd,
			    const struct caller *caller);
void places_refuse_crowd(struct ctl *ctl, int fd, const struct caller *caller);

#endif /* MX_PLACES_H */
