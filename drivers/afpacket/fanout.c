/* SPDX-License-Identifier: BSD-3-Clause */
#include "fanout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

uint16_t
fanout_group(int interface_index)
{
	return (uint16_t)(getpid() ^ interface_index);
}

/* Bind a socket to the interface.  Returns whether it is up. */
static bool
bind_to(int fd, int interface_index)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_LOOPBACK),
		.sll_ifindex = interface_index,
	};
	int error;
	socklen_t size = sizeof(error);

	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		       0 &&
	       getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
	       error == 0;
}

/* Try to join the group in another way than DPDK.  The kernel refuses that only
 * if the group exists. */
static bool
is_refused(int fd, int interface_index)
{
	const int group = fanout_group(interface_index) | PACKET_FANOUT_CPU
								  << 16;

	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &group,
			  sizeof(group)) < 0 &&
	       errno == EINVAL;
}

bool
fanout_is_taken(const char *interface)
{
	const int index = (int)if_nametoindex(interface);
	const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	const bool taken =
		index != 0 && bind_to(fd, index) && is_refused(fd, index);
	close(fd);
	return taken;
}
