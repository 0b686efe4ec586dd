/* SPDX-License-Identifier: BSD-3-Clause */
#include "linkwatch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "absence.h"
#include "endpoint.h"
#include "log.h"
#include "port.h"
#include "rtlink.h"
#include "unplug.h"

/* The pause between two log lines about hosts that claim owned addresses. */
#define CLAIM_PAUSE_MS 10000

/* A network card that was just started needs up to some seconds for its link.
 * It is reported as down after so many looks: 10 s. */
#define PATIENCE_LOOKS 50

#define MAC_FORMAT "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_BYTES(m) (m)[0], (m)[1], (m)[2], (m)[3], (m)[4], (m)[5]

static void
set_state(struct mx_region_link *link, enum mx_link state)
{
	atomic_store_explicit(&link->since_s, time(NULL), memory_order_relaxed);
	atomic_store_explicit(&link->state, state, memory_order_relaxed);
}

/* Give the port's twin the carrier of the port, so that the kernel and its
 * routing programs learn of a lost link. */
static void
tell_twin(const struct linkwatch_port *port, enum mx_link state)
{
	if (!mx_config_has_twin(port->config))
		return;
	const int error = rtlink_set_carrier(port->config->interface,
					     state == MX_LINK_UP);
	if (error != 0)
		log_line(LOG_LEVEL_WARN,
			 "port %s: the kernel does not learn of the link's "
			 "state at interface %s: %s",
			 port->config->name, port->config->interface,
			 strerror(-error));
}

static void
say_state(const struct linkwatch_port *port, enum mx_link state)
{
	static const char *const words[MX_LINKS] = {
		[MX_LINK_UP] = "has its link",
		[MX_LINK_DOWN] =
			"has no link: the port sends and receives nothing",
		[MX_LINK_GONE] = "is gone: the port sends and receives nothing",
	};

	log_line(state == MX_LINK_UP ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
		 "port %s: %s %s", port->config->name, port->basis,
		 words[state]);
}

/* The link of a port is down when the port is opened. */
static void
await_link(struct linkwatch_port *port)
{
	if (port->config->driver != MX_DRIVER_DPDK) {
		say_state(port, MX_LINK_DOWN);
		return;
	}
	port->patience = PATIENCE_LOOKS;
	log_line(LOG_LEVEL_INFO, "port %s: %s has no link yet",
		 port->config->name, port->basis);
}

int
linkwatch_make(struct linkwatch *watch,
	       const struct mx_config_dataplane *config,
	       struct mx_region_link *link, struct worker **worker,
	       struct announcer *announcer)
{
	*watch = (struct linkwatch){
		.link = link,
		.worker = worker,
		.workers = config->worker_count,
		.ports = config->port_count,
		.announcer = announcer,
	};
	memset(link, 0, MX_PORTS_MAX * sizeof(*link));
	for (uint16_t i = 0; i < watch->ports; i++) {
		struct linkwatch_port *port = &watch->port[i];

		port->config = &config->port[i];
		port->port_id = worker[0]->port[i].port_id;
		port_basis(port->config, port->basis);
		port->absent = absence_of_port(port->config);
		port->replaced = unplug_is_noted(port->port_id);
		if (port->replaced) {
			set_state(&link[i], MX_LINK_GONE);
			continue;
		}
		if (mx_config_has_twin(port->config))
			port->twin_index =
				if_nametoindex(port->config->interface);
		const int error =
			port_link(port->config, port->port_id, &port->opened);
		if (error != 0) {
			log_line(LOG_LEVEL_ERROR,
				 "port %s: %s cannot be read: %s",
				 port->config->name, port->basis,
				 strerror(-error));
			return error;
		}
		port->mtu_said = port->opened.mtu;
		set_state(&link[i],
			  port->opened.up ? MX_LINK_UP : MX_LINK_DOWN);
		if (port->opened.up)
			continue;
		await_link(port);
		tell_twin(port, MX_LINK_DOWN);
	}
	return 0;
}

/* Is the twin still the interface that was made?  The workers' queues belong to
 * that one. */
static bool
has_twin_yet(const struct linkwatch_port *port)
{
	const char *interface = port->config->interface;

	if (port->twin_index == 0 ||
	    if_nametoindex(interface) == port->twin_index)
		return true;
	log_line(LOG_LEVEL_ERROR,
		 "port %s: its twin, interface %s, was removed: ending, so "
		 "that a restart makes it anew; sessions are kept",
		 port->config->name, interface);
	return false;
}

/* Is the interface the one that the port was opened on? */
static bool
is_same(const struct linkwatch_port *port, const struct link_state *now)
{
	if (now->index != port->opened.index)
		log_line(LOG_LEVEL_ERROR,
			 "port %s: %s was made anew: ending, so "
			 "that a restart opens it; sessions are kept",
			 port->config->name, port->basis);
	else if (memcmp(now->mac, port->opened.mac, sizeof(now->mac)) != 0)
		log_line(LOG_LEVEL_ERROR,
			 "port %s: %s has another MAC address, " MAC_FORMAT
			 ": ending, so that a restart takes it; sessions are "
			 "kept",
			 port->config->name, port->basis, MAC_BYTES(now->mac));
	else
		return true;
	return false;
}

static int
look_at_link(struct linkwatch *watch, uint16_t index, uint64_t now_ms)
{
	struct linkwatch_port *port = &watch->port[index];
	struct mx_region_link *link = &watch->link[index];
	struct link_state now;
	enum mx_link state = MX_LINK_GONE;

	if (!has_twin_yet(port))
		return -ENODEV;
	if (port_link(port->config, port->port_id, &now) == 0) {
		if (!is_same(port, &now))
			return -ENODEV;
		state = now.up ? MX_LINK_UP : MX_LINK_DOWN;
		if (now.mtu != port->mtu_said)
			log_line(LOG_LEVEL_WARN,
				 "port %s: %s has an MTU of %u now, "
				 "and had %u when the port was opened: "
				 "restart the data plane to use it",
				 port->config->name, port->basis, now.mtu,
				 port->opened.mtu);
		port->mtu_said = now.mtu;
	}
	if (state == atomic_load_explicit(&link->state, memory_order_relaxed)) {
		if (port->patience > 0 && --port->patience == 0)
			say_state(port, state);
		return 0;
	}
	port->patience = 0;
	set_state(link, state);
	say_state(port, state);
	tell_twin(port, state);
	if (state == MX_LINK_UP)
		announcer_link_up(watch->announcer, index, now_ms);
	return 0;
}

/* Sum up the claims to owned addresses at a port, over all workers. */
static void
look_at_claims(struct linkwatch *watch, uint16_t index, uint64_t now_ms)
{
	struct linkwatch_port *port = &watch->port[index];
	struct mx_region_link *link = &watch->link[index];
	char text[MX_ENDPOINT_TEXT_MAX];
	uint64_t claims = 0;

	for (uint16_t w = 0; w < watch->workers; w++) {
		const struct worker_claim *claim =
			&watch->worker[w]->claim[index];
		/* Acquire: with it the rest of the claim is visible. */
		const uint64_t count = atomic_load_explicit(
			&claim->count, memory_order_acquire);
		claims += count;
		if (count == 0)
			continue;
		link->claimed = claim->addr;
		memcpy(link->claimant, &claim->mac, sizeof(link->claimant));
	}
	atomic_store_explicit(&link->claims, claims, memory_order_release);
	if (claims == port->claims ||
	    (port->claims != 0 &&
	     now_ms - port->claims_said_ms < CLAIM_PAUSE_MS))
		return;
	port->claims = claims;
	port->claims_said_ms = now_ms;
	log_line(LOG_LEVEL_WARN,
		 "port %s: " MAC_FORMAT
		 " claims %s, which mxsteer owns: two hosts have one "
		 "address; take it from one of them",
		 port->config->name, MAC_BYTES(link->claimant),
		 mx_addr_format(&link->claimed, text));
}

static void
look_at_counts(struct linkwatch *watch, uint16_t index)
{
	struct mx_region_link *link = &watch->link[index];
	struct portcount *count = &watch->port[index].count;
	const struct port_counts *total = &count->total;
	struct port_counts now;

	port_count(watch->port[index].port_id, &now);
	portcount_take(count, &now);
	atomic_store_explicit(&link->rx, total->rx, memory_order_relaxed);
	atomic_store_explicit(&link->tx, total->tx, memory_order_relaxed);
	atomic_store_explicit(&link->missed, total->missed,
			      memory_order_relaxed);
	atomic_store_explicit(&link->no_memory, total->no_memory,
			      memory_order_relaxed);
	atomic_store_explicit(&link->errors, total->errors,
			      memory_order_relaxed);
	atomic_store_explicit(&link->partial, total->partial,
			      memory_order_relaxed);
	atomic_store_explicit(&link->other_vlan, total->other_vlan,
			      memory_order_relaxed);
}

int
linkwatch_poll(struct linkwatch *watch, uint64_t now_ms)
{
	for (uint16_t i = 0; i < watch->ports; i++) {
		const int error = look_at_link(watch, i, now_ms);

		if (error != 0)
			return error;
		look_at_claims(watch, i, now_ms);
		look_at_counts(watch, i);
	}
	return 0;
}
