/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_CAPTURERIG_H
#define MX_TESTS_CAPTURERIG_H

/* A rig whose workers capture: real worker_poll() over ring ports, and the records
 * of all workers' rings. */
#include "capture.h"
#include "talk.h"

#define CAPTURERIG_RECORDS_MAX 256

struct capturerig {
	struct rig *rig;
	struct mx_capture_filter filter; /* set it before the start */
	struct mx_capture_ring *ring[RIG_WORKERS_MAX];
	struct capture *capture[RIG_WORKERS_MAX];
	uint64_t tail[RIG_WORKERS_MAX];
	uint32_t count; /* of records since the last look: */
	struct {
		struct mx_capture_record record;
		uint8_t bytes[MX_CAPTURE_BYTES_MAX];
	} found[CAPTURERIG_RECORDS_MAX];
};
extern struct capturerig captures;

/* Modes and families: each way a packet is rewritten in place. */
#define CAPTURERIG_KINDS 6
extern const struct capturerig_kind {
	enum rig_service service;
	bool six;
} capturerig_kinds[CAPTURERIG_KINDS];

/* A checked fixture. */
void capturerig_setup(void);
void capturerig_teardown(void);

/* Want one client; or several, if the mask of the last byte has fewer bits. */
void capturerig_want(const struct mx_addr *addr, uint8_t last_byte_mask);

void capturerig_begin(uint16_t workers);

/* Take the records out of all rings. */
void capturerig_look(void);

/* Is a record what it should be? */
void capturerig_assert(uint32_t i, enum mx_capture_event event, uint16_t port,
		       const struct segment *segment);

struct talk capturerig_open(enum rig_service service, bool six, uint16_t port);

#endif /* MX_TESTS_CAPTURERIG_H */
