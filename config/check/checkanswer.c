/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of what clients are told that get no session: a text must be one that
 * they can read, and the name in it one that somebody reads. */
#include <arpa/inet.h>
#include <string.h>

#include "checks.h"
#include "lint.h"

/* An answer that is a text must be one that clients can read.  what: the key's
 * name. */
static void
check_text(struct config_tree *tree, const struct mx_config_service *s,
	   const enum mx_answer *answer, const char *what)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	for (uint16_t i = 0; i < s->vip_count && mx_answer_is_text(*answer);
	     i++)
		if (s->vip[i].port_be == htons(MX_IMPLICIT_TLS_PORT))
			config_error(tree, config_line_in(tree, answer, s),
				     "%s: expected reset or drop, as "
				     "clients of %s begin with TLS and cannot "
				     "read %s; or a service of its own for "
				     "port %u",
				     what, mx_endpoint_format(&s->vip[i], text),
				     mx_answer_name(*answer),
				     MX_IMPLICIT_TLS_PORT);
}

static void
warn_of_final(struct config_tree *tree, const struct mx_config_service *s,
	      const enum mx_answer *answer, const char *what)
{
	if (*answer == MX_ANSWER_554)
		lint_warn(tree, LINT_FINAL_ANSWER,
			  config_line_in(tree, answer, s),
			  "%s: 554 is final: some senders, Exim "
			  "among them, return all mail to its authors at "
			  "once. Expected 421, unless that is meant",
			  what);
}

static void
check_host(struct config_tree *tree, const struct mx_config_service *s)
{
	if (strlen(s->host) > MX_ANSWER_HOST_MAX)
		config_error(tree, config_line_in(tree, s->host, s),
			     "host: expected a name of up to %u letters, as "
			     "it is part of a short line",
			     MX_ANSWER_HOST_MAX);
	if (config_said(tree, s->host) && !mx_config_says_host(s))
		config_error(tree, config_line_in(tree, s->host, s),
			     "host: expected with it an answer that is a text, "
			     "such as `answer: 421`, on a port other than %u: "
			     "service %s tells no client its name",
			     MX_IMPLICIT_TLS_PORT, s->name);
}

void
config_check_answers(struct config_tree *tree)
{
	for (uint16_t i = 0; i < tree->config->service_count; i++) {
		const struct mx_config_service *s = &tree->config->service[i];

		check_host(tree, s);
		check_text(tree, s, &s->answer, "answer");
		check_text(tree, s, &s->clients.answer, "clients.answer");
		check_text(tree, s, &s->deny.answer, "deny.answer");
		warn_of_final(tree, s, &s->answer, "answer");
		warn_of_final(tree, s, &s->clients.answer, "clients.answer");
	}
}
