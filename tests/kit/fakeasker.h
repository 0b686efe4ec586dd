/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FAKEASKER_H
#define MX_TESTS_FAKEASKER_H

/* Askers whose answers the test chooses, and when they come: linked in the place of
 * asker.c. */
#include <stdint.h>

#include "askerend.h"

/* The agent at this address, such as "192.0.2.11:9707", says a line; or an asking
 * of it fails. */
void fakeasker_say(const char *address, const char *line);
void fakeasker_fail(const char *address, enum asker_end end);

/* How many agents are asked. */
uint32_t fakeasker_count(void);

#endif /* MX_TESTS_FAKEASKER_H */
