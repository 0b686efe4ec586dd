/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CTL_H
#define MX_CTL_H

/* The CLI socket: lines in, framed replies out.
 *
 * Request    One line of at most CTL_LINE_MAX bytes with its '\n' (a '\r'
 *            before it is ignored), of printable characters.  A text may
 *            come before it; see enclosure.h.
 * Reply      "WORD LENGTH\n", then LENGTH bytes of text.  The words are those
 *            of answer.h.  So a client learns its exit status from the first
 *            word, and can send its next request on the same connection.
 *            Texts with the word "progress" may come before, if the request
 *            asks for them by the option -p.
 * Order      Requests of a connection are answered one after the other.  A
 *            request that is sent ahead waits.
 *
 * No client can hold memory or the loop.  There are at most CTL_CLIENTS_MAX
 * clients, or fewer if few files may be open.  A client that sends a longer
 * line gets one error and is closed.  A client that does not read its reply, or
 * sends nothing for CTL_IDLE_S, is closed.
 *
 * No client can lock others out.  When all places are taken, the client that
 * has been idle for the longest time is closed.  If all clients wait for
 * answers, root gets one of CTL_ROOT_MAX additional places, and other users get
 * an error.  One user has a part of the places: see places_most().
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "caller.h"
#include "descriptors.h"
#include "door.h"
#include "level.h"

#define CTL_IDLE_S 300
/* The time for a client to read some of its reply. */
#define CTL_WRITE_S 10

struct ctl_numbers {
	uint32_t clients;
	uint32_t places;
	uint64_t
		turned_away; /* callers without any level, or without a place */
};

/* Is the text one printable line?  Other text would be two requests, or
 * none. */
bool ctl_is_line(const char *text, size_t length);

/* Open a socket, and replace a socket there that no process
 * answers.  If the socket's name is removed later, it is made anew.  Returns
 * NULL with errno: EADDRINUSE if a process answers there, ENOTSOCK if the path
 * is not a socket. */
struct ctl *ctl_open(struct event_base *base, const struct ctl_door *door,
		     ctl_handler handler, void *arg);

/* Open the socket of the operators: root, the user of this process, and the group
 * of socketgroup.h have all rights.  The same returns. */
struct ctl *ctl_new(struct event_base *base, const char *path,
		    ctl_handler handler, void *arg);

/* Close every connection, and remove the socket unless another process has
 * replaced it.  No request may be open. */
void ctl_free(struct ctl *ctl);

/* The same, while requests may be open: their answers go nowhere, and the last one
 * frees the rest. */
void ctl_close(struct ctl *ctl);

/* Tell a client how its request goes on.  Nothing is sent while a text before is
 * not read: a client that does not read holds no memory. */
void ctl_progress(struct ctl_request *request, const char *text, size_t length);

/* Answer a request and end it. */
void ctl_reply(struct ctl_request *request, enum answer answer,
	       const char *text, size_t length);

/* The text that came before the request, which the caller frees, and which ends in a
 * zero byte.  Returns NULL if there is none. */
char *ctl_take_text(struct ctl_request *request, size_t *size);

/* The process that sent the request. */
struct caller ctl_caller(const struct ctl_request *request);

/* What its sender may do. */
enum level ctl_level(const struct ctl_request *request);

/* The path of the socket that the request came by; valid until the answer. */
const char *ctl_path(const struct ctl_request *request);

struct ctl_numbers ctl_count(const struct ctl *ctl);
const char *ctl_socket(const struct ctl *ctl);

/* Has the client left?  Its request must still be answered, but a handler that
 * waits may stop waiting. */
bool ctl_abandoned(const struct ctl_request *request);

#endif /* MX_CTL_H */
