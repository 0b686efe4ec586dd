/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GROUPSIM_GIVE_H
#define MX_GROUPSIM_GIVE_H

/* What a box that may have lost its sessions is told of them, by the rules of
 * replica/giveback.c and receiver_is_quiet().
 *
 * Threads    main. */
#include "streams.h"
#include "wire.h"

void give_begin(struct give *give, const struct group *group);
void give_end(struct give *give);

/* The next message of one box for another, by their stream.  Returns false if there is
 * none now.  give_next: a session, while the stream teaches; give_next_end: an end. */
bool give_next(struct streams *streams, uint8_t from, uint8_t to,
	       struct wire_message *message);
bool give_next_end(struct streams *streams, uint8_t from, uint8_t to,
		   struct wire_message *message);

/* Has all been told that may have been lost? */
bool give_is_through(const struct streams *streams, uint8_t from, uint8_t to);

/* Has the other box a session by this slot, that is not of the slot? */
bool give_has(const struct give *give, uint32_t slot);

/* A session of the box itself is told by this slot. */
void give_yield(struct give *give, uint32_t slot);

/* A box tells a session: it may be one that it has taken over. */
void give_take_over(struct streams *streams, struct box *box,
		    const struct wire_session *session);

/* A box hears that the session of another's slot is over. */
void give_over(struct streams *streams, uint8_t from, uint8_t to,
	       uint32_t slot);

#endif /* MX_GROUPSIM_GIVE_H */
