/* SPDX-License-Identifier: BSD-3-Clause */
#include "fakewake.h"

#include <rte_ethdev.h>

struct fakewake fakewake;

int
rte_eth_dev_rx_intr_ctl_q(uint16_t port_id, uint16_t queue, int epfd, int op,
			  void *data)
{
	(void)port_id, (void)queue, (void)epfd, (void)op, (void)data;
	fakewake.asked++;
	return fakewake.fails;
}

int
rte_eth_dev_rx_intr_enable(uint16_t port_id, uint16_t queue)
{
	(void)queue;
	fakewake.on[port_id]++;
	if (fakewake.when_on != NULL)
		fakewake.when_on();
	return 0;
}

int
rte_eth_dev_rx_intr_disable(uint16_t port_id, uint16_t queue)
{
	(void)queue;
	fakewake.on[port_id]--;
	return 0;
}

int
rte_epoll_wait(int epfd, struct rte_epoll_event *events, int max,
	       int timeout_ms)
{
	(void)epfd, (void)events, (void)max, (void)timeout_ms;
	fakewake.waits++;
	if (fakewake.when_waits != NULL)
		fakewake.when_waits();
	return 0;
}
