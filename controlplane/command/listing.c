/* SPDX-License-Identifier: BSD-3-Clause */
#include "listing.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "jsonpieces.h"
#include "reply.h"
#include "textpieces.h"
#include "timer.h"

/* The pause between two slices. */
#define PAUSE_MS 1

/* A person is told how far a listing is so often. */
#define PROGRESS_INTERVAL_S 1

/* A request whose report is being made. */
struct listing {
	struct request request;
	const struct report *report;
	void *work; /* NULL: it is done */
	enum answer answer;
	struct json_pieces *json; /* the answer, being written; or NULL */
	struct text_pieces *text; /* the same, as text */
	int64_t progress_s;       /* when progress is told next */
	struct listing *next;
};

struct listings {
	struct listing *first; /* the one whose turn it is */
	struct timer *turn;
};

/* Put it at the end of those that take turns. */
static void
line_up(struct listings *listings, struct listing *listing)
{
	struct listing **link = &listings->first;

	for (int i = 1; i < LISTINGS_AT_ONCE && *link != NULL; i++)
		link = &(*link)->next;
	listing->next = *link;
	*link = listing;
}

/* Take off the one whose turn it is. */
static struct listing *
take_first(struct listings *listings)
{
	struct listing *listing = listings->first;

	listings->first = listing->next;
	return listing;
}

/* Begin to write a long answer.  data is given away.  Returns false after a reply
 * that says why it cannot be. */
static bool
begin_pieces(struct listing *listing, json_t *data)
{
	const struct request *request = &listing->request;
	char why[COLUMNS_WHY_MAX] = "";

	if (request->json) {
		reply_set_outcome(data, listing->answer);
		listing->json = json_pieces_new(data);
	} else {
		listing->text = text_pieces_new(listing->report, data,
						&request->style, why);
	}
	if (listing->json != NULL || listing->text != NULL)
		return true;
	if (why[0] != '\0')
		reply_usage(request, "%s", why);
	else
		reply_words(request, ANSWER_REFUSED, NULL);
	return false;
}

/* All is read.  Answer and return false, or begin to write a long answer and
 * return true. */
static bool
finish(struct listing *listing)
{
	struct report_result result = {0};
	json_t *data = listing->report->slices->end(listing->work, &result);

	listing->work = NULL;
	listing->answer = reply_answer(&result);
	if (data != NULL &&
	    (listing->request.json || listing->report->slices->head != NULL))
		return begin_pieces(listing, data);
	reply_report(&listing->request, listing->report, data, &result);
	return false;
}

/* Returns what is written, which the caller frees. */
static char *
end_pieces(struct listing *listing)
{
	char *text = listing->json != NULL ? json_pieces_end(listing->json)
					   : text_pieces_end(listing->text);

	listing->json = NULL;
	listing->text = NULL;
	return text;
}

static void
send_pieces(struct listing *listing)
{
	char *text = end_pieces(listing);

	if (text != NULL)
		ctl_reply(listing->request.ctl, listing->answer, text,
			  strlen(text));
	else
		reply_words(&listing->request, ANSWER_REFUSED, NULL);
	free(text);
}

/* Go on for a slice.  Returns false if it has answered. */
static bool
go_on(struct listing *listing)
{
	if (listing->json == NULL && listing->text == NULL)
		return listing->report->slices->step(listing->work) ||
		       finish(listing);
	if (listing->json != NULL ? json_pieces_more(listing->json)
				  : text_pieces_more(listing->text))
		return true;
	send_pieces(listing);
	return false;
}

/* Answer with an error, and free it. */
static void
give_up(struct listing *listing, const char *why)
{
	struct report_result unused;

	if (listing->work != NULL)
		json_decref(
			listing->report->slices->end(listing->work, &unused));
	if (listing->json != NULL || listing->text != NULL)
		free(end_pieces(listing));
	reply_error(&listing->request, "%s", why);
	free(listing);
}

/* Tell a person how it goes on. */
static void
tell_progress(struct listing *listing)
{
	const struct report_slices *slices = listing->report->slices;
	char text[64];

	if (!listing->request.progress || clock_s() < listing->progress_s)
		return;
	listing->progress_s = clock_s() + PROGRESS_INTERVAL_S;
	if (listing->work == NULL)
		return;
	snprintf(text, sizeof(text), "%u %% of the sessions are read",
		 slices->percent(listing->work));
	ctl_progress(listing->request.ctl, text, strlen(text));
}

static void
on_turn(void *arg)
{
	struct listings *listings = arg;
	struct listing *listing = take_first(listings);

	if (ctl_abandoned(listing->request.ctl)) {
		give_up(listing, "nobody waits any more");
	} else if (go_on(listing)) {
		tell_progress(listing);
		line_up(listings, listing);
	} else {
		free(listing);
	}
	if (listings->first != NULL)
		timer_set(listings->turn, PAUSE_MS);
}

/* The desk's list, made if need be.  Returns NULL if there is no memory. */
static struct listings *
listings_of(struct desk *desk)
{
	struct listings *listings = desk->listings;

	if (listings != NULL)
		return listings;
	listings = calloc(1, sizeof(*listings));
	if (listings == NULL)
		return NULL;
	listings->turn = timer_new(desk->base, on_turn, listings);
	if (listings->turn == NULL) {
		free(listings);
		return NULL;
	}
	desk->listings = listings;
	return listings;
}

/* Add one behind all others. */
static void
add(struct listings *listings, struct listing *listing)
{
	struct listing **link = &listings->first;

	while (*link != NULL)
		link = &(*link)->next;
	*link = listing;
	if (!timer_is_set(listings->turn))
		timer_set(listings->turn, 0);
}

static void
answer_later(const struct request *request, const struct report *report,
	     const struct arguments *arguments)
{
	struct listings *listings = listings_of(request->desk);
	struct listing *listing = calloc(1, sizeof(*listing));
	struct report_result result = {0};

	if (listings == NULL || listing == NULL) {
		reply_error(request, "out of memory");
		free(listing);
		return;
	}
	listing->request = *request;
	listing->report = report;
	listing->progress_s = clock_s() + PROGRESS_INTERVAL_S;
	listing->work = report->slices->begin(&request->desk->sources,
					      arguments, &result);
	if (listing->work != NULL) {
		add(listings, listing);
		return;
	}
	reply_report(request, report, NULL, &result);
	free(listing);
}

void
listing_answer(const struct request *request, const struct report *report,
	       const struct arguments *arguments)
{
	struct report_result result = {0};
	struct request exact = *request;

	/* A request that names its rows gets all of them. */
	exact.style.all |= arguments->count > 0;
	if (report->slices != NULL) {
		answer_later(&exact, report, arguments);
		return;
	}
	json_t *data =
		report->rows(&request->desk->sources, arguments, &result);
	reply_report(&exact, report, data, &result);
}

void
listings_end(struct desk *desk)
{
	struct listings *listings = desk->listings;

	if (listings == NULL)
		return;
	while (listings->first != NULL)
		give_up(take_first(listings), "the control plane is stopping");
	timer_free(listings->turn);
	free(listings);
	desk->listings = NULL;
}
