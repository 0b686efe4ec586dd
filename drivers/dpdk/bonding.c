/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK 23.11 calls the functions for members experimental; 22.11 and 24.11 do
 * not. */
#define ALLOW_EXPERIMENTAL_API
#include "bonding.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_eth_bond.h>
#include <rte_eth_bond_8023ad.h>
#include <rte_ethdev.h>
#include <rte_version.h>

#include "absence.h"
#include "bond.h"
#include "device.h"
#include "log.h"

/* DPDK has other words since 23.11. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 11, 0, 0)
#define MEMBER_KEY "slave="
#define members_get rte_eth_bond_slaves_get
#define active_members_get rte_eth_bond_active_slaves_get
#define lacp_info rte_eth_bond_8023ad_slave_info
#define member_remove rte_eth_bond_slave_remove
#else
#define MEMBER_KEY "member="
#define members_get rte_eth_bond_members_get
#define active_members_get rte_eth_bond_active_members_get
#define lacp_info rte_eth_bond_8023ad_member_info
#define member_remove rte_eth_bond_member_remove
#endif

/* DPDK wants the frames of LACP to be sent each 100 ms. */
#define LACP_PERIODS_PER_S 20

/* The pause between two looks at the links of the members. */
#define LINK_POLL_MS 100

/* A queue of a bond with LACP.  Each has a cache line of its own, since each
 * queue has another worker. */
struct lacp_queue {
	alignas(64) uint64_t next_tsc;
	uint64_t period_tsc;
	const struct rte_eth_rxtx_callback *callback;
};

static struct lacp_queue lacp_queues[RTE_MAX_ETHPORTS][MX_WORKERS_MAX];

/* The value of the argument at `at`, if it names a member; or NULL. */
static const char *
member_at(const char *at)
{
	const char *next = at;
	const char *member = mx_bond_next(&next);

	return member != NULL && member <= at + strcspn(at, ",") ? member
								 : NULL;
}

void
bonding_spell(const char *device, char *text, size_t size)
{
	const char *at = device;
	size_t length = 0;

	if (!mx_bond_is(device)) {
		snprintf(text, size, "%s", device);
		return;
	}
	text[0] = '\0';
	while (*at != '\0' && length < size) {
		const char *member = member_at(at);
		const char *argument = member != NULL ? member : at;
		const int bytes = (int)strcspn(argument, ",");

		if (member == NULL || !absence_of_device(member))
			length += (size_t)snprintf(
				text + length, size - length, "%s%s%.*s",
				at != device ? "," : "",
				member != NULL ? MEMBER_KEY : "", bytes,
				argument);
		at = argument + bytes;
		at += *at == ',';
	}
}

static bool
is_bond(uint16_t port_id)
{
	return rte_eth_bond_mode_get(port_id) >= 0;
}

uint16_t
bonding_member_ids(uint16_t port_id, uint16_t id[static RTE_MAX_ETHPORTS])
{
	const int count = is_bond(port_id)
				  ? members_get(port_id, id, RTE_MAX_ETHPORTS)
				  : 0;

	return count > 0 ? (uint16_t)count : 0;
}

/* The flags of a member if its driver has an interrupt for its link; or NULL. */
static uint32_t *
link_flags(const char *member)
{
	struct rte_eth_dev_info info;
	char name[MX_DEVICE_NAME_MAX];
	uint16_t id;

	if (rte_eth_dev_get_port_by_name(mx_device_name(member, name), &id) !=
		    0 ||
	    rte_eth_dev_info_get(id, &info) != 0 ||
	    (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) == 0)
		return NULL;
	return (uint32_t *)(uintptr_t)info.dev_flags;
}

/* Let all members of a bond with LACP receive frames to its MAC address, which
 * the switch spreads over them.  DPDK sees to that in all modes but this one. */
static int
share_mac(uint16_t port_id)
{
	uint16_t id[RTE_MAX_ETHPORTS];
	struct rte_ether_addr mac;

	if (rte_eth_bond_mode_get(port_id) != BONDING_MODE_8023AD)
		return 0;
	int error = rte_eth_macaddr_get(port_id, &mac);
	const uint16_t count = bonding_member_ids(port_id, id);
	for (uint16_t i = 0; i < count && error == 0; i++) {
		error = rte_eth_dev_default_mac_addr_set(id[i], &mac);
		/* A card that cannot have another address may take all. */
		if (error != 0)
			error = rte_eth_promiscuous_enable(id[i]);
	}
	if (error != 0)
		log_line(LOG_LEVEL_ERROR,
			 "a member of a bond cannot receive frames to the "
			 "bond: %s",
			 strerror(-error));
	return error;
}

/* A bond asks a member for its link if the member's driver has no interrupt for
 * that when the member is attached.  Some drivers have one and some of their
 * cards send none: an 82574 (e1000e) with MSI-X.  So each member is attached as
 * if it had none.
 *
 * With the flag again, all other readers get the answer that the bond had last.
 * A card must not be asked by two threads at once: drivers of Intel's cards of
 * 1 Gbit/s then say at times that there is no link.  DPDK offers no call for
 * any of this. */
int
bonding_attach(uint16_t port_id, const char *device)
{
	const struct rte_eth_conf plain = {0};
	uint32_t *flags[MX_BOND_MEMBERS_MAX];
	uint16_t id[RTE_MAX_ETHPORTS];
	unsigned count = 0;
	const char *member;

	/* Another port of the same device may have attached them. */
	if (!is_bond(port_id) || bonding_member_ids(port_id, id) > 0)
		return 0;
	while ((member = mx_bond_next(&device)) != NULL &&
	       count < MX_BOND_MEMBERS_MAX) {
		flags[count] = link_flags(member);
		if (flags[count] != NULL)
			*flags[count++] &= ~(uint32_t)RTE_ETH_DEV_INTR_LSC;
	}
	rte_eth_bond_link_monitoring_set(port_id, LINK_POLL_MS);
	/* The first configuration reads the names of the members. */
	const int error = rte_eth_dev_configure(port_id, 1, 1, &plain);
	while (count > 0)
		*flags[--count] |= RTE_ETH_DEV_INTR_LSC;
	return error == 0 ? share_mac(port_id) : -ENODEV;
}

/* DPDK calls this when a worker has polled the queue. */
static uint16_t
send_lacp(uint16_t port_id, uint16_t queue, struct rte_mbuf **frame,
	  uint16_t count, uint16_t count_max, void *arg)
{
	struct lacp_queue *lacp = arg;
	const uint64_t now = rte_rdtsc();

	(void)frame, (void)count_max;
	if (now < lacp->next_tsc)
		return count;
	lacp->next_tsc = now + lacp->period_tsc;
	rte_eth_tx_burst(port_id, queue, NULL, 0);
	return count;
}

int
bonding_started(uint16_t port_id)
{
	struct rte_eth_dev_info info;

	if (rte_eth_bond_mode_get(port_id) != BONDING_MODE_8023AD)
		return 0;
	const int error = rte_eth_dev_info_get(port_id, &info);
	if (error != 0)
		return error;
	for (uint16_t q = 0; q < info.nb_rx_queues && q < MX_WORKERS_MAX; q++) {
		struct lacp_queue *lacp = &lacp_queues[port_id][q];

		lacp->next_tsc = 0;
		lacp->period_tsc = rte_get_tsc_hz() / LACP_PERIODS_PER_S;
		lacp->callback =
			rte_eth_add_rx_callback(port_id, q, send_lacp, lacp);
		if (lacp->callback == NULL)
			return -rte_errno;
	}
	return 0;
}

static bool
is_among(const uint16_t *id, int count, uint16_t wanted)
{
	for (int i = 0; i < count; i++)
		if (id[i] == wanted)
			return true;
	return false;
}

/* Does the member carry frames? */
static bool
is_active(uint16_t port_id, uint16_t member_id)
{
	uint16_t id[RTE_MAX_ETHPORTS];

	if (!is_among(id, active_members_get(port_id, id, RTE_MAX_ETHPORTS),
		      member_id))
		return false;
	switch (rte_eth_bond_mode_get(port_id)) {
	case BONDING_MODE_ACTIVE_BACKUP:
		return rte_eth_bond_primary_get(port_id) == member_id;
	case BONDING_MODE_8023AD: {
		struct lacp_info info;

		return lacp_info(port_id, member_id, &info) == 0 &&
		       (info.actor_state & STATE_DISTRIBUTING) != 0;
	}
	default:
		return true;
	}
}

static bool
has_link(uint16_t port_id)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(port_id, &link) == 0 &&
	       link.link_status == RTE_ETH_LINK_UP;
}

uint16_t
bonding_members(uint16_t port_id,
		struct bonding_member member[MX_BOND_MEMBERS_MAX])
{
	uint16_t id[RTE_MAX_ETHPORTS];
	uint16_t count = bonding_member_ids(port_id, id);

	if (count > MX_BOND_MEMBERS_MAX)
		count = MX_BOND_MEMBERS_MAX;
	for (uint16_t i = 0; i < count; i++) {
		if (rte_eth_dev_get_name_by_port(id[i], member[i].name) != 0)
			member[i].name[0] = '\0';
		member[i].up = has_link(id[i]);
		member[i].active = member[i].up && is_active(port_id, id[i]);
	}
	return count;
}

void
bonding_move(uint16_t port_id)
{
	uint16_t id[RTE_MAX_ETHPORTS];
	struct rte_ether_addr mac;

	if (rte_eth_bond_mode_get(port_id) != BONDING_MODE_ACTIVE_BACKUP)
		return;
	const int primary = rte_eth_bond_primary_get(port_id);
	if (primary < 0 || has_link((uint16_t)primary))
		return;
	const uint16_t count = bonding_member_ids(port_id, id);
	for (uint16_t i = 0; i < count; i++) {
		if (!has_link(id[i]) ||
		    rte_eth_bond_primary_set(port_id, id[i]) != 0)
			continue;
		/* The bond gives its MAC address to the new carrier. */
		if (rte_eth_macaddr_get(port_id, &mac) == 0)
			rte_eth_dev_default_mac_addr_set(port_id, &mac);
		return;
	}
}

int
bonding_remove(uint16_t port_id, uint16_t member_id)
{
	return member_remove(port_id, member_id);
}

bool
bonding_carries(uint16_t port_id)
{
	uint16_t id[RTE_MAX_ETHPORTS];
	const uint16_t count = bonding_member_ids(port_id, id);

	for (uint16_t i = 0; i < count; i++)
		if (has_link(id[i]) && is_active(port_id, id[i]))
			return true;
	return !is_bond(port_id);
}

void
bonding_close(uint16_t port_id)
{
	uint16_t id[RTE_MAX_ETHPORTS];
	const uint16_t count = bonding_member_ids(port_id, id);

	for (uint16_t q = 0; q < MX_WORKERS_MAX; q++) {
		struct lacp_queue *lacp = &lacp_queues[port_id][q];

		if (lacp->callback == NULL)
			continue;
		rte_eth_remove_rx_callback(port_id, q, lacp->callback);
		lacp->callback = NULL;
	}
	rte_eth_dev_stop(port_id);
	rte_eth_dev_close(port_id);
	for (uint16_t i = 0; i < count; i++)
		rte_eth_dev_close(id[i]);
}
