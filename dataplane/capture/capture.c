/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "match.h"

/* A frame that came in this burst. */
struct seen {
	struct rte_mbuf *frame;
	uint64_t packet; /* its number; 0: it has no record */
	uint32_t frame_bytes;
	uint16_t captured;
	uint8_t port;
	uint8_t event; /* MX_CAPTURE_PAD: another worker handles it */
	uint8_t why;
	bool wanted;
};

/* A frame that leaves in this burst. */
struct leaving {
	uint16_t cause; /* the frame that made it leave; CAUSE_NONE */
	bool same;      /* it is that frame, rewritten */
	uint8_t event;  /* enum mx_capture_event */
	bool wanted;
	struct mx_capture_record *record; /* NULL: it has none */
};
#define CAUSE_NONE UINT16_MAX

struct capture {
	struct mx_capture_filter filter;
	struct mx_capture_ring *ring;
	uint64_t head;    /* of the ring, with the records of this burst */
	uint64_t time_ns; /* when the burst came */
	uint16_t count;   /* seen in this burst */
	uint16_t known[MX_PORTS_MAX]; /* of leaving[], with a cause */
	/* The worker's counters before the frame that is in the path. */
	uint64_t to_kernel;
	uint64_t handed_off;
	uint16_t twin_frames; /* that wait for the kernel */
	uint64_t dropped[MX_DROP_REASONS];
	struct seen seen[BURST_MAX];
	struct leaving leaving[MX_PORTS_MAX][TX_BURST_MAX];
	uint8_t bytes[BURST_MAX][MX_CAPTURE_BYTES_MAX];
};

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct capture *
capture_make(const struct mx_capture_filter *filter,
	     struct mx_capture_ring *ring)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (capture == NULL)
		return NULL;
	capture->filter = *filter;
	capture->ring = ring;
	capture->head = mx_capture_head(ring);
	return capture;
}

void
capture_free(struct capture *capture)
{
	free(capture);
}

void
capture_begin(struct capture *capture)
{
	capture->time_ns = now_ns();
}

static uint16_t
captured_bytes(const struct capture *capture, const struct rte_mbuf *frame)
{
	return (uint16_t)RTE_MIN(rte_pktmbuf_data_len(frame),
				 capture->filter.bytes);
}

void
capture_frame(struct capture *capture, const struct worker *w,
	      struct rte_mbuf *frame)
{
	struct seen *seen = &capture->seen[capture->count];

	*seen = (struct seen){
		.frame = frame,
		.frame_bytes = rte_pktmbuf_pkt_len(frame),
		.captured = captured_bytes(capture, frame),
		.port = (uint8_t)frame->port,
	};
	memcpy(capture->bytes[capture->count],
	       rte_pktmbuf_mtod(frame, const void *), seen->captured);
	capture->to_kernel = w->count->to_kernel;
	capture->handed_off = w->count->handed_off;
	capture->twin_frames = w->twin[frame->port].count;
	memcpy(capture->dropped, w->count->dropped, sizeof(capture->dropped));
}

/* What the counters say of the frame that has just been through the path. */
static enum mx_capture_event
event_of(const struct capture *capture, const struct worker *w, uint8_t port,
	 uint8_t *why)
{
	*why = MX_DROP_NONE;
	if (w->count->handed_off != capture->handed_off)
		return MX_CAPTURE_PAD;
	/* With a twin, frames wait for each other before they count. */
	if (w->count->to_kernel != capture->to_kernel ||
	    w->twin[port].count != capture->twin_frames)
		return MX_CAPTURE_KERNEL;
	for (int i = 0; i < MX_DROP_REASONS; i++)
		if (w->count->dropped[i] != capture->dropped[i])
			*why = (uint8_t)i;
	return *why != MX_DROP_NONE ? MX_CAPTURE_DROPPED : MX_CAPTURE_IN;
}

/* Give the frames that leave since the last call a cause: the frame `number`,
 * or none.  A frame that is not its cause began in `event`. */
static void
note_leaving(struct capture *capture, const struct worker *w, uint16_t number,
	     enum mx_capture_event event)
{
	const struct rte_mbuf *frame =
		number != CAUSE_NONE ? capture->seen[number].frame : NULL;

	for (uint16_t port = 0; port < w->ports; port++) {
		const struct tx_burst *tx = &w->tx[port];
		uint16_t *known = &capture->known[port];

		for (; *known < tx->count; (*known)++) {
			const bool same = tx->frame[*known] == frame;

			capture->leaving[port][*known] = (struct leaving){
				.cause = number,
				.same = same,
				.event = same ? MX_CAPTURE_OUT : (uint8_t)event,
			};
		}
	}
}

void
capture_outcome(struct capture *capture, const struct worker *w)
{
	struct seen *seen = &capture->seen[capture->count];

	seen->event = (uint8_t)event_of(capture, w, seen->port, &seen->why);
	note_leaving(capture, w, capture->count, MX_CAPTURE_MADE);
	capture->count++;
}

void
capture_kernel(struct capture *capture, const struct worker *w)
{
	note_leaving(capture, w, CAUSE_NONE, MX_CAPTURE_KERNEL_OUT);
}

/* Put a record into the ring.  A frame without a number gets one: the place
 * behind its record.  No other frame of the ring gets the same, not even after
 * a restart of the data plane.
 * Returns the record, or NULL if the frame is lost. */
static struct mx_capture_record *
put(struct capture *capture, struct mx_capture_record like, const void *data)
{
	struct mx_capture_ring *ring = capture->ring;
	struct mx_capture_record *record =
		mx_capture_put(ring, &capture->head, like.captured);

	if (record == NULL) {
		atomic_store_explicit(
			&ring->lost[like.port],
			atomic_load_explicit(&ring->lost[like.port],
					     memory_order_relaxed) +
				1,
			memory_order_relaxed);
		return NULL;
	}
	like.size_bytes = record->size_bytes;
	if (like.packet == 0)
		like.packet = capture->head;
	*record = like;
	memcpy(record + 1, data, like.captured);
	return record;
}

/* Find out which frames are wanted.  A frame is wanted for what it was, or for
 * what it became; a frame that begins here, for what it is or for its cause. */
static void
judge(struct capture *capture, const struct worker *w,
      const struct active_plan *active)
{
	for (uint16_t i = 0; i < capture->count; i++)
		capture->seen[i].wanted = match_frame(
			&capture->filter, w, active, capture->bytes[i],
			capture->seen[i].captured);
	for (uint16_t port = 0; port < w->ports; port++) {
		for (uint16_t i = 0; i < w->tx[port].count; i++) {
			struct leaving *leaving = &capture->leaving[port][i];
			struct rte_mbuf *frame = w->tx[port].frame[i];
			struct seen *cause =
				leaving->cause != CAUSE_NONE
					? &capture->seen[leaving->cause]
					: NULL;

			leaving->wanted = match_frame(
				&capture->filter, w, active,
				rte_pktmbuf_mtod(frame, const uint8_t *),
				rte_pktmbuf_data_len(frame));
			if (cause == NULL)
				continue;
			cause->wanted |= leaving->wanted && leaving->same;
			leaving->wanted |= cause->wanted;
		}
	}
}

static void
put_seen(struct capture *capture)
{
	for (uint16_t i = 0; i < capture->count; i++) {
		struct seen *seen = &capture->seen[i];

		if (!seen->wanted || seen->event == MX_CAPTURE_PAD)
			continue;
		const struct mx_capture_record *record =
			put(capture,
			    (struct mx_capture_record){
				    .captured = seen->captured,
				    .event = seen->event,
				    .why = seen->why,
				    .frame_bytes = seen->frame_bytes,
				    .port = seen->port,
				    .time_ns = capture->time_ns},
			    capture->bytes[i]);
		seen->packet = record != NULL ? record->packet : 0;
	}
}

static void
put_leaving(struct capture *capture, const struct worker *w, uint16_t port,
	    uint64_t time_ns)
{
	for (uint16_t i = 0; i < w->tx[port].count; i++) {
		struct leaving *leaving = &capture->leaving[port][i];
		struct rte_mbuf *frame = w->tx[port].frame[i];

		if (!leaving->wanted)
			continue;
		leaving->record = put(
			capture,
			(struct mx_capture_record){
				.captured = captured_bytes(capture, frame),
				.event = leaving->event,
				.frame_bytes = rte_pktmbuf_pkt_len(frame),
				.port = (uint8_t)port,
				.time_ns = time_ns,
				.packet =
					leaving->same
						? capture->seen[leaving->cause]
							  .packet
						: 0},
			rte_pktmbuf_mtod(frame, const void *));
	}
}

void
capture_send(struct capture *capture, const struct worker *w,
	     const struct active_plan *active)
{
	const uint64_t time_ns = now_ns();

	note_leaving(capture, w, CAUSE_NONE, MX_CAPTURE_MADE);
	judge(capture, w, active);
	put_seen(capture);
	for (uint16_t port = 0; port < w->ports; port++)
		put_leaving(capture, w, port, time_ns);
}

void
capture_sent(struct capture *capture, uint16_t port, uint16_t sent)
{
	for (uint16_t i = sent; i < capture->known[port]; i++) {
		struct mx_capture_record *record =
			capture->leaving[port][i].record;

		if (record == NULL)
			continue;
		record->event = MX_CAPTURE_UNSENT;
		record->why = MX_DROP_TX_FULL;
	}
	capture->known[port] = 0;
}

void
capture_end(struct capture *capture)
{
	capture->count = 0;
	/* Release: with the head the records before it are visible. */
	atomic_store_explicit(&capture->ring->head, capture->head,
			      memory_order_release);
}
