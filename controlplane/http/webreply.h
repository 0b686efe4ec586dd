/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WEBREPLY_H
#define MX_WEBREPLY_H

/* Replies of the HTTP server: the headers that all of them have, and the texts of
 * refusals.  After a reply the connection is closed.
 * Threads    the event loop. */
#include "webcount.h"

struct evbuffer;
struct evhttp_request;

/* Set what a page's scripts may do.  Without this they may do nothing. */
void webreply_set_policy(struct evhttp_request *request, const char *policy);

/* Send a page.  body: given away; HEAD gets its length alone. */
void webreply_send(struct evhttp_request *request, const char *type, int status,
		   struct evbuffer *body);

/* Say why there is none. */
void webreply_refuse(struct evhttp_request *request, enum web_refusal reason);

/* Set the headers of every reply. */
void webreply_set_headers(struct evhttp_request *request, const char *type);

/* The word and the meaning of a reason. */
const char *web_refusal_name(enum web_refusal reason);
const char *web_refusal_text(enum web_refusal reason);

#endif /* MX_WEBREPLY_H */
