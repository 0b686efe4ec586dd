/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_LIMITRIG_H
#define MX_TESTS_LIMITRIG_H

/* A rig of two workers whose services have limits of clients.  rig: onerig.h's;
 * onerig_teardown() frees it. */
#include "clients.h"
#include "onerig.h"

void limitrig_setup(void);

/* Limits of an address and of a /24 or /64. */
struct mx_client_limits limitrig_limits(uint32_t sessions,
					uint32_t prefix_sessions);
void limitrig_set(uint32_t sessions, uint32_t prefix_sessions);

/* What the table says of the first bits of an address; and the sum of all
 * sessions in it. */
struct clients_seen limitrig_seen(enum rig_service service,
				  const struct mx_addr *addr, uint8_t bits);
uint64_t limitrig_sum(void);

/* Client n of few, of few /24. */
struct end limitrig_client(uint32_t n, uint16_t port);

/* Send a segment of a client to a worker, which may hand it over. */
void limitrig_send(struct talk *talk, uint8_t flags);

/* Open a session up to its banner.  Returns whether it is there. */
bool limitrig_opens(struct talk *talk);
bool limitrig_opens_from(const struct end *from, enum rig_service service);

/* Take a session to where its client's ACK is due. */
void limitrig_almost_open(struct talk *talk);

#endif /* MX_TESTS_LIMITRIG_H */
