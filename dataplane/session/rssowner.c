/* SPDX-License-Identifier: BSD-3-Clause */
#include "rssowner.h"

#include <string.h>

#include <rte_thash.h>

#define SAMPLES 512

static const struct mx_class_byte nothing[2];

void
rss_owner_make(struct rss_owner *owner, const struct mx_hash_key *key,
	       uint16_t worker, uint16_t workers)
{
	*owner = (struct rss_owner){0};
	mx_flow_owners_make(&owner->owners, key, workers);
	for (uint32_t rest = 0; rest < RSS_CLASSES; rest++)
		for (uint32_t port = 0; port < RSS_CLASSES; port++)
			if (owner->owners.owner[rest ^ port] == worker)
				owner->here[rest] |= UINT64_C(1) << port;
}

struct rss
rss_owner_wanted(const struct rss_owner *owner, const struct mx_hash_key *key,
		 bool ipv6)
{
	struct rss rss = {.ipv6 = ipv6};

	mx_flow_key(key, rss.key);
	memcpy(rss.queue, owner->owners.owner, sizeof(rss.queue));
	return rss;
}

uint64_t
rss_owner_here(const struct rss_owner *owner, const struct mx_addr *server,
	       uint16_t server_port_be, const struct mx_addr *local)
{
	if (!rss_owner_is_predicted(owner))
		return RSS_OWNER_ANY;
	if (mx_addr_is4(server)) {
		const struct mx_flow4 rest = {mx_addr_to4(server),
					      mx_addr_to4(local),
					      server_port_be, 0};
		return owner->here[mx_flow_class(&owner->owners, &rest,
						 MX_FLOW_BYTES4)];
	}
	const struct mx_flow rest = {*server, *local, server_port_be, 0};
	return owner
		->here[mx_flow_class(&owner->owners, &rest, MX_FLOW_BYTES6)];
}

const struct mx_class_byte *
rss_owner_port_bytes(const struct rss_owner *owner, const struct mx_addr *local)
{
	if (!rss_owner_is_predicted(owner))
		return nothing;
	return &owner->owners.byte[(mx_addr_is4(local) ? MX_FLOW_LAST_PORT4
						       : MX_FLOW_LAST_PORT6) /
				   8];
}

/* Where a port with this key and table puts a flow. */
static uint16_t
queue_of(const struct rss *rss, const uint8_t *flow, uint32_t bytes)
{
	uint32_t word[MX_FLOW_BYTES6 / 4];

	memcpy(word, flow, bytes);
	for (uint32_t i = 0; i < bytes / 4; i++)
		word[i] = rte_be_to_cpu_32(word[i]);
	return rss->queue[rte_softrss(word, bytes / 4, rss->key) % RSS_CLASSES];
}

const char *
rss_owner_fault(const struct rss_owner *owner, const struct rss *found)
{
	static const uint32_t sizes[] = {MX_FLOW_BYTES4, MX_FLOW_BYTES6};
	/* Digits of pi: a key with few bits would make dull flows. */
	const struct mx_hash_key any = {
		{0x243f6a8885a308d3u, 0x13198a2e03707344u}};
	uint64_t flow[MX_FLOW_BYTES6 / 8 + 1];

	if (memcmp(found->queue, owner->owners.owner, sizeof(found->queue)) !=
	    0)
		return "has another RSS table than it was given";
	for (uint64_t i = 0; i < SAMPLES; i++) {
		const uint32_t bytes = sizes[i % 2];

		for (uint64_t at = 0; at < sizeof(flow) / 8; at++)
			flow[at] = mx_hash_words(&any, i, at);
		const uint32_t class =
			mx_flow_class(&owner->owners, flow, bytes);
		if (queue_of(found, (const uint8_t *)flow, bytes) !=
		    owner->owners.owner[class])
			return "has another RSS key than it was given";
	}
	return NULL;
}
