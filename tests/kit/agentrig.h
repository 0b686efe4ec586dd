/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_AGENTRIG_H
#define MX_TESTS_AGENTRIG_H

/* A whole control plane with the pool mx of the backends a and b, whose agents the
 * test plays. */
#include <stdbool.h>

#include "plane.h"

#define A "192.0.2.11:9707"
#define B "192.0.2.12:9707"

extern struct plane agentrig_plane;

/* Start it; both backends pass their checks. */
void agentrig_setup(void);
void agentrig_teardown(void);

/* Write a configuration whose pool has this name, and these lines about agents. */
void agentrig_write_pool(const char *file, const char *name, const char *agent);

void agentrig_pass_checks(void);

/* The plan in force. */
const struct mx_plan *agentrig_published(void);

/* Does mx/NAME get new sessions? */
bool agentrig_serves(const char *name);

/* An agent says this line. */
void agentrig_say(const char *address, const char *line);

/* The same after a calm time. */
void agentrig_say_later(const char *address, const char *line);

#endif /* MX_TESTS_AGENTRIG_H */
