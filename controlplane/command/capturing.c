/* SPDX-License-Identifier: BSD-3-Clause */
#include "capturing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "clock.h"
#include "eventlog.h"
#include "number.h"
#include "plural.h"
#include "prefix.h"
#include "recorder.h"
#include "reply.h"
#include "timer.h"

#define LOOK_INTERVAL_MS 20
/* What number_parse() reads. */
#define CAPTURE_NUMBERS 999999999

struct capturing {
	struct desk *desk;
	struct recorder *recorder;
	struct timer *look;
	uint32_t number; /* of the capture that there is, or was last */
	char who[CALLER_TEXT_MAX];
	bool waits; /* a read does */
	struct request read;
	uint64_t until_ms;
};

/* An address counts as the prefix of itself alone. */
static int
parse_from(const char *text, struct mx_capture_filter *filter)
{
	struct mx_config_prefix prefix;
	char whole[MX_PREFIX_TEXT_MAX];

	if (strchr(text, '/') == NULL) {
		snprintf(whole, sizeof(whole), "%.*s/%s",
			 MX_ENDPOINT_TEXT_MAX - 1, text,
			 strchr(text, ':') != NULL ? "128" : "32");
		text = whole;
	}
	if (mx_prefix_parse(text, &prefix) != 0)
		return -EINVAL;
	const unsigned bits =
		prefix.bits + (mx_addr_is4(&prefix.addr) ? 96u : 0);
	for (unsigned i = 0; i < sizeof(filter->mask.byte); i++) {
		const unsigned kept = bits > 8 * i ? bits - 8 * i : 0;

		filter->mask.byte[i] =
			(uint8_t)(0xff00u >> (kept < 8 ? kept : 8));
	}
	filter->from = mx_prefix_trim(&prefix).addr;
	filter->has_from = 1;
	return 0;
}

static bool
parse_backend(const struct state *state, const char *label,
	      struct mx_capture_filter *filter)
{
	uint16_t id[MX_BACKENDS_MAX];
	const uint16_t count = state_ids(state, label, id);

	for (uint16_t i = 0; i < count; i++)
		filter->backend[id[i] / 64] |= UINT64_C(1) << id[i] % 64;
	filter->has_backend = 1;
	return count > 0;
}

/* Read the options.  Returns false with the answer sent. */
static bool
read_options(const struct request *request, const struct arguments *arguments,
	     struct recorder_request *wanted)
{
	const char *from = arguments_get(arguments, "PREFIX");
	const char *label = arguments_get(arguments, "POOL/BACKEND");
	const char *packets = arguments_get(arguments, "packets N");
	const char *bytes = arguments_get(arguments, "bytes N");
	uint32_t number = MX_CAPTURE_BYTES;

	if (from != NULL && parse_from(from, &wanted->filter) != 0)
		reply_usage(request, "'%.60s' is no address and no prefix",
			    from);
	else if (label != NULL &&
		 !parse_backend(request->desk->state, label, &wanted->filter))
		reply_no_backend(request, label);
	else if (packets != NULL && (!number_parse(packets, RECORDER_FRAMES_MAX,
						   &wanted->frames) ||
				     wanted->frames == 0))
		reply_usage(request, "packets: expected 1 to %d, found '%.40s'",
			    RECORDER_FRAMES_MAX, packets);
	else if (bytes != NULL &&
		 (!number_parse(bytes, MX_CAPTURE_BYTES_MAX, &number) ||
		  number < MX_CAPTURE_BYTES_MIN))
		reply_usage(request, "bytes: expected %d to %d, found '%.40s'",
			    MX_CAPTURE_BYTES_MIN, MX_CAPTURE_BYTES_MAX, bytes);
	else {
		wanted->filter.bytes = (uint16_t)number;
		return true;
	}
	return false;
}

static void on_look(void *arg);

/* Make the desk's struct at its first use.  Returns NULL if there is no
 * memory. */
static struct capturing *
capturing_of(struct desk *desk)
{
	struct capturing *capturing = desk->capturing;

	if (capturing != NULL)
		return capturing;
	capturing = calloc(1, sizeof(*capturing));
	if (capturing == NULL)
		return NULL;
	capturing->desk = desk;
	capturing->recorder = recorder_new(desk->base, desk->sources.instance);
	capturing->look = timer_new(desk->base, on_look, capturing);
	if (capturing->recorder == NULL || capturing->look == NULL) {
		if (capturing->recorder != NULL)
			recorder_free(capturing->recorder);
		timer_free(capturing->look);
		free(capturing);
		return NULL;
	}
	desk->capturing = capturing;
	return capturing;
}

static void
start(const struct request *request, struct capturing *capturing,
      const struct recorder_request *wanted)
{
	const struct mx_region *region =
		publisher_region(request->desk->publisher);
	const struct caller caller = ctl_caller(request->ctl);
	char who[CALLER_TEXT_MAX], by[CALLER_TEXT_MAX + 16];

	if (region == NULL) {
		reply_error(request, "there is no data plane yet");
		return;
	}
	const int error = recorder_start(capturing->recorder, region, wanted);
	if (error == -EBUSY) {
		reply_error(request,
			    "%s captures already, and there is one capture at "
			    "a time",
			    capturing->who);
		return;
	}
	if (error != 0) {
		reply_error(request, "no memory for a capture in /dev/shm: %s",
			    strerror(-error));
		return;
	}
	snprintf(capturing->who, sizeof(capturing->who), "%s",
		 caller_text(&caller, who));
	capturing->number = chance_below(CAPTURE_NUMBERS) + 1u;
	snprintf(by, sizeof(by), "command of %s", capturing->who);
	eventlog_add(&(struct eventlog_news){.level = LOG_LEVEL_INFO,
					     .source = EVENT_OPERATOR,
					     .subject = "capture",
					     .after = "begins",
					     .by = by});
	reply_message(request, "%u", capturing->number);
}

void
command_capture_start(const struct request *request,
		      const struct arguments *arguments)
{
	struct capturing *capturing = capturing_of(request->desk);
	struct recorder_request wanted = {.frames = RECORDER_FRAMES};

	if (capturing == NULL)
		reply_error(request, "not enough memory to capture");
	else if (read_options(request, arguments, &wanted))
		start(request, capturing, &wanted);
}

/* Answer a read with what there is. */
static void
answer(struct capturing *capturing, const struct request *request)
{
	char *piece = NULL;
	char *text = NULL;
	size_t bytes = 0, length = 0;

	FILE *out = open_memstream(&piece, &bytes);
	if (out == NULL) {
		reply_error(request, "out of memory");
		return;
	}
	const bool last = recorder_write(capturing->recorder, out);
	const struct recorder_sums sums = recorder_sums(capturing->recorder);
	fclose(out);
	out = open_memstream(&text, &length);
	if (out != NULL) {
		fprintf(out, "%" PRIu64 " %" PRIu64 "\n", sums.frames,
			sums.lost);
		fwrite(piece, 1, bytes, out);
		fclose(out);
		ctl_reply(request->ctl, last ? ANSWER_OK : ANSWER_NOTED, text,
			  length);
	} else {
		reply_error(request, "out of memory");
	}
	free(text);
	free(piece);
	if (last)
		eventlog_tell(
			LOG_LEVEL_INFO, EVENT_OPERATOR, "capture",
			"ends: %" PRIu64 " %s, %" PRIu64 " lost", sums.frames,
			plural(sums.frames, "frame", "frames"), sums.lost);
}

/* Answer the read that waits if it need not wait any more. */
static bool
answered(struct capturing *capturing)
{
	const struct request *request = &capturing->read;
	bool news;

	if (ctl_abandoned(request->ctl)) {
		recorder_forget(capturing->recorder);
		reply_error(request, "nobody reads any more");
		return true;
	}
	switch (recorder_look(capturing->recorder, &news)) {
	case RECORDER_OFF:
		reply_error(request, "the capture is over");
		return true;
	case RECORDER_LATE:
		recorder_forget(capturing->recorder);
		reply_error(request, "the data plane does not capture: it does "
				     "not answer, or is of another version; "
				     "see its log");
		return true;
	case RECORDER_WAITS:
		return false;
	default:
		if (!news && clock_ms() < capturing->until_ms)
			return false;
		answer(capturing, request);
		return true;
	}
}

static void
on_look(void *arg)
{
	struct capturing *capturing = arg;

	if (answered(capturing))
		capturing->waits = false;
	else
		timer_set(capturing->look, LOOK_INTERVAL_MS);
}

/* Is it the number of the capture that there is? */
static bool
is_number(struct capturing *capturing, const char *text)
{
	uint32_t number;
	bool news;

	return number_parse(text, UINT32_MAX, &number) &&
	       number == capturing->number &&
	       recorder_look(capturing->recorder, &news) != RECORDER_OFF;
}

static void
read_piece(const struct request *request, const char *number, bool end)
{
	struct capturing *capturing = request->desk->capturing;

	if (capturing == NULL || !is_number(capturing, number)) {
		reply_error(request, "there is no such capture");
		return;
	}
	if (capturing->waits) {
		reply_error(request, "another client reads this capture");
		return;
	}
	if (end)
		recorder_stop(capturing->recorder);
	capturing->waits = true;
	capturing->read = *request;
	capturing->until_ms = clock_ms() + CAPTURING_WAIT_MS;
	timer_fire_now(capturing->look);
}

void
command_capture_read(const struct request *request,
		     const struct arguments *arguments)
{
	read_piece(request, arguments_get(arguments, "NUMBER"), false);
}

void
command_capture_end(const struct request *request,
		    const struct arguments *arguments)
{
	read_piece(request, arguments_get(arguments, "NUMBER"), true);
}

void
capturing_end(struct desk *desk)
{
	struct capturing *capturing = desk->capturing;

	if (capturing == NULL)
		return;
	if (capturing->waits)
		reply_error(&capturing->read, "the control plane is stopping");
	recorder_free(capturing->recorder);
	timer_free(capturing->look);
	free(capturing);
	desk->capturing = NULL;
}
