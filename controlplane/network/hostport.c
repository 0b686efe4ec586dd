/* SPDX-License-Identifier: BSD-3-Clause */
#include "hostport.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool
ask_interface(const char *name, unsigned long what, struct ifreq *answer)
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

static int
mtu_max(enum mx_port_driver driver)
{
	return driver == MX_DRIVER_AF_XDP ? MX_MTU_MAX_AF_XDP
					  : MX_MTU_MAX_AF_PACKET;
}

static void
check_port(const struct mx_config_port *port, struct hazards *found)
{
	struct ifreq answer;

	/* The data plane opens the device, and no interface need exist yet. */
	if (port->driver == MX_DRIVER_DPDK)
		return;
	if (!ask_interface(port->interface, SIOCGIFFLAGS, &answer)) {
		hazards_add(found, true,
			    "port %s: there is no interface %s on this host",
			    port->name, port->interface);
		return;
	}
	if ((answer.ifr_flags & IFF_UP) == 0)
		hazards_add(found, true,
			    "port %s: interface %s is down: `ip link set %s "
			    "up`",
			    port->name, port->interface, port->interface);
	if (ask_interface(port->interface, SIOCGIFMTU, &answer) &&
	    answer.ifr_mtu > mtu_max(port->driver))
		hazards_add(found, true,
			    "port %s: interface %s has an MTU of %d, and the "
			    "driver takes up to %d: `ip link set %s mtu 1500`",
			    port->name, port->interface, answer.ifr_mtu,
			    mtu_max(port->driver), port->interface);
}

/* The number in a file of the kernel, or -1 if the file has none. */
static long
read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long number;

	if (file == NULL)
		return -1;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

/* The first core has no switch if the kernel cannot turn it off. */
static void
check_core(unsigned core, struct hazards *found)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", core);
	if (access(path, F_OK) != 0) {
		hazards_add(found, true,
			    "dataplane.workers: this host has no core %u: see "
			    "`lscpu`",
			    core);
		return;
	}
	strcat(path, "/online");
	if (read_number(path) == 0)
		hazards_add(found, true,
			    "dataplane.workers: core %u is turned off", core);
}

static void
check_pages(struct hazards *found)
{
	if (read_number("/proc/sys/vm/nr_hugepages") <= 0)
		hazards_add(found, false,
			    "no huge pages are reserved: the data plane uses "
			    "pages of 4 KiB, which is slower: `sysctl "
			    "vm.nr_hugepages=64`");
}

void
hostport_check(const struct mx_config_dataplane *dataplane,
	       struct hazards *found)
{
	for (uint16_t i = 0; i < dataplane->port_count; i++)
		check_port(&dataplane->port[i], found);
	for (uint16_t i = 0; i < dataplane->worker_count; i++)
		check_core(dataplane->worker_core[i], found);
	check_pages(found);
}

/* Returns true if the switch is on. */
static bool
look_at_switch(const char *path, const char *name, struct hazards *found)
{
	const bool on = read_number(path) > 0;

	if (on)
		hazards_add(found, false,
			    "%s is on: the kernel may forward copies of mail "
			    "packets on af_packet ports",
			    name);
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
hostport_forwarding(const struct mx_config_dataplane *dataplane,
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
