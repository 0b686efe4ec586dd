/* SPDX-License-Identifier: BSD-3-Clause */
#include "eventlog.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "character.h"
#include "clock.h"

static const char *const source_names[] = {
	[EVENT_CONTROL] = "control",
	[EVENT_OPERATOR] = "operator",
	[EVENT_PROBE] = "probe",
	[EVENT_AGENT] = "agent",
	[EVENT_DNS] = "dns",
	[EVENT_TRAFFIC] = "traffic",
	[EVENT_DATAPLANE] = "dataplane",
	[EVENT_NETWORK] = "network",
	[EVENT_LIST] = "list",
	[EVENT_PROGRAM] = "program",
};
static_assert(sizeof(source_names) / sizeof(source_names[0]) == EVENT_SOURCES,
	      "one name per source");

static struct eventlog_entry place[EVENTS_MAX];
static uint16_t order[EVENTS_MAX]; /* of place[]: the oldest event is first */
static uint32_t kept;
static uint32_t kept_of[EVENT_SOURCES];
static uint64_t total;
static void (*copy_to)(void *arg, const struct eventlog_entry *event);
static void *copy_arg;

/* Copy a text: cut it if it is too long, and replace what is not shown, as the log
 * does. */
static void
keep(char *copy, size_t size, const char *text)
{
	snprintf(copy, size, "%s", text != NULL ? text : "");
	character_make_shown(copy);
}

static void
write_line(const struct eventlog_entry *e)
{
	log_line(e->level, "%s%s%s %s%s%s%s%s%s%s", e->subject,
		 e->what[0] != '\0' ? " " : "", e->what, e->before,
		 e->before[0] != '\0' ? " -> " : "", e->after,
		 e->why[0] != '\0' ? ", " : "", e->why,
		 e->by[0] != '\0' ? ", by " : "", e->by);
}

static enum event_source
largest_source(void)
{
	int largest = 0;

	for (int i = 1; i < EVENT_SOURCES; i++)
		if (kept_of[i] > kept_of[largest])
			largest = i;
	return (enum event_source)largest;
}

/* Take the place of the oldest event of a source. */
static uint16_t
give_up(enum event_source source)
{
	uint32_t i = 0;

	while (place[order[i]].source != source)
		i++;
	const uint16_t freed = order[i];
	kept--;
	kept_of[source]--;
	memmove(&order[i], &order[i + 1], (kept - i) * sizeof(order[0]));
	return freed;
}

/* A place for one more event, which is the newest. */
static struct eventlog_entry *
take_place(enum event_source source)
{
	const uint16_t taken =
		kept < EVENTS_MAX ? (uint16_t)kept : give_up(largest_source());

	order[kept++] = taken;
	kept_of[source]++;
	return &place[taken];
}

void
eventlog_add(const struct eventlog_news *news)
{
	struct eventlog_entry *e = take_place(news->source);

	*e = (struct eventlog_entry){
		.number = ++total,
		.when_s = clock_wall_s(),
		.level = news->level,
		.source = news->source,
	};
	keep(e->subject, sizeof(e->subject), news->subject);
	keep(e->what, sizeof(e->what), news->what);
	keep(e->before, sizeof(e->before), news->before);
	keep(e->after, sizeof(e->after), news->after);
	keep(e->why, sizeof(e->why), news->why);
	keep(e->by, sizeof(e->by), news->by);
	write_line(e);
	if (copy_to != NULL)
		copy_to(copy_arg, e);
}

void
eventlog_copy_to(void (*copy)(void *arg, const struct eventlog_entry *event),
		 void *arg)
{
	copy_to = copy;
	copy_arg = arg;
}

void
eventlog_tell(enum log_level level, enum event_source source,
	      const char *subject, const char *format, ...)
{
	char after[sizeof(place[0].after)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(after, sizeof(after), format, arguments);
	va_end(arguments);
	eventlog_add(&(struct eventlog_news){.level = level,
					     .source = source,
					     .subject = subject,
					     .after = after});
}

uint64_t
eventlog_total(void)
{
	return total;
}

const struct eventlog_entry *
eventlog_before(uint64_t number)
{
	uint32_t low = 0, high = kept; /* those below low are before it */

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (place[order[middle]].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &place[order[low - 1]] : NULL;
}

const char *
eventlog_source_name(enum event_source source)
{
	assert(source < EVENT_SOURCES);
	return source_names[source];
}

const char *
eventlog_who(const struct eventlog_entry *event)
{
	return event->by[0] != '\0' ? event->by
				    : eventlog_source_name(event->source);
}

bool
eventlog_is_of(const struct eventlog_entry *event, const char *name)
{
	const char *word = event->subject;
	const size_t length = strlen(name);

	while (word != NULL && length > 0) {
		if (strncmp(word, name, length) == 0 &&
		    (word[length] == '\0' || word[length] == ' ' ||
		     word[length] == '/'))
			return true;
		word = strchr(word, ' ');
		if (word != NULL)
			word++;
	}
	return false;
}

void
eventlog_forget(void)
{
	memset(kept_of, 0, sizeof(kept_of));
	kept = 0;
	total = 0;
}
