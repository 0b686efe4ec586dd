/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_REFUSERIG_H
#define MX_TESTS_REFUSERIG_H

/* Clients that no backend of the one rig can serve, and what they are told. */
#include "greet.h"
#include "onerig.h"

#define REFUSERIG_ISN 0xfffffffdu /* its first byte has number -2 */
#define HOST "mx.example.org"
#define TEXT_NONE "421 4.3.2 " HOST " no server is available now\r\n"
#define TEXT_BUSY "421 4.3.2 " HOST " all servers are busy now  \r\n"
#define TEXT_FULL "421 4.3.2 " HOST " too many connections now  \r\n"
#define TEXT_CLIENT "421 4.7.0 " HOST " too many from your address\r\n"
#define TEXT_FINAL "554 5.3.2 " HOST " no server is available now\r\n"
#define REFUSERIG_TEXT_BYTES (sizeof(TEXT_NONE) - 1)

/* All modes, and both families of clients. */
#define REFUSERIG_WAYS 11

extern const struct refuserig_way {
	enum rig_service service;
	bool six; /* the client's family */
} refuserig_ways[REFUSERIG_WAYS];

/* Make the rig, without a backend that serves, and with `answer: 421`. */
void refuserig_setup(void);

void refuserig_set_answer(enum mx_answer answer);

/* The first segment of a client with that port, and others at its first byte. */
struct segment refuserig_says(enum rig_service service, bool six, uint16_t port,
			      uint8_t flags);

/* Put a segment of a client in, and let the worker poll. */
void refuserig_put(const struct segment *segment);

/* Let a SYN be refused, and the time pass until others are answered. */
void refuserig_outlast(enum rig_service service, bool six);

/* A client that got a SYN-ACK. */
struct refused {
	struct segment syn;
	struct segment synack;
};
struct refused refuserig_refuse(int way);
struct refused refuserig_begin(enum rig_service service, bool six,
			       uint16_t port);

/* The client's segment at its byte `at`, which acknowledges `acked` bytes behind
 * the SYN-ACK. */
struct segment refuserig_in(const struct refused *r, uint8_t flags, uint32_t at,
			    uint32_t acked);

/* The next frame is the text and a FIN, or the ACK of a client that has got
 * both.  It acknowledges `taken` of the client. */
void refuserig_assert_text(const struct refused *r, const char *text,
			   uint32_t taken);
void refuserig_assert_ack(const struct refused *r, uint32_t taken);

/* How many clients of a service were told so. */
uint64_t refuserig_told(enum rig_service service, enum mx_answer answer,
			enum mx_drop why);

#endif /* MX_TESTS_REFUSERIG_H */
