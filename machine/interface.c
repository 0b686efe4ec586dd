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

#include "feature.h"
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

static struct ethtool_channels
read_channels(const char *name)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	if (feature_ethtool(name, &channels) != 0)
		return (struct ethtool_channels){0};
	return channels;
}

uint16_t
interface_queues(const char *name)
{
	const struct ethtool_channels channels = read_channels(name);

	return channels.max_combined != 0 ? (uint16_t)channels.combined_count
					  : 1;
}

/* af_xdp must serve each receive queue: frames of others would go to the kernel
 * or be lost. */
static void
judge_queues(const char *name, uint16_t workers, const char *prefix,
	     struct hazards *found)
{
	const struct ethtool_channels channels = read_channels(name);

	if (channels.max_combined == 0 && channels.rx_count > 1)
		hazard_mend(hazards_add(found, true,
					"%sinterface %s has %u receive queues "
					"that are not paired with others; "
					"af_xdp can serve but one",
					prefix, name, channels.rx_count),
			    "`ethtool -L %s rx 1 tx 1`", name);
	if (channels.max_combined != 0 && channels.combined_count > workers)
		hazard_mend(hazards_add(found, true,
					"%sinterface %s has %u queues, more "
					"than there are workers",
					prefix, name, channels.combined_count),
			    "`ethtool -L %s combined %u`", name, workers);
}

/* A kernel can be built without these sockets. */
static void
judge_sockets(const char *prefix, struct hazards *found)
{
	const int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		hazard_mend(hazards_add(found, true,
					"%sthis kernel has no af_xdp "
					"(CONFIG_XDP_SOCKETS)",
					prefix),
			    "write driver: af_packet");
	if (fd >= 0)
		close(fd);
}

void
interface_judge(const struct mx_config_port *port, uint16_t workers,
		const char *prefix, struct hazards *found)
{
	const struct interface_state state = interface_state(port->interface);
	const int max = mtu_max(port->driver);

	if (!state.exists) {
		hazards_add(found, true,
			    "%sthere is no interface %s on this host", prefix,
			    port->interface);
		return;
	}
	if (state.mtu > max)
		hazard_mend(hazards_add(found, true,
					"%sinterface %s has an MTU of %d, and "
					"the driver takes up to %d",
					prefix, port->interface, state.mtu,
					max),
			    "`ip link set %s mtu 1500`", port->interface);
	if (port->driver != MX_DRIVER_AF_XDP)
		return;
	judge_sockets(prefix, found);
	judge_queues(port->interface, workers, prefix, found);
}

/* The data plane turns off what merges packets, if it can be turned off. */
static void
check_merging(const struct mx_config_port *port, const char *prefix,
	      struct hazards *found)
{
	struct features features;

	if (!features_read(port->interface, &features))
		return;
	for (uint32_t i = 0; i < features.count; i++)
		if (feature_merges(&features, i) &&
		    feature_is_active(&features, i) &&
		    feature_is_fixed(&features, i))
			hazard_mend(hazards_add(found, false,
						"%s%s of interface %s merges "
						"packets, which are dropped, "
						"and cannot be turned off",
						prefix, features.name[i],
						port->interface),
				    "turn it off on the host of this virtual "
				    "machine, or write driver: dpdk");
}

bool
interface_is_tap(const char *name)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	return feature_ethtool(name, &info) == 0 &&
	       strcmp(info.driver, "tun") == 0 &&
	       strcmp(info.bus_info, "tap") == 0;
}

/* The data plane makes the twin, or takes a TAP that is there. */
static void
check_twin(const char *root, const struct mx_config_port *port,
	   const char *prefix, struct hazards *found)
{
	const bool has_vhost = sysfile_exists(root, "/dev/vhost-net");

	if (!sysfile_exists(root, "/dev/net/tun"))
		hazard_mend(hazards_add(found, true,
					"%sthe twin %s needs /dev/net/tun",
					prefix, port->interface),
			    "`modprobe tun`");
	if (!has_vhost && port->twin == MX_TWIN_VHOST)
		hazard_mend(hazards_add(found, true,
					"%sthe twin %s needs /dev/vhost-net",
					prefix, port->interface),
			    "`modprobe vhost_net`");
	if (!has_vhost && port->twin == MX_TWIN_AUTO)
		hazard_mend(hazards_add(found, false,
					"%swithout /dev/vhost-net the twin %s "
					"costs a system call for each frame",
					prefix, port->interface),
			    "`modprobe vhost_net`");
	if (interface_state(port->interface).exists &&
	    !interface_is_tap(port->interface))
		hazard_mend(hazards_add(found, true,
					"%sinterface %s exists and is no TAP, "
					"as a twin must be",
					prefix, port->interface),
			    "write another `interface`, or `twin: off`");
}

static void
check_port(const char *root, const struct mx_config_port *port,
	   uint16_t workers, struct hazards *found)
{
	const struct interface_state state = interface_state(port->interface);
	char prefix[MX_NAME_MAX + 8];

	snprintf(prefix, sizeof(prefix), "port %s: ", port->name);
	if (mx_config_has_twin(port))
		check_twin(root, port, prefix, found);
	/* Without a twin, the interface is not used for frames. */
	if (port->driver == MX_DRIVER_DPDK)
		return;
	interface_judge(port, workers, prefix, found);
	if (!state.exists)
		return;
	if (!state.up)
		hazard_mend(hazards_add(found, true, "%sinterface %s is down",
					prefix, port->interface),
			    "`ip link set %s up`", port->interface);
	check_merging(port, prefix, found);
}

void
interface_check(const char *root, const struct mx_config_dataplane *dataplane,
		struct hazards *found)
{
	for (uint16_t i = 0; i < dataplane->port_count; i++)
		check_port(root, &dataplane->port[i], dataplane->worker_count,
			   found);
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
	char path[96], name[96], spelled[IF_NAMESIZE];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/forwarding",
		 interface);
	/* sysctl(8) takes '/' for a dot that is part of a name. */
	snprintf(spelled, sizeof(spelled), "%s", interface);
	for (char *at = spelled; *at != '\0'; at++)
		if (*at == '.')
			*at = '/';
	snprintf(name, sizeof(name), "net.ipv4.conf.%s.forwarding", spelled);
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
