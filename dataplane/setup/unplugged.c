/* SPDX-License-Identifier: BSD-3-Clause */
#include "unplugged.h"

#include <string.h>

#include "log.h"
#include "standin.h"
#include "trunk.h"
#include "unplug.h"

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

int
unplugged_poll(struct runtime *runtime)
{
	int error = 0;

	for (uint16_t i = 0; i < runtime->linkwatch.ports && error == 0; i++) {
		struct linkwatch_port *port = &runtime->linkwatch.port[i];

		if (port->replaced ||
		    !unplug_is_noted(trunk_device(port->port_id)))
			continue;
		runtime_stop(runtime);
		error = replace(runtime, port, i);
		if (error == 0)
			error = runtime_resume(runtime);
	}
	return error;
}
