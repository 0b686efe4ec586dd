/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_HOPRIG_H
#define MX_TESTS_HOPRIG_H

/* Next hops in a network namespace of the test's own.  Backend 1 is 203.0.113.7.
 * Two gateways lead to it by hop0, the first one by the better metric; far0 is a
 * second port.  ip(8) writes what the kernel found of its neighbours. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "nexthop.h"

#define FIRST "10.9.0.253"
#define SECOND "10.9.0.254"

extern struct event_base *hoprig_base;
extern struct nexthops *hoprig_hops;

void hoprig_setup(void);
void hoprig_teardown(void);

/* Begin as a new process does; the test has freed hoprig_hops. */
void hoprig_start(void);

struct mx_addr hoprig_address(const char *text);
void hoprig_follow(struct nexthops *hops, uint16_t id, const char *text);

/* Do frames to a backend go by this interface, to a MAC address that ends so? */
bool hoprig_goes(struct nexthops *hops, uint16_t id, const char *interface,
		 uint8_t last_of_mac);

void hoprig_run(uint64_t ms);

/* Set the kernel's entry of a neighbour.  mac: the last byte of its MAC address,
 * in hexadecimal digits.  state: a word of `ip neighbour`. */
void hoprig_neighbour(const char *address, const char *mac,
		      const char *interface, const char *state);

/* The kernel asked the neighbour, and got no answer. */
void hoprig_dies(const char *address, const char *interface);

#endif /* MX_TESTS_HOPRIG_H */
