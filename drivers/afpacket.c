/* SPDX-License-Identifier: BSD-3-Clause */
/* Any Linux interface through packet sockets (packet(7), PACKET_MMAP).
 *
 * The kernel keeps the interface and sees a copy of every frame; so nothing is
 * needed for ARP of its own addresses, and addresses of ours must not be its.
 * With several queues the kernel spreads flows over them (PACKET_FANOUT). */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver.h"

/* A frame of the ring, and how many: two blocks of 64 KiB hold 64 frames; 4096
 * of them last 40 ms at 100,000 frames/s while the worker is kept waiting. */
#define FRAME_BYTES 2048
#define BLOCK_BYTES 65536
#define FRAMES 4096

/* What fits a frame of the ring beside its headers: the kernel cuts silently
 * what is longer. */
#define MTU_MAX 1900

static int
interface_mtu(const char *interface)
{
	struct ifreq request = {0};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s",
		 interface);
	const int error = ioctl(fd, SIOCGIFMTU, &request) < 0 ? -errno : 0;
	close(fd);
	return error < 0 ? error : request.ifr_mtu;
}

static int
afpacket_devargs(const struct mx_config_port *port, uint16_t index,
		 uint16_t queues, char *text)
{
	const int mtu = interface_mtu(port->interface);

	if (mtu < 0) {
		snprintf(text, DRIVER_TEXT_MAX,
			 "there is no interface %s here: see `ip link`",
			 port->interface);
		return mtu;
	}
	if (mtu > MTU_MAX) {
		snprintf(text, DRIVER_TEXT_MAX,
			 "interface %s has an MTU of %d; af_packet takes up "
			 "to %d: `ip link set %s mtu 1500`",
			 port->interface, mtu, MTU_MAX, port->interface);
		return -EINVAL;
	}
	snprintf(text, DRIVER_TEXT_MAX,
		 "net_af_packet%u,iface=%s,qpairs=%u,blocksz=%d,framesz=%d,"
		 "framecnt=%d",
		 index, port->interface, queues, BLOCK_BYTES, FRAME_BYTES,
		 FRAMES);
	return 0;
}

static void
afpacket_name(uint16_t index, char *text)
{
	snprintf(text, DRIVER_TEXT_MAX, "net_af_packet%u", index);
}

const struct driver driver_afpacket = {
	.devargs = afpacket_devargs,
	.name = afpacket_name,
};
