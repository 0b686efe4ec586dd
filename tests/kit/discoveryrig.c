/* SPDX-License-Identifier: BSD-3-Clause */
#include "discoveryrig.h"

#include <stdio.h>
#include <string.h>

void
discoveryrig_write(const char *name, const char *pool)
{
	char rest[2048];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - name: inbound\n"
		 "    listen: [\"198.51.100.25:25\"]\n"
		 "    pool: mx\n"
		 "    snat: [\"10.0.2.100\"]\n"
		 "    client-address: hidden\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    check: {rise: 1, fall: 1}\n"
		 "%s",
		 pool);
	plane_write_rest(&plane, name, rest);
}

void
discoveryrig_target(uint16_t preference, const char *host, const char *address)
{
	fakeresolver_mx(DOMAIN, 60, preference, host);
	fakeresolver_address(host, 300, address);
}

void
discoveryrig_setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	discoveryrig_write("c.yaml", "    discover: {mx: " DOMAIN "}\n");
	fakeresolver_clear();
	discoveryrig_target(10, "mx1." DOMAIN, "192.0.2.11");
	discoveryrig_target(20, "mx2." DOMAIN, "192.0.2.12");
	plane.ack_ms = 250; /* hours pass */
	plane_start_data(&plane);
}

void
discoveryrig_start(void)
{
	plane_start_control(&plane);
	plane_run(&plane, FIRST_MS);
}

const char *
discoveryrig_backends(void)
{
	static char text[1024];
	const struct mx_config_pool *pool =
		&plane.control->state->config->pool[0];

	text[0] = '\0';
	for (uint16_t i = 0; i < pool->backend_count; i++) {
		strcat(text, i > 0 ? " " : "");
		strcat(text, pool->backend[i].name);
	}
	return text;
}

void
discoveryrig_apply(const char *name, bool wanted, const char *part)
{
	char line[160];

	snprintf(line, sizeof(line), "config apply %s/%s", plane.folder, name);
	plane_expect(&plane, line, wanted, part);
}
