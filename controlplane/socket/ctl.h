/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CTL_H
#define MX_CTL_H

/* The CLI socket: lines in, framed replies out.
 *
 * Request    One line of at most CTL_LINE_MAX bytes with its '\n' (a '\r'
 *            before it is ignored), of printable characters.
 * Reply      "WORD LENGTH\n", then LENGTH bytes of text.  The words are those
 *            of answer.h.  So a client learns its exit status from the first
 *            word, and can send its next request on the same connection.
 * Order      Requests of a connection are answered one after the other; what
 *            is sent ahead waits.
 *
 * Nobody can hold memory or the loop: there are at most CTL_CLIENTS_MAX
 * clients, or fewer if few files may be open; one that sends a longer line gets
 * one error and is closed; one that does not read its reply, or says nothing
 * for CTL_IDLE_S, is closed.
 *
 * Nobody can lock others out: when all places are taken, the client that has
 * been idle for longest goes.  If all are waiting for answers, root gets one of
 * CTL_ROOT_MAX places more, and others are told so.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "caller.h"
#include "descriptors.h"

#define CTL_LINE_MAX 4096
#define CTL_IDLE_S 300
#define CTL_SPARE_MS 1000 /* idle for so long, a client may have to go */
#define CTL_WRITE_S 10    /* to take some of a reply off the socket */

struct ctl;
struct ctl_request;

/* A request has come.  line: without its end, writable, valid only during the
 * call.  Every request must be answered once, now or later. */
typedef void (*ctl_handler)(void *arg, struct ctl_request *request, char *line);

/* Can a request be this?  A line that is not would be two, or no text. */
bool ctl_is_line(const char *text, size_t length);

/* Listen at path (mode 0660), in the place of a socket nobody answers on.  A
 * socket whose name is removed later is made anew.
 * Returns NULL with errno: EADDRINUSE if somebody answers there, ENOTSOCK if
 * something else than a socket is there. */
struct ctl *ctl_new(struct event_base *base, const char *path,
		    ctl_handler handler, void *arg);

/* Close every connection and remove the socket if it is still this one.  No
 * request may be open. */
void ctl_free(struct ctl *ctl);

/* Answer a request and end it. */
void ctl_reply(struct ctl_request *request, enum answer answer,
	       const char *text, size_t length);

/* The process that sent the request. */
struct caller ctl_caller(const struct ctl_request *request);

/* Has the client left?  Its request still wants its answer, but whoever keeps
 * it waiting for long may stop. */
bool ctl_abandoned(const struct ctl_request *request);

#endif /* MX_CTL_H */
