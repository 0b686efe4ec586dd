/* SPDX-License-Identifier: BSD-3-Clause */
/* Any Linux interface through packet sockets (packet(7), PACKET_MMAP).
 *
 * The kernel keeps the interface and sees a copy of every frame.  So the kernel
 * answers ARP for its own addresses, and no owned address may be among them.
 * Segments must come one by one, as they were on the wire.  So merging is off
 * (merge.h), and segmentation offload is off at the far end of a veth (veth.h).
 * Checksums that peers on this host leave to a card are completed (partial.h).
 * With several queues the kernel spreads flows over them (PACKET_FANOUT). */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver.h"
#include "fanout.h"
#include "link.h"
#include "log.h"
#include "merge.h"
#include "veth.h"

/* The size of a frame of the ring, and the number of frames.  A pair of blocks
 * of 64 KiB holds 64 frames.  If the worker has to wait, 4096 frames last 40 ms
 * at 100,000 frames/s. */
#define FRAME_BYTES 2048
#define BLOCK_BYTES 65536
#define FRAMES 4096

/* Make every frame one segment.  The kernel cuts packets that are longer than a
 * frame of the ring. */
static void
stop_super_packets(const char *interface)
{
	if (veth_split_segments(interface) != 0)
		log_line(LOG_LEVEL_WARN,
			 "interface %s: the other end of this veth may send "
			 "several segments in one, which are dropped as "
			 "super-packet: run `ethtool -K PEER tso off gso off` "
			 "there",
			 interface);
	/* Last, since loading an XDP program may turn merging on. */
	merge_stop(interface);
}

static int
afpacket_devargs(const struct mx_config_port *port, uint16_t index,
		 uint16_t queues, char *text)
{
	const int error = link_judge(port, queues, text, DRIVER_TEXT_MAX);

	if (error != 0)
		return error;
	if (fanout_is_taken(port->interface)) {
		snprintf(text, DRIVER_TEXT_MAX,
			 "interface %s: another program has the fanout group "
			 "of packet sockets that belongs to process id %d: "
			 "start again, with another process id",
			 port->interface, getpid());
		return -EADDRINUSE;
	}
	stop_super_packets(port->interface);
	snprintf(text, DRIVER_TEXT_MAX,
		 "net_af_packet%u,iface=%s,qpairs=%u,blocksz=%d,framesz=%d,"
		 "framecnt=%d",
		 index, port->interface, queues, BLOCK_BYTES, FRAME_BYTES,
		 FRAMES);
	return 0;
}

static void
afpacket_name(const struct mx_config_port *port, uint16_t index, char *text)
{
	(void)port;
	snprintf(text, DRIVER_TEXT_MAX, "net_af_packet%u", index);
}

/* Make room for a whole ring on its way out, each frame in a page of its own.
 * The kernel's default has room for some 90 frames. */
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
	.started = afpacket_started,
};
