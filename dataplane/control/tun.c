/* SPDX-License-Identifier: BSD-3-Clause */
#include "tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "link.h"

#define TUN "/dev/net/tun"

/* The time that the kernel may take to remove the interface of a process that has
 * just ended. */
#define GONE_WAIT_MS 1000
#define GONE_PAUSE_MS 10

static int
refuse(char *reason, int error, const char *text, const char *interface)
{
	snprintf(reason, TUN_REASON_MAX, text, interface);
	return error;
}

/* A later process of this program may find the interface of the one before. */
static bool
is_taken(const char *interface)
{
	const struct timespec pause = {.tv_nsec = GONE_PAUSE_MS * 1000000};

	for (int ms = 0; ms < GONE_WAIT_MS; ms += GONE_PAUSE_MS) {
		if (if_nametoindex(interface) == 0)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static int
attach(int fd, const char *interface, char *reason)
{
	struct ifreq request = {
		.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL),
	};

	memcpy(request.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return refuse(reason, -errno,
			      "interface %s cannot be made: it needs "
			      "CAP_NET_ADMIN, and a name that is free",
			      interface);
	const int error = link_set_up(interface);
	return error == 0
		       ? 0
		       : refuse(reason, error,
				"interface %s cannot be brought up", interface);
}

int
tun_make(const char *interface, char reason[static TUN_REASON_MAX])
{
	if (is_taken(interface))
		return refuse(reason, -EEXIST,
			      "interface %s exists already: remove it, or give "
			      "`announce:` another `interface:`",
			      interface);
	const int fd = open(TUN, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return refuse(reason, -errno,
			      TUN " cannot be opened for interface %s: "
				  "`modprobe tun`, and CAP_NET_ADMIN",
			      interface);
	const int error = attach(fd, interface, reason);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}
