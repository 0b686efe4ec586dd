/* SPDX-License-Identifier: BSD-3-Clause */
#include "hoprig.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "faketime.h"
#include "keptlog.h"
#include "netspace.h"

struct event_base *hoprig_base;
struct nexthops *hoprig_hops;

static struct mx_config_dataplane ports;

static void
on_change(void *arg)
{
	(void)arg;
}

struct mx_addr
hoprig_address(const char *text)
{
	struct mx_addr addr;

	ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
	return addr;
}

void
hoprig_follow(struct nexthops *hops, uint16_t id, const char *text)
{
	const struct mx_addr addr = hoprig_address(text);

	nexthops_follow(hops, id, &addr);
	nexthops_refresh(hops);
}

bool
hoprig_goes(struct nexthops *hops, uint16_t id, const char *interface,
	    uint8_t last_of_mac)
{
	const struct nexthop *hop = nexthops_get(hops, id);

	return hop->known && strcmp(hop->interface, interface) == 0 &&
	       hop->mac[5] == last_of_mac;
}

void
hoprig_start(void)
{
	hoprig_hops = nexthops_new(hoprig_base, on_change, NULL);
	ck_assert_ptr_nonnull(hoprig_hops);
	ways_follow(nexthops_ways(hoprig_hops), &ports);
	hoprig_follow(hoprig_hops, 1, "203.0.113.7");
}

void
hoprig_neighbour(const char *address, const char *mac, const char *interface,
		 const char *state)
{
	char line[160];

	snprintf(line, sizeof(line),
		 "ip neigh replace %s lladdr 02:00:00:00:00:%s dev %s nud %s",
		 address, mac, interface, state);
	netspace_run(line);
}

void
hoprig_setup(void)
{
	netspace_enter();
	netspace_run("ip link add hop0 type veth peer name hop1");
	netspace_run("ip link add far0 type veth peer name far1");
	netspace_run("ip address add 10.9.0.1/24 dev hop0");
	netspace_run("ip address add 10.8.0.1/24 dev far0");
	netspace_run(
		"for i in hop0 hop1 far0 far1; do ip link set $i up; done");
	netspace_run("ip route add 203.0.113.0/24 via " FIRST);
	netspace_run("ip route add 203.0.113.0/24 via " SECOND " metric 9");
	hoprig_neighbour(FIRST, "fd", "hop0", "permanent");
	hoprig_neighbour(SECOND, "fe", "hop0", "permanent");
	keptlog_begin();
	hoprig_base = event_base_new();
	ports = (struct mx_config_dataplane){.port_count = 2};
	strcpy(ports.port[0].interface, "hop0");
	strcpy(ports.port[1].interface, "far0");
	hoprig_start();
}

void
hoprig_teardown(void)
{
	nexthops_free(hoprig_hops);
	event_base_free(hoprig_base);
	keptlog_end();
}

void
hoprig_run(uint64_t ms)
{
	faketime_run(hoprig_base, ms);
}

void
hoprig_dies(const char *address, const char *interface)
{
	hoprig_neighbour(address, "00", interface, "failed");
	hoprig_run(250);
}
