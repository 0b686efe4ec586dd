/* SPDX-License-Identifier: BSD-3-Clause */
#include "interface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sysfile.h"

static bool
ask(const char *name, unsigned long what, struct ifreq *answer)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memset(answer, 0, sizeof(*answer));
	memcpy(answer->ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	if (fd < 0)
		return false;
	const bool answered = ioctl(fd, what, answer) == 0;
	close(fd);
	return answered;
}

/* Link-local addresses of IPv6 do not count: each interface that is up has
 * one. */
static bool
has_address(const char *name)
{
	struct ifaddrs *rows;
	bool found = false;

	if (getifaddrs(&rows) < 0)
		return false;
	for (const struct ifaddrs *row = rows; row != NULL;
	     row = row->ifa_next) {
		const struct sockaddr *addr = row->ifa_addr;

		if (addr == NULL || strcmp(row->ifa_name, name) != 0)
			continue;
		if (addr->sa_family == AF_INET)
			found = true;
		if (addr->sa_family == AF_INET6)
			found |= !IN6_IS_ADDR_LINKLOCAL(
				&((const struct sockaddr_in6 *)(const void *)
					  addr)
					 ->sin6_addr);
	}
	freeifaddrs(rows);
	return found;
}

struct interface_state
interface_state(const char *name)
{
	struct interface_state state = {.exists = false};
	struct ifreq answer;

	if (!ask(name, SIOCGIFFLAGS, &answer))
		return state;
	state.exists = true;
	state.up = answer.ifr_flags & IFF_UP;
	state.carrier = answer.ifr_flags & IFF_RUNNING;
	state.addressed = has_address(name);
	if (ask(name, SIOCGIFMTU, &answer))
		state.mtu = answer.ifr_mtu;
	return state;
}

static int
mtu_max(enum mx_port_driver driver)
{
	return driver == MX_DRIVER_AF_XDP ? MX_MTU_MAX_AF_XDP
					  : MX_MTU_MAX_AF_PACKET;
}

/* A kernel can be built without these sockets. */
static void
check_sockets(const struct mx_config_port *port, struct hazards *found)
{
	const int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		hazard_mend(hazards_add(found, true,
					"port %s: this kernel has no af_xdp "
					"(CONFIG_XDP_SOCKETS)",
					port->name),
			    "write driver: af_packet");
	if (fd >= 0)
		close(fd);
}

static void
check_port(const struct mx_config_port *port, struct hazards *found)
{
	const struct interface_state state = interface_state(port->interface);

	/* The data plane opens the device, and no interface need exist yet. */
	if (port->driver == MX_DRIVER_DPDK)
		return;
	if (port->driver == MX_DRIVER_AF_XDP)
		check_sockets(port, found);
	if (!state.exists) {
		hazards_add(found, true,
			    "port %s: there is no interface %s on this host",
			    port->name, port->interface);
		return;
	}
	if (!state.up)
		hazard_mend(hazards_add(found, true,
					"port %s: interface %s is down",
					port->name, port->interface),
			    "`ip link set %s up`", port->interface);
	if (state.mtu > mtu_max(port->driver))
		hazard_mend(hazards_add(found, true,
					"port %s: interface %s has an MTU of "
					"%d, and the driver takes up to %d",
					port->name, port->interface, state.mtu,
					mtu_max(port->driver)),
			    "`ip link set %s mtu 1500`", port->interface);
}

void
interface_check(const struct mx_config_dataplane *dataplane,
		struct hazards *found)
{
	for (uint16_t i = 0; i < dataplane->port_count; i++)
		check_port(&dataplane->port[i], found);
}

/* Returns true if the switch is on.  name: as sysctl(8) spells it. */
static bool
look_at_switch(const char *path, const char *name, struct hazards *found)
{
	const bool on = sysfile_number("", 0, "%s", path) > 0;

	if (on)
		hazard_mend(hazards_add(found, false,
					"%s is on: the kernel may forward "
					"copies of mail packets on af_packet "
					"ports",
					name),
			    "`sysctl %s=0`", name);
	return on;
}

static void
look_at_port(const char *interface, struct hazards *found)
{
	char path[96], name[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/forwarding",
		 interface);
	snprintf(name, sizeof(name), "net.ipv4.conf.%s.forwarding", interface);
	look_at_switch(path, name, found);
}

/* With af_packet the kernel gets every frame too. ip_forward sets the switches
 * of all interfaces, and each switch can also be set alone. */
void
interface_forwarding(const struct mx_config_dataplane *dataplane,
		     struct hazards *found)
{
	const char *copied[MX_PORTS_MAX];
	uint16_t count = 0;

	for (uint16_t i = 0; i < dataplane->port_count; i++)
		if (dataplane->port[i].driver == MX_DRIVER_AF_PACKET)
			copied[count++] = dataplane->port[i].interface;
	if (count == 0)
		return;
	look_at_switch("/proc/sys/net/ipv6/conf/all/forwarding",
		       "net.ipv6.conf.all.forwarding", found);
	if (look_at_switch("/proc/sys/net/ipv4/ip_forward",
			   "net.ipv4.ip_forward", found))
		return;
	for (uint16_t i = 0; i < count; i++)
		look_at_port(copied[i], found);
}
