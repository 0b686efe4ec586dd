/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_WIRESAMPLE_H
#define MX_TESTS_WIRESAMPLE_H

/* What boxes say to each other, as examples. */
#include "wire.h"

/* A sender with two ports. */
struct wire_hello wiresample_hello(void);

/* An established session of fullnat with a PROXY header; all addresses IPv4. */
struct wire_session wiresample_session(void);

/* Any session that is sound, by rand(). */
struct wire_session wiresample_random(void);

#endif /* MX_TESTS_WIRESAMPLE_H */
