/* SPDX-License-Identifier: BSD-3-Clause */
/* Any Linux interface through AF_XDP sockets.  The program redirect.bpf.c takes
 * mxsteer's frames before the kernel sees them, and leaves all others to the
 * kernel.
 *
 * DPDK's driver loads the program, attaches it, and detaches it at the end.
 * Its map of owned addresses is found through the interface (program.h).
 *
 * Frames are copied between kernel and pool (force_copy), even if a network
 * card could do without.  Without copies, frames may not cross a page, and an
 * empty queue can delay a worker by a second.  Frames between ports are not
 * copied. */
#include <assert.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "capabilities.h"
#include "driver.h"
#include "interface.h"
#include "link.h"
#include "memory.h"
#include "program.h"
#include "redirect.h"

/* The maps of owned addresses, one for each started port. */
static int owned_fd[MX_PORTS_MAX];
static uint16_t owned_fds;
static owned_round round_now;

/* Reserve the interface for this process.  The name is visible in the network
 * namespace and goes with its owner, so only one process can have it. */
static int
claim(const char *interface, char *text)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		snprintf(text, DRIVER_TEXT_MAX, "local socket: %s",
			 strerror(errno));
		return -errno;
	}
	const int bytes = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
				   "mxsteer-af_xdp-%s", interface);
	if (bind(fd, (const struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			     (size_t)bytes)) == 0)
		return 0; /* the process keeps the descriptor for its whole
			   * life */
	const int error = -errno;
	close(fd);
	snprintf(text, DRIVER_TEXT_MAX,
		 "interface %s is taken by another data plane, or named twice",
		 interface);
	return error;
}

static int
afxdp_devargs(const struct mx_config_port *port, uint16_t index,
	      uint16_t queues, char *text)
{
	int error = link_judge(port, queues, text, DRIVER_TEXT_MAX);

	if (error != 0)
		return error;
	const int file = program_file(text);
	if (file < 0)
		return file;
	error = claim(port->interface, text);
	if (error == 0)
		error = program_detach_leftover(port->interface, text);
	if (error == 0)
		snprintf(text, DRIVER_TEXT_MAX,
			 "net_af_xdp%u,iface=%s,queue_count=%u,force_copy=1,"
			 "busy_budget=0,xdp_prog=/proc/self/fd/%d",
			 index, port->interface,
			 interface_queues(port->interface), file);
	return error;
}

static void
afxdp_name(const struct mx_config_port *port, uint16_t index, char *text)
{
	(void)port;
	snprintf(text, DRIVER_TEXT_MAX, "net_af_xdp%u", index);
}

static int
afxdp_started(const struct mx_config_port *port)
{
	const int fd = program_open_owned(port->interface);

	if (fd < 0)
		return fd;
	owned_fd[owned_fds++] = fd;
	link_widen_sockets(AF_XDP, MEMORY_XDP_FRAMES * 4096);
	return 0;
}

/* Add a row for each owned address, and for each nat backend.  A VIP's port
 * does not matter: the data plane drops frames to other ports. */
static bool
has_row(const struct mx_owned *vip)
{
	return vip->kind == MX_OWNED_SERVER ||
	       (vip->kind != MX_OWNED_NOT && vip->port_be == 0);
}

static int
own_at(int fd, const struct mx_owned_table *owned)
{
	int first = 0;

	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++) {
		const struct mx_owned *vip = &owned->slot[i];
		struct owned_key key = {.port = vip->port_be};

		if (!has_row(vip))
			continue;
		memcpy(key.addr, &vip->addr, sizeof(key.addr));
		const int error =
			bpf_map_update_elem(fd, &key, &round_now, BPF_ANY);
		if (first == 0)
			first = error;
	}
	return first;
}

static int
afxdp_own(const struct mx_owned_table *owned)
{
	int first = 0;

	round_now++;
	for (uint16_t i = 0; i < owned_fds; i++) {
		const int error = own_at(owned_fd[i], owned);
		if (first == 0)
			first = error;
	}
	return first;
}
static_assert(2 * MX_OWNED_MAX <= REDIRECT_ROWS, "an old plan and a new one");

/* Delete the rows of earlier rounds.  The next row is looked up before a row is
 * deleted, since the search would begin anew after a deleted row. */
static int
disown_at(int fd)
{
	struct owned_key next, key;
	owned_round round;
	int first = 0;
	bool more = bpf_map_get_next_key(fd, NULL, &next) == 0;

	for (uint32_t i = 0; more && i < REDIRECT_ROWS; i++) {
		key = next;
		more = bpf_map_get_next_key(fd, &key, &next) == 0;
		int error = bpf_map_lookup_elem(fd, &key, &round);
		if (error == 0 && round != round_now)
			error = bpf_map_delete_elem(fd, &key);
		if (first == 0)
			first = error;
	}
	return first;
}

static int
afxdp_disown(void)
{
	int first = 0;

	for (uint16_t i = 0; i < owned_fds; i++) {
		const int error = disown_at(owned_fd[i]);
		if (first == 0)
			first = error;
	}
	return first;
}

const struct driver driver_afxdp = {
	.devargs = afxdp_devargs,
	.name = afxdp_name,
	.started = afxdp_started,
	.own = afxdp_own,
	.disown = afxdp_disown,
	/* Addresses are entries of its map; at the end it takes its program
	 * away. */
	.keeps = CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_NET_RAW) |
		 CAPABILITY(CAP_BPF),
};
