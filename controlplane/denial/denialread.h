/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENIALREAD_H
#define MX_DENIALREAD_H

/* When the lists are read.  Who asks for lists gets a ticket, and can look later
 * whether they have been read since.  A list that is asked for while it is read
 * is read once more.
 *
 * Threads    the event loop. */
#include "denials.h"

/* Set instance, state, read and arg before.  Returns 0 or -errno. */
int denials_start(struct denials *denials, struct event_base *base);

/* Stop the read that is under way.  *denials may be all zero. */
void denials_end(struct denials *denials);

/* Ask for the lists of a configuration that are new or have changed.  The
 * configuration stays where it is until denials_assign().  Returns a ticket. */
uint64_t denials_ask(struct denials *denials, const struct mx_config *config);

/* Ask for lists whose files have changed or whose tables are gone; all: for all
 * lists.  Returns a ticket. */
uint64_t denials_look(struct denials *denials, bool all);

/* Have the lists been read since a ticket was given?  config: those that it
 * has; NULL: all lists. */
bool denials_are_read(const struct denials *denials,
		      const struct mx_config *config, uint64_t ticket);

/* Is a list waiting to be read, or being read? */
bool denial_is_due(const struct denial *denial);

/* Say that nobody has renewed the file of a list for longer than it says itself: who
 * writes it may be dead.  Writes an empty text if that is not so.  Returns text. */
const char *denial_stale(const struct denial *denial,
			 char text[static DENIAL_TEXT_MAX]);

/* What is in force while a list is read, in words. */
const char *denial_meanwhile(const struct denial *denial);

#endif /* MX_DENIALREAD_H */
