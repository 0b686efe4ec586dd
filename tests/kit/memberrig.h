/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_MEMBERRIG_H
#define MX_TESTS_MEMBERRIG_H

/* Answers of DNS for a pool of a few hosts, and the members that the pool makes
 * of them.  A bit of a mask is an address: bit 2i is IPv4 of host i, bit 2i + 1
 * its IPv6. */
#include "membership.h"

#define HOSTS 5 /* each with an address of IPv4 and one of IPv6 */
#define ADDRESSES (2 * HOSTS)

extern struct membership members;
extern struct finding finding;
extern struct membership_scene scene;
extern bool serving[ADDRESSES]; /* at first all */

/* Begin with no members.  A fixture. */
void memberrig_setup(void);

/* Make an answer of the addresses in a mask.  failed: the addresses whose
 * question nobody answered. */
void memberrig_make(unsigned mask, unsigned failed);

/* Make an answer of the mask, and let the pool take it. */
struct membership_step memberrig_take(unsigned mask);

/* Let time pass. */
void memberrig_pass(uint32_t seconds);

/* The addresses of the members. */
unsigned memberrig_mask(void);

#endif /* MX_TESTS_MEMBERRIG_H */
