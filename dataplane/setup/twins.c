/* SPDX-License-Identifier: BSD-3-Clause */
#include "twins.h"

#include "asked.h"
#include "log.h"
#include "tap.h"
#include "twin.h"
#include "unplug.h"

/* A worker holds the lock of a queue while it sends, if other workers send by
 * the queue too. */
static rte_spinlock_t locks[MX_PORTS_MAX][MX_WORKERS_MAX];

/* What the kernel asked for.  All workers share it. */
static struct asked asked;

static void
give(const struct ports *ports, uint16_t port, const struct twin *made)
{
	for (uint16_t i = 0; i < ports->workers; i++) {
		struct worker *w = ports->worker[i];
		const uint16_t queue = i % made->queues;
		const bool owns = i < made->queues;
		const bool shares = queue + made->queues < ports->workers;

		w->has_twin = true;
		w->asked = &asked;
		w->twin[port] = (struct worker_twin){
			.is_there = true,
			.is_polled = owns,
			.interrupts = owns && made->interrupts,
			.port_id = made->port_id,
			.queue = queue,
			.lock = !owns || shares ? &locks[port][queue] : NULL,
		};
	}
	ports->header->port[port].twin = (uint8_t)made->kind;
}

static int
make_twin(const struct ports *ports, const struct mx_config *config,
	  uint16_t index)
{
	const struct mx_config_port *port = &config->dataplane.port[index];
	const struct worker *first = ports->worker[0];
	struct twin made;

	const int error = twin_make(
		&(struct twin_request){
			.interface = port->interface,
			.instance = config->instance,
			.kind = port->twin,
			.mac = first->port[index].mac,
			.mtu = first->port[index].mtu,
			.workers = ports->workers,
			.interrupts = first->idle.interrupts,
			.frame_pool = ports->frame_pool,
		},
		&made);
	if (error != 0) {
		log_line(LOG_LEVEL_ERROR,
			 "port %s: cannot start without its twin; "
			 "`twin: off` does without one",
			 port->name);
		return error;
	}
	give(ports, index, &made);
	return 0;
}

int
twins_make(const struct ports *ports, const struct mx_config *config)
{
	const struct mx_config_dataplane *dataplane = &config->dataplane;
	const struct worker *first = ports->worker[0];
	const char *interface[MX_PORTS_MAX];
	unsigned count = 0;

	asked.key = *ports->key;
	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		if (!mx_config_has_twin(&dataplane->port[i]))
			continue;
		/* A TAP of earlier keeps its addresses, without a carrier. */
		const int error = unplug_is_noted(first->port[i].port_id)
					  ? 0
					  : make_twin(ports, config, i);
		if (error != 0)
			return error;
		interface[count++] = dataplane->port[i].interface;
	}
	tap_warn_unused(config->instance, interface, count);
	return 0;
}

void
twins_stop(const struct worker *w, const struct mx_region_header *header)
{
	for (uint16_t i = 0; i < w->ports; i++)
		if (w->twin[i].is_there)
			twin_stop(w->twin[i].port_id,
				  (enum mx_twin)header->port[i].twin);
}
