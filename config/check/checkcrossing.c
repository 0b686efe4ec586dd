/* SPDX-License-Identifier: BSD-3-Clause */
/* Warnings where mail of strangers and mail of the site's own hosts meet.
 *
 * An inbound MTA takes mail of strangers for the site's own users alone.  An
 * outbound MTA relays mail of the site's own hosts to anyone.  If both are one
 * port of one MTA, the rules of that port must tell the clients apart.  A mistake
 * in them makes an open relay. */
#include <arpa/inet.h>

#include "checks.h"
#include "lint.h"

/* Does the MTA see a snat address as the client? */
static bool
is_hidden(const struct mx_config_service *s)
{
	return s->forward == MX_FORWARD_FULLNAT && s->proxy == MX_PROXY_OFF;
}

static bool
has_snat(const struct mx_config_service *s, const struct mx_addr *addr)
{
	for (uint16_t i = 0; i < s->snat_count; i++)
		if (mx_addr_equal(&s->snat[i], addr))
			return true;
	return false;
}

/* Can the clients of both services look the same to an MTA? */
static bool
can_look_alike(const struct mx_config_service *a,
	       const struct mx_config_service *b)
{
	if (!is_hidden(a) || !is_hidden(b))
		return false;
	for (uint16_t i = 0; i < a->snat_count; i++)
		if (has_snat(b, &a->snat[i]))
			return true;
	return false;
}

/* The first address and port that both pools have, or NULL. */
static const struct mx_endpoint *
find_shared(const struct mx_config_pool *a, const struct mx_config_pool *b)
{
	for (uint16_t i = 0; i < a->backend_count; i++)
		for (uint16_t j = 0; j < b->backend_count; j++) {
			const struct mx_endpoint *at = &a->backend[i].address;

			if (mx_endpoint_equal(at, &b->backend[j].address))
				return at;
		}
	return NULL;
}

static void
warn_meeting(struct config_tree *tree, const struct mx_config_service *in,
	     const struct mx_config_service *out,
	     const struct mx_endpoint *shared)
{
	char text[MX_ENDPOINT_TEXT_MAX] = "all of the pool";

	if (shared != NULL)
		mx_endpoint_format(shared, text);
	lint_warn(
		tree, LINT_SUBMISSION_BEHIND_MX, config_line(tree, out),
		"service %s: its mail and that of strangers (service %s, line "
		"%u) come to the same port of MTAs: %s. %s. Expected a port of "
		"their own for outbound mail, as in examples/site.yaml",
		out->name, in->name, config_line(tree, in), text,
		can_look_alike(in, out)
			? "Both come from the same snat address without a "
			  "PROXY header, so MTAs that relay for one relay for "
			  "everyone"
			: "A mistake in the MTAs' rules for relaying makes "
			  "them relay for everyone");
}

/* Warn once of two pools, since one mistake may be in many services. */
static void
check_meetings(struct config_tree *tree)
{
	const struct mx_config *config = tree->config;
	bool told[MX_POOLS_MAX][MX_POOLS_MAX] = {{false}};

	for (uint16_t i = 0; i < config->service_count; i++)
		for (uint16_t j = 0; j < config->service_count; j++) {
			const struct mx_config_service *in =
				&config->service[i];
			const struct mx_config_service *out =
				&config->service[j];

			if (in->direction != MX_DIRECTION_INBOUND ||
			    out->direction != MX_DIRECTION_OUTBOUND ||
			    told[in->pool][out->pool])
				continue;
			const struct mx_endpoint *shared =
				find_shared(&config->pool[out->pool],
					    &config->pool[in->pool]);
			if (shared == NULL && in->pool != out->pool)
				continue;
			told[in->pool][out->pool] = true;
			warn_meeting(tree, in, out, shared);
		}
}

/* The service's first VIP with a port for users, or, if !of_users, with another
 * port.  NULL: it has none. */
static const struct mx_endpoint *
find_vip(const struct mx_config_service *s, bool of_users)
{
	for (uint16_t i = 0; i < s->vip_count; i++)
		if (config_is_submission_port(ntohs(s->vip[i].port_be)) ==
		    of_users)
			return &s->vip[i];
	return NULL;
}

/* One service has one pool, so mail of users and mail of strangers meet at its
 * MTAs.  A file that says the direction means it, or has a warning of that. */
static void
check_mixed(struct config_tree *tree, const struct mx_config_service *s)
{
	const struct mx_endpoint *users = find_vip(s, true);
	const struct mx_endpoint *strangers = find_vip(s, false);

	if (config_said(tree, &s->direction) || users == NULL ||
	    strangers == NULL)
		return;
	lint_warn(tree, LINT_SUBMISSION_BEHIND_MX, config_line(tree, s),
		  "service %s: mail of users (port %u) and that of strangers "
		  "(port %u) go to the same MTAs, those of pool %s. "
		  "Expected a service and a pool of their own for users, as in "
		  "examples/submission.yaml, or direction: both if the MTAs' "
		  "rules for relaying tell them apart",
		  s->name, ntohs(users->port_be), ntohs(strangers->port_be),
		  tree->config->pool[s->pool].name);
}

/* Strangers do not log in.  If a port of the service is one for users, there is
 * a warning of the direction already. */
static void
check_submission(struct config_tree *tree, const struct mx_config_service *s)
{
	const struct mx_config_pool *pool = &tree->config->pool[s->pool];

	if (s->direction != MX_DIRECTION_INBOUND ||
	    pool->check.type != MX_CHECK_SUBMISSION)
		return;
	if (find_vip(s, true) != NULL)
		return;
	lint_warn(tree, LINT_CHECK_AUTH, config_line(tree, &pool->check.type),
		  "check: submission expects AUTH, and strangers, whose "
		  "mail service %s in line %u takes, do not log in. "
		  "Expected type: smtp here, or direction: outbound there",
		  s->name, config_line(tree, s));
}

/* MTAs relay for the site's own hosts by their addresses, or for users that log
 * in. */
static void
check_relay(struct config_tree *tree, const struct mx_config_service *s)
{
	const struct mx_config_pool *pool = &tree->config->pool[s->pool];

	if (s->direction == MX_DIRECTION_INBOUND || !is_hidden(s) ||
	    find_vip(s, false) == NULL ||
	    pool->check.type == MX_CHECK_SUBMISSION)
		return;
	lint_warn(tree, LINT_OPEN_RELAY, config_line(tree, s),
		  "service %s: its MTAs see a snat address as every client: if "
		  "they relay for that, they relay for everyone who reaches "
		  "the service. Expected proxy-protocol: v2, or MTAs that "
		  "relay after AUTH alone",
		  s->name);
}

void
config_check_crossings(struct config_tree *tree)
{
	check_meetings(tree);
	for (uint16_t i = 0; i < tree->config->service_count; i++) {
		check_mixed(tree, &tree->config->service[i]);
		check_submission(tree, &tree->config->service[i]);
		check_relay(tree, &tree->config->service[i]);
	}
}
