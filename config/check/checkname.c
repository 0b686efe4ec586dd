/* SPDX-License-Identifier: BSD-3-Clause */
/* Warnings about names that senders and MTAs look at.
 *
 * A sender that verifies certificates looks for the MX name in that of the MTA:
 * MTA-STS (RFC 8461, 4.1), and DANE with a CA (RFC 7672, 3.2.2).  The sender does
 * not see mxsteer.  So the certificates of all MTAs need the MX name of the
 * service, and checks should look for the same name.
 *
 * In SMTP a host says its whole name (RFC 5321, 2.3.5).  Some MTAs refuse others:
 * reject_non_fqdn_helo_hostname of Postfix. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "checks.h"
#include "lint.h"

/* Names of a machine that knows no domain. */
static bool
is_local(const char *name)
{
	static const char *const ends[] = {"localhost", ".localdomain",
					   ".local"};
	const size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const size_t end = strlen(ends[i]);

		if (length >= end &&
		    strcasecmp(name + length - end, ends[i]) == 0)
			return true;
	}
	return false;
}

/* Is it a name with a domain?  An address in brackets may stand for one. */
static bool
is_whole(const char *name)
{
	return name[0] == '[' || (strchr(name, '.') != NULL && !is_local(name));
}

/* Is it the default?  A dump of a configuration writes that down. */
static bool
is_of_machine(const char *name)
{
	char own[MX_HOSTNAME_MAX] = "";

	return gethostname(own, sizeof(own) - 1) == 0 && strcmp(own, name) == 0;
}

static void
check_said(struct config_tree *tree, const char *key, const char *name,
	   const char *trouble)
{
	if (name[0] == '\0' || is_whole(name) || is_of_machine(name))
		return;
	lint_warn(tree, LINT_MX_NAME, config_line(tree, name),
		  "%s: expected a whole name, such as mx.example.net, as %s, "
		  "found \"%.60s\"",
		  key, trouble, name);
}

/* Does the pool serve strangers, who find it by an MX record? */
static bool
is_inbound(const struct mx_config *config, uint16_t pool)
{
	for (uint16_t i = 0; i < config->service_count; i++)
		if (config->service[i].pool == pool &&
		    config->service[i].direction == MX_DIRECTION_INBOUND)
			return true;
	return false;
}

/* The first inbound service of the pool that says another host name than the
 * checks look for.  Returns NULL if one says the same: the pool of several MX
 * names can be checked for one of them. */
static const struct mx_config_service *
find_other_host(const struct mx_config *config, uint16_t pool)
{
	const char *checked = config->pool[pool].check.tls_name;
	const struct mx_config_service *other = NULL;

	for (uint16_t i = 0; i < config->service_count; i++) {
		const struct mx_config_service *s = &config->service[i];

		if (s->pool != pool || s->direction != MX_DIRECTION_INBOUND ||
		    s->host[0] == '\0')
			continue;
		if (strcasecmp(s->host, checked) == 0)
			return NULL;
		if (other == NULL)
			other = s;
	}
	return other;
}

static void
check_mx(struct config_tree *tree, uint16_t p)
{
	const struct mx_config_pool *pool = &tree->config->pool[p];
	const char *name = pool->check.tls_name;
	const uint32_t line = config_line(tree, name);
	const struct mx_config_service *other =
		find_other_host(tree->config, p);

	if (!is_whole(name))
		lint_warn(tree, LINT_CERT_NAME, line,
			  "tls-name: expected the MX name, such as "
			  "mx.example.net, as senders look for it in the "
			  "certificate, found \"%.60s\"",
			  name);
	else if (strcasecmp(name, pool->discover.mx) == 0)
		lint_warn(tree, LINT_CERT_NAME, line,
			  "tls-name: expected the name of an MX host, which "
			  "senders look for in the certificate, found the "
			  "domain that `mx` has too: \"%.60s\"",
			  name);
	else if (other != NULL)
		lint_warn(tree, LINT_CERT_NAME, line,
			  "tls-name: expected the MX name, which senders look "
			  "for in the certificate: service %s in line %u says "
			  "that it is \"%.60s\", found \"%.60s\"",
			  other->name, config_line(tree, other->host),
			  other->host, name);
}

static void
check_certificate(struct config_tree *tree, uint16_t p)
{
	const struct mx_config_check *check = &tree->config->pool[p].check;

	if (check->ca[0] != '\0' && check->tls_name[0] == '\0')
		lint_warn(tree, LINT_CERT_NAME, config_line(tree, check->ca),
			  "ca: expected tls-name with it, the name that "
			  "clients look for in the certificate: without it, a "
			  "certificate of any name passes, and clients that "
			  "verify it refuse the MTA");
	else if (check->tls_name[0] != '\0' && is_inbound(tree->config, p))
		check_mx(tree, p);
}

void
config_check_said_names(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;

	for (uint16_t i = 0; i < config->service_count; i++)
		if (config->service[i].direction != MX_DIRECTION_OUTBOUND)
			check_said(tree, "host", config->service[i].host,
				   "senders hear it (RFC 5321)");
	for (uint16_t p = 0; p < config->pool_count; p++) {
		check_said(tree, "helo", config->pool[p].check.helo,
			   "some MTAs refuse mail after EHLO with another");
		check_certificate(tree, p);
	}
}
