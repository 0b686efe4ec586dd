/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_ONERIG_H
#define MX_TESTS_ONERIG_H

/* The rig of a test that needs one worker, and nothing else. */
#include "talk.h"

extern struct rig *rig;

/* Make it before each test, and free it after. */
void onerig_setup(void);
void onerig_teardown(void);

/* A session that is not open yet, by the port of its client. */
struct talk onerig_talk(enum rig_service service, bool six,
			uint16_t client_port);

/* A session of fullnat over IPv4 with its handshake done. */
struct talk onerig_open(uint16_t client_port);

/* How many sessions a backend has. */
uint64_t onerig_live(int id);

#endif /* MX_TESTS_ONERIG_H */
