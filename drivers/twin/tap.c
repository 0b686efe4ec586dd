/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bounds.h"
#include "interface.h"
#include "link.h"
#include "log.h"
#include "rtlink.h"

#define TUN "/dev/net/tun"
#define MARK "mxsteer twin of "

/* The time that the queues of a killed process may take to close. */
#define CLOSE_WAIT_MS 500
#define CLOSE_PAUSE_MS 10

#define MARK_BYTES (sizeof(MARK) + MX_NAME_MAX)

static int
refuse(char *reason, int error, const char *text, const char *what)
{
	snprintf(reason, TAP_REASON_MAX, text, what);
	return error;
}

/* Has a process opened the TAP?  Only then it has a carrier. */
static bool
is_open(const char *interface)
{
	const struct timespec pause = {.tv_nsec = CLOSE_PAUSE_MS * 1000000};
	struct rtlink link;

	for (int ms = 0; ms < CLOSE_WAIT_MS; ms += CLOSE_PAUSE_MS) {
		if (rtlink_read(interface, &link) != 0 || !link.carrier)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static int
check_closed(const struct tap *tap, char *reason)
{
	if (!is_open(tap->interface))
		return 0;
	return refuse(reason, -EBUSY,
		      "interface %s is a TAP that another program uses",
		      tap->interface);
}

/* May the interface of that name, which exists, become the twin? */
static int
check_existing(const struct tap *tap, char *reason)
{
	struct rtlink link;

	if (!interface_is_tap(tap->interface))
		return refuse(reason, -EEXIST,
			      "interface %s exists and is no TAP: give the "
			      "port another `interface:`, or `twin: off`",
			      tap->interface);
	const int error = rtlink_read(tap->interface, &link);
	if (error != 0)
		return refuse(reason, error, "interface %s cannot be read",
			      tap->interface);
	if (strncmp(link.alias, MARK, strlen(MARK)) == 0 &&
	    strcmp(link.alias + strlen(MARK), tap->instance) != 0) {
		snprintf(reason, TAP_REASON_MAX,
			 "interface %s is the twin of a port of instance %.*s",
			 tap->interface, MX_NAME_MAX,
			 link.alias + strlen(MARK));
		return -EBUSY;
	}
	return check_closed(tap, reason);
}

/* Open the TAP, which makes it if there is none, and let it stay.  Every user of
 * this host could open a TAP without an owner, and take a share of the
 * frames. */
static int
open_once(const struct tap *tap, char *reason)
{
	struct ifreq request = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
	};
	const int fd = open(TUN, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return refuse(reason, -errno,
			      TUN " cannot be opened for interface %s: "
				  "`modprobe tun`, and CAP_NET_ADMIN",
			      tap->interface);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s",
		 tap->interface);
	int error = ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
	if (error == 0 && (ioctl(fd, TUNSETOWNER, geteuid()) < 0 ||
			   ioctl(fd, TUNSETPERSIST, 1) < 0))
		error = -errno;
	close(fd);
	if (error == -EINVAL)
		return refuse(reason, error,
			      "interface %s is a TAP with one queue: remove "
			      "it, or make it with `multi_queue`",
			      tap->interface);
	if (error == -EPERM)
		return refuse(reason, error,
			      "a TAP for interface %s needs CAP_NET_ADMIN",
			      tap->interface);
	if (error != 0)
		return refuse(reason, error,
			      "a TAP for interface %s cannot be opened",
			      tap->interface);
	return 0;
}

/* Set MAC address, MTU and state of the TAP.  What is right already is not set
 * again, since the kernel would report a change. */
static int
adjust(const struct tap *tap, char *reason)
{
	struct link_state state;

	int error = link_read(tap->interface, &state);
	if (error == 0 && memcmp(state.mac, tap->mac, sizeof(state.mac)) != 0)
		error = link_set_mac(tap->interface, tap->mac);
	if (error == 0 && state.mtu != tap->mtu)
		error = link_set_mtu(tap->interface, tap->mtu);
	if (error == 0)
		error = link_set_up(tap->interface);
	if (error != 0)
		return refuse(reason, error,
			      "interface %s cannot be given its MAC address "
			      "and MTU",
			      tap->interface);
	return 0;
}

static void
write_mark(const char *instance, char text[static MARK_BYTES])
{
	snprintf(text, MARK_BYTES, MARK "%s", instance);
}

int
tap_make(const struct tap *tap, char reason[static TAP_REASON_MAX])
{
	const bool exists = if_nametoindex(tap->interface) != 0;
	char mark[MARK_BYTES];
	int error = exists ? check_existing(tap, reason) : 0;

	if (error == 0)
		error = open_once(tap, reason);
	/* Somebody may have opened it before it had an owner. */
	if (error == 0)
		error = check_closed(tap, reason);
	if (error != 0)
		return error;
	write_mark(tap->instance, mark);
	if (!exists && rtlink_set_alias(tap->interface, mark) != 0)
		log_line(LOG_LEVEL_WARN,
			 "interface %s cannot be marked as a twin: `--remove` "
			 "will leave it",
			 tap->interface);
	return adjust(tap, reason);
}

struct removal {
	char mark[MARK_BYTES];
	unsigned removed;
};

static void
remove_marked(const struct rtlink *link, void *arg)
{
	struct removal *removal = arg;

	if (strcmp(link->alias, removal->mark) != 0)
		return;
	const int error = rtlink_delete(link->interface);
	if (error == 0)
		log_line(LOG_LEVEL_INFO, "interface %s is removed",
			 link->interface);
	else
		log_line(LOG_LEVEL_ERROR, "interface %s is not removed: %s",
			 link->interface, strerror(-error));
	removal->removed += error == 0;
}

unsigned
tap_remove_all(const char *instance)
{
	struct removal removal = {.removed = 0};

	write_mark(instance, removal.mark);
	rtlink_each(remove_marked, &removal);
	return removal.removed;
}

struct used {
	char mark[MARK_BYTES];
	const char *const *interface;
	unsigned count;
};

static void
warn_unused(const struct rtlink *link, void *arg)
{
	const struct used *used = arg;

	if (strcmp(link->alias, used->mark) != 0)
		return;
	for (unsigned i = 0; i < used->count; i++)
		if (strcmp(used->interface[i], link->interface) == 0)
			return;
	log_line(LOG_LEVEL_WARN,
		 "interface %s was the twin of a port and is not any more: "
		 "move its addresses and routes, then `ip link delete %s`",
		 link->interface, link->interface);
}

void
tap_warn_unused(const char *instance, const char *const *interface,
		unsigned count)
{
	struct used used = {.interface = interface, .count = count};

	write_mark(instance, used.mark);
	rtlink_each(warn_unused, &used);
}
