/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_CTLRIG_H
#define MX_TESTS_CTLRIG_H

/* The CLI socket for tests, and its clients: real sockets in one thread with
 * the event loop.  The handler echoes a line; "bad" is an error, and "later" is
 * kept for the test to answer.  "file" is answered by the text before it, or "none".
 */
#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl.h"

#define KEPT_MAX (CTL_CLIENTS_MAX + CTL_ROOT_MAX)

extern struct event_base *ctlrig_base;
extern struct ctl *ctlrig_ctl;
extern char ctlrig_path[64];     /* of the socket */
extern struct ctl_request *kept; /* the last of kept_all */
extern struct ctl_request *kept_all[KEPT_MAX];
extern uint32_t kept_count;
extern uint32_t handled;

void ctlrig_setup(void);
void ctlrig_teardown(void);
void ctlrig_handle(void *arg, struct ctl_request *request, char *line);

/* Let the server do its work. */
void ctlrig_turn(void);

int ctlrig_connect(void);

/* Send as much as the socket takes, while the loop runs.  Returns how much that
 * was. */
size_t ctlrig_send_bytes(int fd, const char *bytes, size_t length);
void ctlrig_send(int fd, const char *text);

/* The bytes that have come; "" if none. */
const char *ctlrig_received(int fd);
bool ctlrig_closed(int fd);

#endif /* MX_TESTS_CTLRIG_H */
