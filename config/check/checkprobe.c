/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of how MTAs are checked: keys that have no effect together, and types
 * that do not fit the port.  They also fill the defaults that depend on the
 * type.  And how the agents on the MTAs' hosts are asked. */
#include <arpa/inet.h>
#include <string.h>

#include "checks.h"
#include "lint.h"

#define SMTP_PORT 25
#define SUBMISSION_PORT 587

/* The type for a port of mail, or MX_CHECK_TYPES for another port. */
static enum mx_check_type
type_for(uint16_t port)
{
	switch (port) {
	case SMTP_PORT:
		return MX_CHECK_SMTP;
	case SUBMISSION_PORT:
		return MX_CHECK_SUBMISSION;
	case MX_IMPLICIT_TLS_PORT:
		return MX_CHECK_SMTPS;
	default:
		return MX_CHECK_TYPES;
	}
}

static bool
is_tls_at_once(enum mx_check_type type)
{
	return type == MX_CHECK_SMTPS;
}

/* Warn once of a pool: all its MTAs are checked alike. */
static void
check_ports(struct config_tree *tree, const struct mx_config_pool *pool)
{
	const enum mx_check_type type = pool->check.type;

	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint16_t port = ntohs(pool->backend[i].address.port_be);
		const enum mx_check_type wanted = type_for(port);
		const uint32_t line =
			config_line_in(tree, &pool->check.type, pool);

		if (wanted == MX_CHECK_TYPES)
			continue;
		if (type == MX_CHECK_TCP)
			lint_warn(
				tree, LINT_TCP_CHECK, line,
				"check: tcp does not see whether the MTA of "
				"port %u takes mail, and leaves a line in its "
				"log each time. Expected type: %s",
				port, mx_check_type_name(wanted));
		else if (is_tls_at_once(type) != is_tls_at_once(wanted))
			lint_warn(tree, LINT_CHECK_PORT, line,
				  "check: %s fails if port %u is what it "
				  "is for: there %s. Expected type: %s",
				  mx_check_type_name(type), port,
				  is_tls_at_once(wanted)
					  ? "TLS comes first"
					  : "the MTA speaks first",
				  mx_check_type_name(wanted));
		else
			continue;
		return;
	}
}

/* postscreen greets after 6 s (postscreen_greet_wait), and asks DNS meanwhile. */
#define GREET_WAIT_MS 8000

/* Do strangers come to the MTAs, for whom a postscreen is? */
static void
check_timeout(struct config_tree *tree, uint16_t p)
{
	const struct mx_config_check *check = &tree->config->pool[p].check;

	if (check->type == MX_CHECK_TCP || check->timeout_ms >= GREET_WAIT_MS ||
	    config_is_outbound(tree->config, p))
		return;
	lint_warn(tree, LINT_GREET_WAIT, config_line(tree, &check->timeout_ms),
		  "timeout: expected 8s or more, as a postscreen may greet "
		  "after 6s, and a check that ends before takes the MTA out, "
		  "found %ums",
		  check->timeout_ms);
}

static void
refuse(struct config_tree *tree, const struct mx_config_check *check,
       const void *where, const char *key)
{
	if (config_said(tree, where))
		config_error(tree, config_line(tree, where),
			     "check: %s has no effect with type: %s", key,
			     mx_check_type_name(check->type));
}

/* Keys that have no effect with the type. */
static void
check_keys_of(struct config_tree *tree, const struct mx_config_check *check)
{
	const bool is_tcp = check->type == MX_CHECK_TCP;

	if (is_tcp || is_tls_at_once(check->type))
		refuse(tree, check, &check->starttls, "starttls");
	if (is_tcp) {
		refuse(tree, check, &check->tls_every_ms, "tls-every");
		refuse(tree, check, &check->tls_name, "tls-name");
		refuse(tree, check, &check->ca, "ca");
		refuse(tree, check, &check->probe_recipient, "probe-recipient");
		if (check->expect_count > 0)
			refuse(tree, check, &check->expect[0], "expect");
	}
	/* MAIL without AUTH is refused there: RFC 6409, 4.3. */
	if (check->type == MX_CHECK_SUBMISSION)
		refuse(tree, check, &check->probe_recipient, "probe-recipient");
	if (strpbrk(check->tls_name, ":[]") != NULL)
		config_error(tree, config_line(tree, &check->tls_name),
			     "tls-name: expected the name in the certificate "
			     "of the MTAs, such as mx.example.net, found "
			     "\"%.60s\"",
			     check->tls_name);
}

/* Is each port of the pool's MTAs one for submission? */
static bool
is_submission(const struct mx_config_pool *pool)
{
	bool all = pool->discover.mx[0] == '\0' ||
		   pool->discover.port == SUBMISSION_PORT;

	for (uint16_t i = 0; i < pool->backend_count; i++)
		all &= ntohs(pool->backend[i].address.port_be) ==
		       SUBMISSION_PORT;
	return all;
}

/* The MTAs of outbound services on the port of submission should offer AUTH.
 * With probe-recipient they take mail without AUTH, so they need not. */
static void
fill_type(struct config_tree *tree, uint16_t pool)
{
	struct mx_config_pool *p = &tree->config->pool[pool];

	if (!config_said(tree, &p->check.type) &&
	    p->check.probe_recipient[0] == '\0' &&
	    config_is_outbound(tree->config, pool) && is_submission(p))
		p->check.type = MX_CHECK_SUBMISSION;
}

/* A list that is full has no room for AUTH: the operator has said enough. */
static void
expect_auth(struct mx_config_check *check)
{
	struct expectation auth;

	expectation_parse("AUTH", &auth);
	for (uint16_t i = 0; i < check->expect_count; i++)
		if (strcmp(check->expect[i].keyword, auth.keyword) == 0)
			return;
	if (check->expect_count < MX_EXPECTATIONS_MAX)
		check->expect[check->expect_count++] = auth;
}

static void
fill_defaults(struct config_tree *tree, struct mx_config_check *check)
{
	const bool is_submission = check->type == MX_CHECK_SUBMISSION;

	if (check->type == MX_CHECK_TCP || is_tls_at_once(check->type))
		check->starttls = MX_STARTTLS_OFF;
	else if (is_submission && !config_said(tree, &check->starttls))
		check->starttls = MX_STARTTLS_REQUIRE;
	if (is_submission)
		expect_auth(check);
}

void
config_check_probes(struct config_tree *tree)
{
	for (uint16_t i = 0; i < tree->config->pool_count; i++) {
		struct mx_config_pool *pool = &tree->config->pool[i];

		fill_type(tree, i);
		check_keys_of(tree, &pool->check);
		check_ports(tree, pool);
		check_timeout(tree, i);
		fill_defaults(tree, &pool->check);
	}
}

/* The agents on the MTAs' hosts. */
void
config_check_agents(struct config_tree *tree)
{
	struct mx_config *config = tree->config;

	for (uint16_t p = 0; p < config->pool_count; p++) {
		struct mx_config_pool *pool = &config->pool[p];

		/* The key alone means the usual port. */
		if (config_said(tree, &pool->agent) && pool->agent.port == 0)
			pool->agent.port = MX_AGENT_PORT;
		for (uint16_t i = 0;
		     i < pool->backend_count && pool->agent.port != 0; i++)
			if (pool->backend[i].address.port_be ==
			    htons(pool->agent.port))
				config_error(
					tree, config_line(tree, &pool->agent),
					"agent: expected another port than "
					"that of the MTA, as backend %s has "
					"%u too",
					pool->backend[i].name,
					pool->agent.port);
	}
}
