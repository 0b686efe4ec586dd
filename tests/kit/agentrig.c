/* SPDX-License-Identifier: BSD-3-Clause */
#include "agentrig.h"

#include <stdio.h>

#include "fakeasker.h"
#include "runner.h"

struct plane agentrig_plane;

void
agentrig_write_pool(const char *file, const char *name, const char *agent)
{
	char rest[2048];

	snprintf(
		rest, sizeof(rest),
		"services:\n"
		"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: %s,\n"
		"     forward: nat}\n"
		"pools:\n"
		"  - name: %s\n"
		"    check: {rise: 1, fall: 1}\n"
		"%s"
		"    backends:\n" PLANE_BACKENDS,
		name, name, agent);
	plane_write_rest(&agentrig_plane, file, rest);
}

void
agentrig_pass_checks(void)
{
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	plane_run(&agentrig_plane, 500);
}

void
agentrig_setup(void)
{
	plane_open(&agentrig_plane, "");
	agentrig_write_pool("c.yaml", "mx", "    agent: {}\n");
	agentrig_plane.ack_ms = 100;
	plane_start_data(&agentrig_plane);
	plane_start_control(&agentrig_plane);
	plane_seed_hops(&agentrig_plane);
	agentrig_pass_checks();
}

void
agentrig_teardown(void)
{
	plane_close(&agentrig_plane);
	ck_assert_uint_eq(fakeasker_count(), 0);
}

const struct mx_plan *
agentrig_published(void)
{
	return mx_region_slot(agentrig_plane.region,
			      atomic_load(&agentrig_plane.region->generation));
}

bool
agentrig_serves(const char *name)
{
	char label[STATE_LABEL_MAX];

	plane_run(&agentrig_plane, 200);
	snprintf(label, sizeof(label), "mx/%s", name);
	return agentrig_published()
		->backend[state_find(agentrig_plane.control->state, label)]
		.serves;
}

void
agentrig_say(const char *address, const char *line)
{
	fakeasker_say(address, line);
	plane_run(&agentrig_plane, 200);
}

/* The same after a calm time. */
void
agentrig_say_later(const char *address, const char *line)
{
	plane_run(&agentrig_plane, AGENT_CALM_MS);
	agentrig_say(address, line);
}
