/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_RTLINK_H
#define MX_DRIVERS_RTLINK_H

/* Interfaces of the kernel by rtnetlink(7), which does what ioctls cannot: set
 * an alias or a carrier, and delete an interface.
 *
 * Threads    main. */
#include <net/if.h>
#include <stdbool.h>

/* The longest alias, with its terminator (linux/if.h). */
#define RTLINK_ALIAS_MAX 256

struct rtlink {
	unsigned index;
	char interface[IF_NAMESIZE];
	char alias[RTLINK_ALIAS_MAX]; /* empty: none */
	bool carrier;
};

/* Read one interface.  Returns 0 or -errno: -ENODEV if it does not exist. */
int rtlink_read(const char *interface, struct rtlink *link);

/* Call visit() for each interface of this network namespace.  Returns 0 or
 * -errno. */
int rtlink_each(void (*visit)(const struct rtlink *link, void *arg), void *arg);

/* These return 0 or -errno. */
int rtlink_set_alias(const char *interface, const char *alias);
int rtlink_set_carrier(const char *interface, bool on);
int rtlink_delete(const char *interface);

#endif /* MX_DRIVERS_RTLINK_H */
