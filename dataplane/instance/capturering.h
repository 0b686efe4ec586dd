/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAPTURERING_H
#define MX_CAPTURERING_H

/* A capture: copies of frames that workers have seen, for `mxsteer capture`.
 *
 * The control plane makes the file of a capture (instance/capturefile.h).  The
 * file says which frames are wanted, and has a ring of records for each worker.
 * The workers put records in, and the control plane takes them out.  A capture
 * lasts as long as its file has its name and the control plane renews the
 * lease.
 *
 * A ring that is full takes no record until the control plane has made room.
 * Such a frame is lost for the capture, and is counted; its packet is not lost.
 *
 * Threads    head, lost[], the records: the worker.  tail, lease_s: the control
 *            plane.  taken: the data plane's main thread. */
#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"

#define MX_CAPTURE_MAGIC 0x65727574706163e6u
#define MX_CAPTURE_LAYOUT 1 /* raised with every change below */

/* Some 10,000 frames of the default length a worker: the control plane empties
 * a ring many times a second. */
#define MX_CAPTURE_RING_BYTES (2u << 20)

/* How much of a frame a record holds: at least all that the filter reads, at
 * most a whole buffer of the frame pool. */
#define MX_CAPTURE_BYTES_MIN 64
#define MX_CAPTURE_BYTES_MAX 2048
#define MX_CAPTURE_BYTES 256 /* unless the operator says another length */

/* How long a capture lasts after the control plane has renewed its lease. */
#define MX_CAPTURE_LEASE_S 10

enum mx_capture_event {
	MX_CAPTURE_PAD,     /* no frame: the next record is at the start */
	MX_CAPTURE_IN,      /* came; left under the same number, or is part of
			     * a frame that left */
	MX_CAPTURE_KERNEL,  /* came, and is the kernel's */
	MX_CAPTURE_DROPPED, /* came, and was dropped for `why` */
	MX_CAPTURE_OUT,     /* left; came under the same number */
	MX_CAPTURE_MADE,    /* left; began in mxsteer */
	MX_CAPTURE_KERNEL_OUT, /* left; the kernel sent it */
	MX_CAPTURE_UNSENT,     /* should have left, and was dropped for `why` */
	MX_CAPTURE_EVENTS,
};

struct mx_capture_record {
	uint32_t size_bytes; /* of the record; a multiple of 8 */
	uint16_t captured;   /* bytes of the frame that follow this struct */
	uint8_t event;       /* enum mx_capture_event */
	uint8_t why;         /* enum mx_drop */
	uint32_t frame_bytes;
	uint8_t port;     /* index of the port that the frame came or left by */
	uint64_t time_ns; /* CLOCK_REALTIME */
	uint64_t packet;  /* the number of a frame; unique for a worker */
};
static_assert(sizeof(struct mx_capture_record) == 32, "frames stay aligned");
static_assert(offsetof(struct mx_capture_record, frame_bytes) == 8,
	      "a pad of 8 bytes has size and event");

struct mx_capture_ring {
	alignas(64) _Atomic uint64_t head; /* bytes put in so far */
	_Atomic uint64_t lost[MX_PORTS_MAX];
	alignas(64) _Atomic uint64_t tail; /* bytes taken out so far */
	alignas(64) uint8_t bytes[MX_CAPTURE_RING_BYTES];
};

/* Which frames are wanted: those of clients in a prefix, and of backends. */
struct mx_capture_filter {
	uint8_t has_from;
	uint8_t has_backend;
	uint16_t bytes;      /* of each frame */
	struct mx_addr from; /* the prefix: all bits behind it are zero */
	struct mx_addr mask; /* its bits */
	uint64_t backend[(MX_BACKENDS_MAX + 64) / 64]; /* a bit an id */
};

struct mx_capture_file {
	uint64_t magic;
	uint32_t layout;
	uint16_t workers; /* rings */
	struct mx_capture_filter filter;
	_Atomic uint32_t lease_s; /* CLOCK_MONOTONIC: until then */
	_Atomic int32_t taken; /* the data plane that captures; 0: none yet */
	alignas(64) struct mx_capture_ring ring[];
};

#define MX_CAPTURE_SIZE(workers)                                               \
	(sizeof(struct mx_capture_file) +                                      \
	 (size_t)(workers) * sizeof(struct mx_capture_ring))

static inline uint32_t
mx_capture_record_bytes(uint32_t captured)
{
	return ((uint32_t)sizeof(struct mx_capture_record) + captured + 7) &
	       ~7u;
}

/* Where a worker begins: behind the records that another data plane has put in.
 * Records begin at multiples of 8, and so does this one whatever the ring
 * says. */
static inline uint64_t
mx_capture_head(const struct mx_capture_ring *ring)
{
	return (atomic_load_explicit(&ring->head, memory_order_relaxed) + 7) &
	       ~UINT64_C(7);
}

/* The worker's end: room for a record with so many bytes of a frame, behind
 * *head, a multiple of 8.  The caller fills it in and stores *head in the ring
 * after the last record of a burst (release).
 * Returns the record with its sizes set, or NULL if there is no room. */
struct mx_capture_record *mx_capture_put(struct mx_capture_ring *ring,
					 uint64_t *head, uint16_t captured);

/* The control plane's end: copy the record at *tail, without the bytes of its
 * frame.  The copy has been checked; the ring may change at any time.
 * Returns those bytes, record->captured of them, or NULL if there is no record
 * before head.  A ring with a record that cannot be counts as empty: *tail is
 * set to head.  The caller adds size_bytes to *tail, and stores it in the ring
 * (release). */
const uint8_t *mx_capture_get(const struct mx_capture_ring *ring,
			      uint64_t *tail, uint64_t head,
			      struct mx_capture_record *record);

#endif /* MX_CAPTURERING_H */
