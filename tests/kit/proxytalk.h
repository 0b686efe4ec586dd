/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_PROXYTALK_H
#define MX_TESTS_PROXYTALK_H

/* A talk with a PROXY header in front, or without one in other services.  Its
 * numbers count each end's own bytes from 0. */
#include "proxyheader.h"
#include "talk.h"

struct proxytalk {
	struct talk talk;
	uint32_t c; /* number of the client's SYN, and of the backend's, as the
		     * backend counts */
	uint32_t b;
	uint8_t shift; /* bytes of the header */
	uint8_t header[MX_PROXY_HEADER_MAX];
};

struct proxytalk proxytalk_make(struct rig *rig, enum rig_service service,
				bool six);

/* Compute the header, when the client's port is set. */
void proxytalk_header_of(struct proxytalk *p);

/* The SYN; its answer; both; both and the header, which is checked; all and the
 * acknowledgement of the header. */
void proxytalk_syn(struct proxytalk *p);
void proxytalk_hear_answer(struct proxytalk *p);
void proxytalk_answer(struct proxytalk *p);
void proxytalk_send_header(struct proxytalk *p);
void proxytalk_open(struct proxytalk *p);

/* End the session silently. */
void proxytalk_free(const struct proxytalk *p);

/* A segment as its sender sees it.  at: the number of its first byte.  got: the
 * bytes of the other end that it acknowledges; the backend also acknowledges
 * the header. */
struct segment proxytalk_in(const struct proxytalk *p, uint8_t flags,
			    uint32_t at, uint32_t got);
struct segment proxytalk_back(const struct proxytalk *p, uint8_t flags,
			      uint32_t at, uint32_t got);

/* The segment of the header. */
struct segment proxytalk_header(const struct proxytalk *p, uint32_t ack,
				uint16_t window);

/* Send such a segment with `bytes` of payload.  Check that it leaves as it
 * should, and nothing before it. */
void proxytalk_expect_in(const struct proxytalk *p, uint8_t flags, uint32_t at,
			 uint32_t got, uint16_t bytes);
void proxytalk_expect_back(const struct proxytalk *p, uint8_t flags,
			   uint32_t at, uint32_t got, uint16_t bytes);

#endif /* MX_TESTS_PROXYTALK_H */
