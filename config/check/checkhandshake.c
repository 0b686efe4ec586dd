/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of how sessions begin: fail-over, SYN cookies, early talkers and the delay
 * of greetings. */
#include <arpa/inet.h>

#include "checks.h"

static void
check_fail_over(struct config_tree *tree, const struct mx_config_service *s)
{
	bool off = false;

	for (uint16_t i = 0; i < s->fail_over_count; i++)
		off = off || s->fail_over[i] == MX_FAIL_OVER_IS_OFF;
	if (off && s->fail_over_count > 1)
		config_error(tree, config_line(tree, &s->fail_over[0]),
			     "fail-over: expected off alone, or reasons such "
			     "as [refused, silent]");
	if (config_said(tree, &s->patience_ms) &&
	    mx_forward_is_direct(s->forward))
		config_error(tree, config_line(tree, &s->patience_ms),
			     "banner-patience: expected only with forward: "
			     "fullnat or nat; with %s mxsteer does not see an "
			     "MTA's banner",
			     mx_forward_name(s->forward));
	/* mxsteer sees the answers of MTAs only where they pass by. */
	if (!off && s->fail_over_count > 0 && mx_forward_is_direct(s->forward))
		config_error(tree, config_line(tree, &s->fail_over[0]),
			     "fail-over: expected only with forward: fullnat "
			     "or nat; with %s mxsteer does not see an MTA's "
			     "answer",
			     mx_forward_name(s->forward));
}

/* The client's numbers would be mxsteer's, and only mxsteer can turn them into
 * an MTA's: the answers of MTAs must come by here. */
static void
check_cookies(struct config_tree *tree, const struct mx_config_service *s)
{
	if (s->cookies == MX_COOKIES_ALWAYS && mx_forward_is_direct(s->forward))
		config_error(
			tree, config_line(tree, &s->cookies),
			"syn-cookies: expected auto or never with forward: "
			"%s, as a client that mxsteer answers itself has other "
			"numbers than its MTA, whose answers do not come "
			"by mxsteer; or forward: fullnat or nat",
			mx_forward_name(s->forward));
}

/* Where clients begin with TLS, all of them speak first. */
static void
check_early(struct config_tree *tree, const struct mx_config_service *s)
{
	if (s->early == MX_EARLY_OFF)
		return;
	if (mx_forward_is_direct(s->forward))
		config_error(tree, config_line(tree, &s->early),
			     "early-talkers: expected off with forward: %s, "
			     "where mxsteer does not see an MTA's greeting; or "
			     "forward: fullnat or nat",
			     mx_forward_name(s->forward));
	for (uint16_t i = 0; i < s->vip_count; i++)
		if (s->vip[i].port_be == htons(MX_IMPLICIT_TLS_PORT))
			config_error(tree, config_line(tree, &s->early),
				     "early-talkers: expected off with port "
				     "%d, whose clients speak first, TLS (RFC "
				     "8314 3); or another service for it",
				     MX_IMPLICIT_TLS_PORT);
}

/* Only a header of version 2 has room for a mark. */
static void
check_mark(struct config_tree *tree, const struct mx_config_service *s)
{
	if (s->early == MX_EARLY_MARK && s->proxy != MX_PROXY_V2)
		config_error(
			tree, config_line(tree, &s->early),
			"early-talkers: expected proxy-protocol: v2 beside "
			"mark, as the PROXY header has the mark");
}

/* A delay is for those that speak meanwhile.  mxsteer holds a client before its
 * MTA is asked, and so it must answer its SYN itself. */
static void
check_delay(struct config_tree *tree, const struct mx_config_service *s)
{
	if (s->delay_ms == 0) {
		if (s->early == MX_EARLY_DELAY || s->early == MX_EARLY_MARK)
			config_error(tree, config_line(tree, &s->early),
				     "early-talkers: expected greeting-delay, "
				     "such as 2s, beside %s",
				     mx_early_name(s->early));
		return;
	}
	if (s->early == MX_EARLY_OFF || s->early == MX_EARLY_COUNT)
		config_error(
			tree, config_line(tree, &s->delay_ms),
			"greeting-delay: expected only with early-talkers: "
			"delay, refuse or mark");
	if (s->cookies == MX_COOKIES_NEVER && config_said(tree, &s->cookies))
		config_error(tree, config_line(tree, &s->cookies),
			     "syn-cookies: expected auto or always with "
			     "greeting-delay, as mxsteer answers the SYN of a "
			     "client that is to wait");
}

void
config_check_handshakes(struct config_tree *tree)
{
	for (uint16_t i = 0; i < tree->config->service_count; i++) {
		check_fail_over(tree, &tree->config->service[i]);
		check_cookies(tree, &tree->config->service[i]);
		check_early(tree, &tree->config->service[i]);
		check_delay(tree, &tree->config->service[i]);
		check_mark(tree, &tree->config->service[i]);
	}
}
