/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_MIX_H
#define MX_GEN_MIX_H

/* The properties of each session: a function of the seed and of its number.  So
 * runs with the same seed have the same sessions, whatever happens to them. */
#include "genoptions.h"

#define MIX_PIPELINING 1
#define MIX_SLOW 2
#define MIX_IDLE 4
#define MIX_EARLY 8

struct mix_session {
	uint8_t traits;
	uint8_t abort_phase; /* GEN_PHASES: none */
	uint16_t messages;
};

struct mix_message {
	uint8_t recipients;
	uint32_t bytes;
};

struct mix_session mix_session(const struct gen_mix *mix, uint64_t seed,
			       uint64_t number);

/* message: its number in the session. */
struct mix_message mix_message(const struct gen_mix *mix, uint64_t seed,
			       uint64_t number, uint16_t message);

#endif /* MX_GEN_MIX_H */
