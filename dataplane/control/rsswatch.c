/* SPDX-License-Identifier: BSD-3-Clause */
#include "rsswatch.h"

#include <inttypes.h>

#include "log.h"

static const char *const family_words[RSS_FAMILIES] = {
	[RSS_IPV4] = "IPv4",
	[RSS_IPV6] = "IPv6",
};

static void
report(const struct rsswatch *watch, uint16_t index,
       const struct rss_evidence *evidence)
{
	const struct rsswatch_port *port = &watch->port[index];
	struct mx_region_link *link = &watch->link[index];
	static const enum mx_rss states[] = {
		[RSS_UNPROVEN] = MX_RSS_UNPROVEN,
		[RSS_PROVEN] = MX_RSS_PROVEN,
		[RSS_DOUBTED] = MX_RSS_DOUBTED,
	};

	atomic_store_explicit(&link->rss_segments, evidence->segments,
			      memory_order_relaxed);
	atomic_store_explicit(&link->rss_astray, evidence->astray,
			      memory_order_relaxed);
	atomic_store_explicit(&link->rss4, states[port->verdict[RSS_IPV4]],
			      memory_order_relaxed);
	if (watch->ipv6)
		atomic_store_explicit(&link->rss6,
				      states[port->verdict[RSS_IPV6]],
				      memory_order_relaxed);
}

int
rsswatch_make(struct rsswatch *watch, const struct mx_config *config,
	      struct mx_region *region, struct worker **worker)
{
	const struct rss_evidence none = {0};
	int error = 0;

	*watch = (struct rsswatch){
		.header = &region->header,
		.link = region->link,
		.worker = worker,
		.workers = config->dataplane.worker_count,
		.ipv6 = mx_config_has_ipv6(config),
	};
	if (atomic_load_explicit(&region->header.steering,
				 memory_order_relaxed) != MX_STEERING_RSS)
		return 0;
	watch->ports = config->dataplane.port_count;
	for (uint16_t i = 0; i < watch->ports && error == 0; i++) {
		const struct worker_port *of = &worker[0]->port[i];
		struct rsswatch_port *port = &watch->port[i];

		port->name = config->dataplane.port[i].name;
		port->port_id = of->port_id;
		port->compares = true;
		report(watch, i, &none);
		error = rss_proof_begin(of->port_id, &of->mac,
					&worker[0]->rss_owner.owners);
	}
	return error;
}

/* New sessions take any local port from now on. */
static void
fall_back(struct rsswatch *watch)
{
	for (uint16_t w = 0; w < watch->workers; w++)
		atomic_store_explicit(&watch->worker[w]->rss_owner.predicted,
				      false, memory_order_relaxed);
	atomic_store_explicit(&watch->header->steering, MX_STEERING_RINGS,
			      memory_order_relaxed);
}

static void
say(const struct rsswatch_port *port, enum rss_family family,
    const struct rss_evidence *evidence)
{
	if (port->verdict[family] == RSS_PROVEN)
		log_line(LOG_LEVEL_INFO,
			 "port %s: RSS of %s is proven: segments come by the "
			 "queues that were computed for them",
			 port->name, family_words[family]);
	else
		log_line(LOG_LEVEL_WARN,
			 "port %s: RSS of %s is doubted: %" PRIu64
			 " of %" PRIu64
			 " segments came by other queues than the card's own "
			 "key and table say; steering: rings, which is slower "
			 "and loses nothing; look for newer firmware of the "
			 "card, and restart the data plane to try again",
			 port->name, family_words[family], evidence->astray,
			 evidence->segments);
}

/* Returns whether the port is doubted. */
static bool
look_at_port(struct rsswatch *watch, uint16_t index)
{
	struct rsswatch_port *port = &watch->port[index];
	const int families = watch->ipv6 ? RSS_FAMILIES : RSS_IPV6;
	struct rss_evidence evidence;
	bool doubted = false;
	bool proven = true;

	rss_proof_read(port->port_id, &evidence);
	for (int f = 0; f < families; f++) {
		const enum rss_verdict before = port->verdict[f];

		port->verdict[f] =
			rss_proof_verdict(&evidence, (enum rss_family)f,
					  &watch->worker[0]->rss_owner.owners);
		if (port->verdict[f] != before &&
		    port->verdict[f] != RSS_UNPROVEN)
			say(port, (enum rss_family)f, &evidence);
		doubted |= port->verdict[f] == RSS_DOUBTED;
		proven &= port->verdict[f] == RSS_PROVEN;
	}
	report(watch, index, &evidence);
	if (proven) {
		rss_proof_end(port->port_id);
		port->compares = false;
	}
	return doubted;
}

void
rsswatch_poll(struct rsswatch *watch)
{
	bool doubted = false;

	for (uint16_t i = 0; i < watch->ports; i++)
		if (watch->port[i].compares)
			doubted |= look_at_port(watch, i);
	if (!doubted)
		return;
	fall_back(watch);
	for (uint16_t i = 0; i < watch->ports; i++)
		rss_proof_end(watch->port[i].port_id);
	watch->ports = 0;
}
