/* SPDX-License-Identifier: BSD-3-Clause */
#include "webreply.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdbool.h>
#include <stdio.h>

#define STATUS_FORBIDDEN 403
#define POLICY "Content-Security-Policy"

/* What every reply says to browsers: nothing of it may be framed, stored, run or
 * read by pages of other sites. */
static const struct {
	const char *name;
	const char *value;
} headers[] = {
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; "
		 "frame-ancestors 'none'"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Referrer-Policy", "no-referrer"},
	{"Cache-Control", "no-store"},
	{"Connection", "close"},
};

static const struct {
	const char *name;
	const char *text;
} refusals[WEB_REFUSAL_REASONS] = {
#define X(id, name, text) {name, text},
	WEB_REFUSALS(X)
#undef X
};

/* A refusal that ends the connection without a reply has no status. */
static const int statuses[WEB_REFUSAL_REASONS] = {
	[WEB_METHOD] = HTTP_BADMETHOD,   [WEB_HOST] = STATUS_FORBIDDEN,
	[WEB_PATH] = HTTP_NOTFOUND,      [WEB_FEEDS] = HTTP_SERVUNAVAIL,
	[WEB_MEMORY] = HTTP_SERVUNAVAIL,
};

static void
set_header(struct evhttp_request *request, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(request), name,
			  value);
}

/* Does evhttp take the request for one to a proxy?  Then it looks for another
 * header before it closes the connection. */
static bool
is_for_proxy(const struct evhttp_request *request)
{
	return evhttp_uri_get_host(evhttp_request_get_evhttp_uri(request)) !=
	       NULL;
}

void
webreply_set_policy(struct evhttp_request *request, const char *policy)
{
	set_header(request, POLICY, policy);
}

static bool
has_header(struct evhttp_request *request, const char *name)
{
	return evhttp_find_header(evhttp_request_get_output_headers(request),
				  name) != NULL;
}

void
webreply_set_headers(struct evhttp_request *request, const char *type)
{
	set_header(request, "Content-Type", type);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (!has_header(request, headers[i].name))
			set_header(request, headers[i].name, headers[i].value);
	if (is_for_proxy(request))
		set_header(request, "Proxy-Connection", "close");
}

void
webreply_send(struct evhttp_request *request, const char *type, int status,
	      struct evbuffer *body)
{
	char length[24];

	webreply_set_headers(request, type);
	/* evhttp sends a body to HEAD too, if it is given one. */
	if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD) {
		snprintf(length, sizeof(length), "%zu",
			 evbuffer_get_length(body));
		set_header(request, "Content-Length", length);
		evbuffer_drain(body, evbuffer_get_length(body));
	}
	evhttp_send_reply(request, status, NULL, body);
	evbuffer_free(body);
}

void
webreply_refuse(struct evhttp_request *request, enum web_refusal reason)
{
	static const char type[] = "text/plain; charset=utf-8";
	struct evbuffer *body = evbuffer_new();

	if (reason == WEB_METHOD)
		set_header(request, "Allow", "GET, HEAD");
	if (body == NULL) {
		webreply_set_headers(request, type);
		evhttp_send_reply(request, statuses[reason], NULL, NULL);
		return;
	}
	evbuffer_add_printf(body, "%s\n", refusals[reason].text);
	webreply_send(request, type, statuses[reason], body);
}

const char *
web_refusal_name(enum web_refusal reason)
{
	return refusals[reason].name;
}

const char *
web_refusal_text(enum web_refusal reason)
{
	return refusals[reason].text;
}
