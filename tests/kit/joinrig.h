/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_JOINRIG_H
#define MX_TESTS_JOINRIG_H

/* Clients that mxsteer answers by a cookie, and the MTAs that join them.  The
 * test is the client and the MTAs.  rig: onerig.h's. */
#include "onerig.h"
#include "proxytalk.h"

/* Maximum segment size 1400, window scale 7, SACK. */
extern const uint8_t joinrig_offered[12];
/* The MTAs: 1360, and a scale of 9. */
extern const uint8_t joinrig_answered[12];

/* Make the rig: all services have cookies where they can. */
void joinrig_setup(void);

/* Let the worker know what all MTAs say. */
void joinrig_teach(void);

struct segment joinrig_with_options(struct segment segment,
				    const uint8_t options[12]);

/* The client's SYN, and mxsteer's answer.  way: of ways.h. */
struct proxytalk joinrig_call(int way);

/* The next frame must be the client's SYN, made anew.  Returns the number of the
 * MTA that gets it. */
int joinrig_hear_syn(struct proxytalk *p);

/* The client brings its cookie back. */
void joinrig_acknowledge(const struct proxytalk *p);

/* All of this. */
struct proxytalk joinrig_begin(int way);

/* The MTA answers. */
void joinrig_answer(const struct proxytalk *p, const uint8_t options[12]);

/* The MTA gets the end of its handshake, and the client sees nothing. */
void joinrig_assert_joined(const struct proxytalk *p);

/* The MTA answers and greets, and the ends talk. */
void joinrig_go_on(struct proxytalk *p);

#endif /* MX_TESTS_JOINRIG_H */
