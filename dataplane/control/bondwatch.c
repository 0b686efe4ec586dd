/* SPDX-License-Identifier: BSD-3-Clause */
#include "bondwatch.h"

#include <string.h>

#include "bond.h"
#include "log.h"
#include "trunk.h"

static enum mx_member
state_of(const struct bonding_member *member)
{
	if (!member->up)
		return MX_MEMBER_DOWN;
	return member->active ? MX_MEMBER_ACTIVE : MX_MEMBER_WAITS;
}

/* Name the members that are absent from the start, after those that DPDK has.
 * Returns how many there are in all. */
static uint32_t
name_absent(const struct linkwatch_port *port, struct mx_region_link *link,
	    uint32_t count)
{
	const char *at = port->config->device;
	char name[MX_DEVICE_NAME_MAX];

	for (unsigned part = 0; mx_bond_next_device(&at, name) && part < 32;
	     part++) {
		if (part == 0 || (port->absent & 1u << part) == 0 ||
		    count == MX_BOND_MEMBERS_MAX)
			continue;
		memcpy(link->member[count].name, name, sizeof(name));
		atomic_store_explicit(&link->member[count++].state,
				      MX_MEMBER_DOWN, memory_order_relaxed);
		log_line(LOG_LEVEL_ERROR,
			 "port %s: there is no member %s on this host: the "
			 "others carry its frames",
			 port->config->name, name);
	}
	return count;
}

void
bondwatch_make(struct linkwatch *watch)
{
	struct bonding_member member[MX_BOND_MEMBERS_MAX];

	for (uint16_t i = 0; i < watch->ports; i++) {
		struct mx_region_link *link = &watch->link[i];
		const uint16_t count = bonding_members(
			trunk_device(watch->port[i].port_id), member);

		for (uint16_t m = 0; m < count; m++) {
			memcpy(link->member[m].name, member[m].name,
			       sizeof(link->member[m].name));
			/* The first look reports the members that are up. */
			atomic_store_explicit(&link->member[m].state,
					      MX_MEMBER_DOWN,
					      memory_order_relaxed);
		}
		/* Release: with it the names are visible. */
		atomic_store_explicit(&link->members,
				      name_absent(&watch->port[i], link, count),
				      memory_order_release);
	}
}

static void
say_state(const char *port, const char *member, enum mx_member state)
{
	static const char *const words[MX_MEMBERS] = {
		[MX_MEMBER_DOWN] = "has no link: the others carry its frames",
		[MX_MEMBER_WAITS] = "has its link, and carries no frames",
		[MX_MEMBER_ACTIVE] = "has its link, and carries frames",
	};

	log_line(state == MX_MEMBER_DOWN ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
		 "port %s: member %s %s", port, member, words[state]);
}

/* The state of a member by its name.  A member that was unplugged has left the
 * bond. */
static enum mx_member
find_state(const char *name, const struct bonding_member *member,
	   uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		if (strcmp(member[i].name, name) == 0)
			return state_of(&member[i]);
	return MX_MEMBER_DOWN;
}

/* Returns whether the member carries frames now and did not before. */
static bool
look_at_member(struct mx_region_member *member, enum mx_member state,
	       const char *port)
{
	const uint32_t before =
		atomic_load_explicit(&member->state, memory_order_relaxed);

	if (state == before)
		return false;
	atomic_store_explicit(&member->state, state, memory_order_relaxed);
	say_state(port, member->name, state);
	return state == MX_MEMBER_ACTIVE;
}

void
bondwatch_poll(struct linkwatch *watch, uint64_t now_ms)
{
	struct bonding_member member[MX_BOND_MEMBERS_MAX];

	for (uint16_t i = 0; i < watch->ports; i++) {
		struct linkwatch_port *port = &watch->port[i];
		struct mx_region_link *link = &watch->link[i];
		const uint32_t count = atomic_load_explicit(
			&link->members, memory_order_relaxed);
		const uint16_t device_id = trunk_device(port->port_id);
		bool moved = false;

		if (count == 0)
			continue;
		bonding_move(device_id);
		const uint16_t left = bonding_members(device_id, member);
		for (uint32_t m = 0; m < count; m++)
			moved |= look_at_member(
				&link->member[m],
				find_state(link->member[m].name, member, left),
				port->config->name);
		if (moved)
			announcer_link_up(watch->announcer, i, now_ms);
	}
}
