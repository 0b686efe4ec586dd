/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK calls its events of devices experimental, in 22.11 as in 24.11. */
#define ALLOW_EXPERIMENTAL_API
#include "unplug.h"

#include <errno.h>
#include <stdatomic.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "bonding.h"

static atomic_bool noted[RTE_MAX_ETHPORTS];

void
unplug_note(uint16_t port_id)
{
	if (port_id < RTE_MAX_ETHPORTS)
		atomic_store_explicit(&noted[port_id], true,
				      memory_order_relaxed);
}

bool
unplug_is_noted(uint16_t port_id)
{
	return port_id < RTE_MAX_ETHPORTS &&
	       atomic_load_explicit(&noted[port_id], memory_order_relaxed);
}

static void
on_device(const char *name, enum rte_dev_event_type event, void *port)
{
	(void)name;
	if (event == RTE_DEV_EVENT_REMOVE)
		unplug_note((uint16_t)(uintptr_t)port);
}

static int
on_port(uint16_t port_id, enum rte_eth_event_type event, void *unused,
	void *also_unused)
{
	(void)event, (void)unused, (void)also_unused;
	unplug_note(port_id);
	return 0;
}

static int
watch(uint16_t port_id)
{
	struct rte_eth_dev_info info;

	if (port_id >= RTE_MAX_ETHPORTS)
		return -ERANGE;
	atomic_store_explicit(&noted[port_id], false, memory_order_relaxed);
	int error = rte_eth_dev_info_get(port_id, &info);
	if (error == 0)
		error = rte_eth_dev_callback_register(
			port_id, RTE_ETH_EVENT_INTR_RMV, on_port, NULL);
	if (error == 0)
		error = rte_dev_event_callback_register(
			rte_dev_name(info.device), on_device,
			(void *)(uintptr_t)port_id);
	return error;
}

int
unplug_watch(uint16_t port_id)
{
	uint16_t member[RTE_MAX_ETHPORTS];
	int error = watch(port_id);

	if (error != 0)
		return error;
	const uint16_t count = bonding_member_ids(port_id, member);
	for (uint16_t i = 0; i < count && error == 0; i++)
		error = watch(member[i]);
	return error;
}

static void
end(uint16_t port_id)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(port_id, &info) != 0)
		return;
	rte_dev_event_callback_unregister(rte_dev_name(info.device), on_device,
					  (void *)(uintptr_t)port_id);
	rte_eth_dev_callback_unregister(port_id, RTE_ETH_EVENT_INTR_RMV,
					on_port, NULL);
}

void
unplug_end(uint16_t port_id)
{
	uint16_t member[RTE_MAX_ETHPORTS];
	const uint16_t count = bonding_member_ids(port_id, member);

	for (uint16_t i = 0; i < count; i++)
		end(member[i]);
	end(port_id);
}

bool
unplug_find_member(uint16_t port_id, uint16_t *member_id)
{
	uint16_t member[RTE_MAX_ETHPORTS];
	const uint16_t count = bonding_member_ids(port_id, member);

	for (uint16_t i = 0; i < count; i++) {
		if (!unplug_is_noted(member[i]))
			continue;
		*member_id = member[i];
		return true;
	}
	return false;
}

int
unplug_release_member(uint16_t port_id, uint16_t member_id)
{
	struct rte_eth_dev_info info;
	uint16_t member[RTE_MAX_ETHPORTS];

	int error = rte_eth_dev_info_get(member_id, &info);
	if (error != 0)
		return error;
	/* A member must be stopped to leave its bond. */
	rte_eth_dev_stop(member_id);
	error = bonding_remove(port_id, member_id);
	if (error != 0)
		return error;
	end(member_id);
	rte_eth_dev_close(member_id);
	rte_dev_remove(info.device);
	if (bonding_member_ids(port_id, member) == 0)
		unplug_note(port_id);
	return 0;
}
