/* SPDX-License-Identifier: BSD-3-Clause */
#include "recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "eventlog.h"
#include "pcapng.h"
#include "timer.h"
#include "traffic.h"

#define RENEW_MS 1000

/* What one call writes at most: a piece of a reply. */
#define WRITE_FRAMES 4096

struct recorder {
	const char *instance;
	struct timer *renew;
	enum recorder_state state;
	struct mx_capture file;
	uint32_t frames; /* as many as are wanted */
	uint64_t began_ms;
	int64_t read_s;   /* when something was written last */
	bool begun;       /* the start of the file is written */
	uint64_t last_ns; /* the time of the last frame */
	uint16_t workers;
	uint64_t tail[MX_WORKERS_MAX];
	uint64_t head[MX_WORKERS_MAX];
	uint16_t ports;
	struct mx_region_port port[MX_PORTS_MAX];
	struct recorder_sums sums;
};

static uint32_t
lease_s(void)
{
	return (uint32_t)clock_s() + MX_CAPTURE_LEASE_S;
}

static bool
is_on(const struct recorder *recorder)
{
	return recorder->state != RECORDER_OFF;
}

/* Take the file's name away, unless another file has it by now. */
static void
end_file(struct recorder *recorder)
{
	if (mx_capture_is_named(&recorder->file))
		mx_capture_unlink(recorder->instance);
}

void
recorder_forget(struct recorder *recorder)
{
	if (!is_on(recorder))
		return;
	end_file(recorder);
	mx_capture_close(&recorder->file);
	recorder->state = RECORDER_OFF;
}

static void
on_renew(void *arg)
{
	struct recorder *recorder = arg;

	if (!is_on(recorder))
		return;
	if (clock_s() - recorder->read_s > RECORDER_SILENCE_S) {
		eventlog_tell(LOG_LEVEL_WARN, EVENT_CONTROL, "capture",
			      "is forgotten: its client has gone");
		recorder_forget(recorder);
		return;
	}
	atomic_store_explicit(&recorder->file.file->lease_s, lease_s(),
			      memory_order_relaxed);
}

struct recorder *
recorder_new(struct event_base *base, const char *instance)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (recorder == NULL)
		return NULL;
	recorder->instance = instance;
	recorder->renew = timer_new(base, on_renew, recorder);
	if (recorder->renew == NULL ||
	    timer_repeat(recorder->renew, RENEW_MS) < 0) {
		recorder_free(recorder);
		return NULL;
	}
	return recorder;
}

void
recorder_free(struct recorder *recorder)
{
	recorder_forget(recorder);
	timer_free(recorder->renew);
	free(recorder);
}

int
recorder_start(struct recorder *recorder, const struct mx_region *region,
	       const struct recorder_request *wanted)
{
	const uint16_t workers = traffic_workers(region);

	if (is_on(recorder))
		return -EBUSY;
	const int error =
		mx_capture_create(&recorder->file, recorder->instance,
				  &wanted->filter, workers, lease_s());
	if (error != 0)
		return error;
	recorder->state = RECORDER_WAITS;
	recorder->frames = wanted->frames;
	recorder->began_ms = clock_ms();
	recorder->read_s = clock_s();
	recorder->begun = false;
	recorder->last_ns = 0;
	recorder->workers = workers;
	memset(recorder->tail, 0, sizeof(recorder->tail));
	recorder->ports = region->header.ports < MX_PORTS_MAX
				  ? region->header.ports
				  : MX_PORTS_MAX;
	memcpy(recorder->port, region->header.port, sizeof(recorder->port));
	recorder->sums = (struct recorder_sums){0};
	return 0;
}

static struct mx_capture_ring *
ring_of(const struct recorder *recorder, uint16_t worker)
{
	return &recorder->file.file->ring[worker];
}

static bool
has_records(const struct recorder *recorder)
{
	for (uint16_t w = 0; w < recorder->workers; w++)
		if (atomic_load_explicit(&ring_of(recorder, w)->head,
					 memory_order_relaxed) !=
		    recorder->tail[w])
			return true;
	return false;
}

enum recorder_state
recorder_look(struct recorder *recorder, bool *news)
{
	*news = false;
	if (!is_on(recorder))
		return recorder->state;
	if (recorder->state == RECORDER_WAITS) {
		if (atomic_load_explicit(&recorder->file.file->taken,
					 memory_order_acquire) != 0)
			recorder->state = RECORDER_RUNS;
		else if (!mx_capture_is_named(&recorder->file) ||
			 clock_ms() - recorder->began_ms >= RECORDER_BEGIN_MS)
			return RECORDER_LATE;
	}
	if (recorder->state == RECORDER_RUNS &&
	    !mx_capture_is_named(&recorder->file))
		recorder->state = RECORDER_OVER;
	*news = recorder->state == RECORDER_OVER ||
		(recorder->state == RECORDER_RUNS &&
		 (!recorder->begun || has_records(recorder)));
	return recorder->state;
}

static void
write_begin(struct recorder *recorder, FILE *out)
{
	pcapng_section(out, "mxsteer " MX_VERSION);
	for (uint16_t i = 0; i < recorder->ports; i++) {
		const struct mx_region_port *port = &recorder->port[i];
		const struct pcapng_interface interface = {
			.name = port->name,
			.description = port->interface,
			.mac = port->mac,
			.bytes_max = recorder->file.filter.bytes,
		};
		pcapng_interface(out, &interface);
	}
	recorder->begun = true;
}

/* The comment of a frame, or NULL. */
static const char *
comment_of(const struct mx_capture_record *record,
	   char text[static PCAPNG_NAME_MAX])
{
	switch (record->event) {
	case MX_CAPTURE_KERNEL:
		return "left to the kernel";
	case MX_CAPTURE_KERNEL_OUT:
		return "sent by the kernel";
	case MX_CAPTURE_MADE:
		return "made by mxsteer";
	case MX_CAPTURE_DROPPED:
	case MX_CAPTURE_UNSENT:
		if (record->why >= MX_DROP_REASONS)
			return "dropped";
		snprintf(text, PCAPNG_NAME_MAX, "dropped: %s (%s)",
			 mx_drop_name(record->why), mx_drop_text(record->why));
		return text;
	default:
		return NULL;
	}
}

/* The record of a ring that is written next. */
struct next {
	struct mx_capture_record record;
	const uint8_t *bytes;
	uint16_t worker;
};

static void
write_frame(struct recorder *recorder, FILE *out, const struct next *next)
{
	const struct mx_capture_record *record = &next->record;
	char text[PCAPNG_NAME_MAX];
	const bool leaves = record->event >= MX_CAPTURE_OUT;

	recorder->last_ns = record->time_ns;
	if (record->port >= recorder->ports)
		return; /* no interface of the file */
	const struct pcapng_frame frame = {
		.interface = record->port,
		.direction = leaves ? PCAPNG_OUT : PCAPNG_IN,
		.time_ns = record->time_ns,
		.bytes = record->frame_bytes,
		.captured = record->captured,
		.data = next->bytes,
		.id = (uint64_t)next->worker << 56 | record->packet,
		.queue = next->worker,
		.comment = comment_of(record, text),
	};
	pcapng_frame(out, &frame);
	recorder->sums.frames++;
}

/* Find the oldest record of all rings.  Returns false if there is none. */
static bool
find_oldest(struct recorder *recorder, struct next *oldest)
{
	struct next next;

	*oldest = (struct next){.bytes = NULL};
	for (uint16_t w = 0; w < recorder->workers; w++) {
		next.worker = w;
		next.bytes =
			mx_capture_get(ring_of(recorder, w), &recorder->tail[w],
				       recorder->head[w], &next.record);
		if (next.bytes != NULL &&
		    (oldest->bytes == NULL ||
		     next.record.time_ns < oldest->record.time_ns))
			*oldest = next;
	}
	return oldest->bytes != NULL;
}

/* Write up to a limit of frames.  Returns false if there may be more. */
static bool
write_frames(struct recorder *recorder, FILE *out)
{
	struct next next;
	uint32_t left = WRITE_FRAMES;
	bool more = true;

	/* Acquire: the records before the heads are whole. */
	for (uint16_t w = 0; w < recorder->workers; w++)
		recorder->head[w] = atomic_load_explicit(
			&ring_of(recorder, w)->head, memory_order_acquire);
	while (left-- > 0 && recorder->sums.frames < recorder->frames) {
		more = find_oldest(recorder, &next);
		if (!more)
			break;
		write_frame(recorder, out, &next);
		recorder->tail[next.worker] += next.record.size_bytes;
	}
	/* Release: the worker may write over what was read. */
	for (uint16_t w = 0; w < recorder->workers; w++)
		atomic_store_explicit(&ring_of(recorder, w)->tail,
				      recorder->tail[w], memory_order_release);
	return !more;
}

static uint64_t
lost_at(const struct recorder *recorder, uint16_t port)
{
	uint64_t lost = 0;

	for (uint16_t w = 0; w < recorder->workers; w++)
		lost += atomic_load_explicit(&ring_of(recorder, w)->lost[port],
					     memory_order_relaxed);
	return lost;
}

static void
count_lost(struct recorder *recorder)
{
	recorder->sums.lost = 0;
	for (uint16_t port = 0; port < recorder->ports; port++)
		recorder->sums.lost += lost_at(recorder, port);
}

bool
recorder_write(struct recorder *recorder, FILE *out)
{
	recorder->read_s = clock_s();
	if (!recorder->begun)
		write_begin(recorder, out);
	const bool all = write_frames(recorder, out);
	count_lost(recorder);
	if (recorder->sums.frames < recorder->frames &&
	    (recorder->state != RECORDER_OVER || !all))
		return false;
	for (uint16_t port = 0; port < recorder->ports; port++)
		pcapng_lost(out, port, recorder->last_ns,
			    lost_at(recorder, port));
	recorder_forget(recorder);
	return true;
}

void
recorder_stop(struct recorder *recorder)
{
	end_file(recorder);
	recorder->state = RECORDER_OVER;
}

struct recorder_sums
recorder_sums(const struct recorder *recorder)
{
	return recorder->sums;
}
