/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_RECORDERRIG_H
#define MX_TESTS_RECORDERRIG_H

/* A recorder whose data plane is the test.  The file of the capture is real.  A
 * reader of pcapng that knows nothing of the writer reads what the recorder
 * writes. */
#include <event2/event.h>

#include "pcapread.h"
#include "recorder.h"
#include "regionfile.h"

#define WORKERS 2
#define PORTS 2

extern struct event_base *base;
extern char instance[MX_NAME_MAX];
extern struct mx_region *region;
extern struct recorder *recorder;
extern struct mx_capture dataplane; /* the data plane's end */
extern uint64_t head[WORKERS];      /* of the rings */
extern struct pcapread reader;

/* Fixtures. */
void recorderrig_setup(void);
void recorderrig_teardown(void);

/* Begin a capture that ends after so many frames. */
void recorderrig_begin(uint32_t frames);

/* The data plane takes the capture up. */
void recorderrig_take(void);

/* The data plane compares the file with what it knows. */
void recorderrig_carry(void);

/* Write to the control plane's file, as only it may. */
void recorderrig_overwrite(size_t at, const void *bytes, size_t count);

/* A worker puts a frame into its ring.  All bytes of the frame have the number
 * of the packet. */
void recorderrig_capture(uint16_t worker, enum mx_capture_event event,
			 uint64_t time_ns, uint64_t packet);

/* Read the next piece of the recorder's file.  Returns whether it is the last
 * one. */
bool recorderrig_read(void);

/* The next frame that the reader finds must be this one. */
void recorderrig_expect(uint64_t time_ns, uint64_t packet, uint32_t direction,
			const char *comment);

#endif /* MX_TESTS_RECORDERRIG_H */
