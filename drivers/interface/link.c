/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "interface.h"
#include "log.h"

static int
ask(const char *interface, unsigned long what, struct ifreq *request)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", interface);
	const int error = ioctl(fd, what, request) < 0 ? -errno : 0;
	close(fd);
	return error;
}

int
link_read(const char *interface, struct link_state *state)
{
	struct ifreq index = {0}, flags = {0}, mac = {0}, mtu = {0};

	int error = ask(interface, SIOCGIFINDEX, &index);
	if (error == 0)
		error = ask(interface, SIOCGIFFLAGS, &flags);
	if (error == 0)
		error = ask(interface, SIOCGIFHWADDR, &mac);
	if (error == 0)
		error = ask(interface, SIOCGIFMTU, &mtu);
	if (error != 0)
		return error;
	*state = (struct link_state){
		.index = index.ifr_ifindex,
		.up = (flags.ifr_flags & IFF_UP) &&
		      (flags.ifr_flags & IFF_RUNNING),
		.mtu = (uint16_t)mtu.ifr_mtu,
	};
	memcpy(state->mac, mac.ifr_hwaddr.sa_data, sizeof(state->mac));
	return 0;
}

int
link_set_mac(const char *interface, const uint8_t mac[static 6])
{
	struct ifreq request = {.ifr_hwaddr.sa_family = ARPHRD_ETHER};

	memcpy(request.ifr_hwaddr.sa_data, mac, 6);
	return ask(interface, SIOCSIFHWADDR, &request);
}

int
link_set_mtu(const char *interface, uint16_t mtu)
{
	struct ifreq request = {.ifr_mtu = mtu};

	return ask(interface, SIOCSIFMTU, &request);
}

int
link_set_up(const char *interface)
{
	struct ifreq request = {0};

	const int error = ask(interface, SIOCGIFFLAGS, &request);
	if (error != 0 || (request.ifr_flags & IFF_UP))
		return error;
	request.ifr_flags |= IFF_UP;
	return ask(interface, SIOCSIFFLAGS, &request);
}

int
link_judge(const struct mx_config_port *port, uint16_t workers, char *text,
	   size_t size)
{
	static struct hazards found;
	char line[HAZARD_LINE_MAX];

	found = (struct hazards){.count = 0};
	interface_judge(port, workers, "", &found);
	for (uint32_t i = 0; i < found.count; i++) {
		if (!found.list[i].stops_mail)
			continue;
		snprintf(text, size, "%.*s", (int)size - 1,
			 hazard_line(&found.list[i], line));
		return -EINVAL;
	}
	return 0;
}

static void
widen(int fd, int domain, int bytes)
{
	int is;
	socklen_t size = sizeof(is);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &is, &size) < 0 ||
	    is != domain)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) <
	    0)
		log_line(LOG_LEVEL_WARN,
			 "a socket of a port cannot buffer %d bytes to send: "
			 "%s; its worker may have to wait for the kernel",
			 bytes, strerror(errno));
}

void
link_widen_sockets(int domain, int bytes)
{
	DIR *fds = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (fds == NULL)
		return;
	while ((entry = readdir(fds)) != NULL)
		widen(atoi(entry->d_name), domain, bytes);
	closedir(fds);
}
