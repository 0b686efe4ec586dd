/* SPDX-License-Identifier: BSD-3-Clause */
#include "hotplug.h"

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>

#include "absence.h"
#include "log.h"
#include "memifpeer.h"
#include "standin.h"
#include "trunk.h"
#include "unplug.h"

/* A device that is absent is looked for at each tenth look, every 2 s. */
#define LOOKS_EACH 10

/* The peer has 5 s to connect.  If it refuses, the workers need not stop more
 * often. */
#define LOOKS_TO_CONNECT 25

/* Workers that shared the queues of others get a queue each. */
static int
replace(struct runtime *runtime, struct linkwatch_port *port, uint16_t index)
{
	const uint16_t workers = runtime->watchdog.workers;
	uint16_t stand_in;

	const int error = standin_make(workers, runtime->frame_pool, &stand_in);
	if (error != 0) {
		log_line(LOG_LEVEL_ERROR,
			 "port %s: cannot go on without %s: %s",
			 port->config->name, port->basis, strerror(-error));
		return error;
	}
	for (uint16_t w = 0; w < workers; w++)
		runtime->worker[w]->port[index].port_id = stand_in;
	standin_release(port->port_id);
	port->port_id = stand_in;
	port->replaced = true;
	log_line(LOG_LEVEL_WARN,
		 "port %s: %s was unplugged, and the other ports go on: "
		 "restart the data plane once it is there again",
		 port->config->name, port->basis);
	return 0;
}

/* The other members of the bond carry the frames.  The last member takes its
 * port along. */
static int
release_members(const struct linkwatch_port *port)
{
	const uint16_t device_id = trunk_device(port->port_id);
	char name[RTE_ETH_NAME_MAX_LEN] = "";
	uint16_t member_id;

	while (unplug_find_member(device_id, &member_id)) {
		rte_eth_dev_get_name_by_port(member_id, name);
		const int error = unplug_release_member(device_id, member_id);
		if (error != 0) {
			log_line(LOG_LEVEL_ERROR,
				 "port %s: cannot go on without member %s: %s",
				 port->config->name, name, strerror(-error));
			return error;
		}
		log_line(LOG_LEVEL_WARN,
			 "port %s: member %s was unplugged: restart the data "
			 "plane once it is there again",
			 port->config->name, name);
	}
	return 0;
}

/* Has the device of the port been unplugged, or a member of its bond? */
static bool
is_unplugged(const struct linkwatch_port *port)
{
	const uint16_t device_id = trunk_device(port->port_id);
	uint16_t member_id;

	return !port->replaced && (unplug_is_noted(device_id) ||
				   unplug_find_member(device_id, &member_id));
}

/* Has a device come that was not there at the start? */
static bool
has_come(struct linkwatch_port *port, uint16_t workers)
{
	if (port->absent == 0 || ++port->absent_looks % LOOKS_EACH != 0 ||
	    !absence_ended(port->config, port->absent, workers))
		return false;
	log_line(
		LOG_LEVEL_ERROR,
		"port %s: what was missing of %s is there now: ending, so that "
		"a restart opens it; sessions are kept",
		port->config->name, port->basis);
	return true;
}

static int
release_unplugged(struct runtime *runtime)
{
	struct linkwatch *watch = &runtime->linkwatch;
	bool any = false;
	int error = 0;

	for (uint16_t i = 0; i < watch->ports; i++)
		any |= is_unplugged(&watch->port[i]);
	if (!any)
		return 0;
	runtime_stop(runtime);
	for (uint16_t i = 0; i < watch->ports && error == 0; i++) {
		struct linkwatch_port *port = &watch->port[i];

		if (port->replaced)
			continue;
		error = release_members(port);
		if (error == 0 && unplug_is_noted(trunk_device(port->port_id)))
			error = replace(runtime, port, i);
	}
	return error == 0 ? runtime_resume(runtime) : error;
}

/* Is the port without a peer that it could have? */
static bool
awaits_peer(const struct runtime *runtime, uint16_t index)
{
	const struct linkwatch_port *port = &runtime->linkwatch.port[index];
	const uint32_t state = atomic_load_explicit(
		&runtime->linkwatch.link[index].state, memory_order_relaxed);

	/* After the start the first connection has some time, too. */
	return state == MX_LINK_DOWN && port->patience == 0 &&
	       trunk_is_first(port->port_id) &&
	       memifpeer_listens(port->config->device);
}

static int
connect_peer(struct runtime *runtime, struct linkwatch_port *port)
{
	runtime_stop(runtime);
	int error = memifpeer_connect(trunk_device(port->port_id));
	if (error == 0)
		error = runtime_resume(runtime);
	else
		log_line(LOG_LEVEL_ERROR,
			 "port %s: cannot connect %s to its peer: %s: ending, "
			 "so that a restart does; sessions are kept",
			 port->config->name, port->basis, strerror(-error));
	return error;
}

int
hotplug_poll(struct runtime *runtime)
{
	struct linkwatch *watch = &runtime->linkwatch;
	int error = 0;

	for (uint16_t i = 0; i < watch->ports && error == 0; i++) {
		struct linkwatch_port *port = &watch->port[i];

		if (has_come(port, watch->workers))
			return -ENODEV;
		if (port->looks_to_wait > 0) {
			port->looks_to_wait--;
		} else if (awaits_peer(runtime, i)) {
			port->looks_to_wait = LOOKS_TO_CONNECT;
			error = connect_peer(runtime, port);
		}
	}
	return error == 0 ? release_unplugged(runtime) : error;
}
