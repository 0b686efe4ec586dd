/* SPDX-License-Identifier: BSD-3-Clause */
/* Any Linux interface through packet sockets (packet(7), PACKET_MMAP).
 *
 * The kernel keeps the interface and sees a copy of every frame; so nothing is
 * needed for ARP of its own addresses, and addresses of ours must not be its.
 * Segments must come one by one, as they were on the wire: merging is off.
 * With several queues the kernel spreads flows over them (PACKET_FANOUT). */
#include <errno.h>
#include <linux/ethtool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "driver.h"
#include "link.h"

/* A frame of the ring, and how many: two blocks of 64 KiB hold 64 frames; 4096
 * of them last 40 ms at 100,000 frames/s while the worker is kept waiting. */
#define FRAME_BYTES 2048
#define BLOCK_BYTES 65536
#define FRAMES 4096

#define MTU_MAX MX_MTU_MAX_AF_PACKET

/* What merges segments into super-packets before a packet socket sees them. */
static const struct merger {
	const char *name; /* as ethtool calls it */
	uint32_t get;
	uint32_t set;
	uint32_t flag; /* in a word of flags; 0: the word is on or off */
} mergers[] = {
	{"gro", ETHTOOL_GGRO, ETHTOOL_SGRO, 0},
	{"lro", ETHTOOL_GFLAGS, ETHTOOL_SFLAGS, ETH_FLAG_LRO},
};

/* Turn merging off, and say so.  An interface that knows no such thing, or a
 * process that may not, is no reason to stop: what comes too large is dropped
 * as truncated, and counted. */
static void
stop_merging(const char *interface)
{
	for (size_t i = 0; i < sizeof(mergers) / sizeof(mergers[0]); i++) {
		const struct merger *merger = &mergers[i];
		struct ethtool_value value = {.cmd = merger->get};
		const uint32_t on = merger->flag != 0 ? merger->flag : 1;

		if (link_ethtool(interface, &value) != 0 || !(value.data & on))
			continue;
		value.cmd = merger->set;
		value.data &= ~on;
		if (link_ethtool(interface, &value) == 0)
			fprintf(stderr, "info %s: %s turned off\n", interface,
				merger->name);
		else
			fprintf(stderr,
				"warn %s merges segments, which loses mail "
				"packets: `ethtool -K %s %s off`\n",
				interface, interface, merger->name);
	}
}

/* The interface's own: DPDK's driver knows of no other than 1500.  What is
 * larger the kernel loses without a word. */
static int
afpacket_mtu(const struct mx_config_port *port)
{
	return link_mtu(port->interface);
}

static int
afpacket_devargs(const struct mx_config_port *port, uint16_t index,
		 uint16_t queues, char *text)
{
	const int mtu = link_mtu(port->interface);

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
	stop_merging(port->interface);
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

/* The kernel's default is some 90 frames on their way, of a ring of thousands:
 * room for a whole ring, each frame in a page of its own. */
static int
afpacket_started(const struct mx_config_port *port)
{
	(void)port;
	link_widen_sockets(AF_PACKET, FRAMES * 4096);
	return 0;
}

const struct driver driver_afpacket = {
	.devargs = afpacket_devargs,
	.name = afpacket_name,
	.mtu = afpacket_mtu,
	.started = afpacket_started,
};
