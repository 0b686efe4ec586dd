/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_ERRORTALK_H
#define MX_TESTS_ERRORTALK_H

/* Open sessions of fullnat and nat, with and without a PROXY header, that ICMP
 * errors are about. */
#include "onerig.h"
#include "proxytalk.h"

#define ERRORTALK_WAYS 10

extern const struct errortalk_way {
	enum rig_service service;
	bool six; /* the client's family */
} errortalk_ways[ERRORTALK_WAYS];

/* Open a session; both ends have acknowledged the header. */
struct proxytalk errortalk_open(int way);

/* Put an error in, and let all workers poll. */
void errortalk_put(uint16_t worker, uint16_t port, const struct error *error);

bool errortalk_is4(const struct end *end);

#endif /* MX_TESTS_ERRORTALK_H */
