/* SPDX-License-Identifier: BSD-3-Clause */
#include "places.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "descriptors.h"
#include "hostuser.h"
#include "log.h"
#include "timer.h"

#define REFUSAL_MAX 512

void
places_free(struct ctl_request *client)
{
	struct ctl_request **link = &client->ctl->first;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->ctl->clients--;
	enclosure_end(&client->enclosure);
	if (client->stream != NULL)
		bufferevent_free(client->stream);
	free(client);
}

bool
places_wants_turn(const struct ctl_request *client)
{
	if (client->stream == NULL || client->asking)
		return false;
	struct evbuffer *in = bufferevent_get_input(client->stream);
	const size_t length = evbuffer_get_length(in);
	return length > 0 &&
	       evbuffer_get_length(bufferevent_get_output(client->stream)) ==
		       0 &&
	       (client->ended || length >= CTL_LINE_MAX ||
		evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_LF).pos >= 0);
}

bool
places_are_resting(struct ctl *ctl)
{
	const uint64_t now_ns = clock_ns();

	if (!ctl->shared || now_ns >= ctl->free_ns)
		return false;
	timer_set(ctl->again, (ctl->free_ns - now_ns) / CLOCK_NS_PER_MS + 1);
	return true;
}

static size_t
kept_bytes(const struct ctl *ctl)
{
	size_t bytes = 0;

	for (const struct ctl_request *c = ctl->first; c != NULL; c = c->next)
		bytes += c->enclosure.text != NULL ? c->enclosure.size : 0;
	return bytes;
}

/* Close the clients that have not sent their texts for long. */
static void
close_slow(struct ctl *ctl)
{
	for (struct ctl_request *c = ctl->first, *next; c != NULL; c = next) {
		next = c->next;
		if (!c->asking && enclosure_is_slow(&c->enclosure))
			places_free(c);
	}
}

static bool
make_room(struct ctl *ctl, size_t bytes)
{
	if (kept_bytes(ctl) + bytes <= ENCLOSURES_MAX)
		return true;
	close_slow(ctl);
	return kept_bytes(ctl) + bytes <= ENCLOSURES_MAX;
}

const char *
places_begin_text(struct ctl_request *client, const char *line)
{
	struct enclosure *text = &client->enclosure;
	const char *why = enclosure_begin(text, line);

	if (why != NULL || client->level != LEVEL_ADMIN)
		return why;
	if (!make_room(client->ctl, text->size))
		return "the files of other clients fill the room for files; "
		       "try again later";
	return enclosure_keep(text) ? NULL : "not enough memory";
}

/* The client that has been idle for the longest time, of one user or of all; NULL
 * if none has been idle for spare_ms. */
static struct ctl_request *
longest_idle(const struct ctl *ctl, int64_t spare_ms, const struct caller *user)
{
	const int64_t now = (int64_t)clock_ms();
	struct ctl_request *found = NULL;

	for (struct ctl_request *c = ctl->first; c != NULL; c = c->next) {
		if (c->asking || places_wants_turn(c) ||
		    now - c->since_ms < spare_ms ||
		    (user != NULL && c->caller.uid != user->uid) ||
		    evbuffer_get_length(bufferevent_get_output(c->stream)) > 0)
			continue;
		if (found == NULL || c->since_ms <= found->since_ms)
			found = c;
	}
	return found;
}

uint32_t
places_most(const struct ctl *ctl, const struct caller *caller)
{
	const uint32_t part =
		ctl->places < CTL_USERS ? 1 : ctl->places / CTL_USERS;

	return caller->uid == 0 ? ctl->places - part + CTL_ROOT_MAX : part;
}

uint32_t
places_taken(const struct ctl *ctl, const struct caller *caller)
{
	uint32_t count = 0;

	for (const struct ctl_request *c = ctl->first; c != NULL; c = c->next)
		count += c->caller.uid == caller->uid;
	return count;
}

/* May this user have one more client? */
static bool
has_share(const struct ctl *ctl, const struct caller *caller)
{
	return places_taken(ctl, caller) < places_most(ctl, caller);
}

bool
places_make(struct ctl *ctl, const struct caller *caller)
{
	const bool root = caller->known && caller->uid == 0;
	const bool share = has_share(ctl, caller);

	if (ctl->clients < ctl->places && share)
		return true;
	struct ctl_request *idle = longest_idle(ctl, root ? 0 : CTL_SPARE_MS,
						share ? NULL : caller);
	if (idle != NULL) {
		places_free(idle);
		return true;
	}
	return root && share && ctl->clients < ctl->places + CTL_ROOT_MAX;
}

/* Tell why, and close. */
static void
turn_away(int fd, const char *text)
{
	char reply[REFUSAL_MAX + 32];

	const int size =
		snprintf(reply, sizeof(reply), "%s %zu\n%s",
			 answer_word(ANSWER_REFUSED), strlen(text), text);
	/* The send buffer of a new socket is empty, so the text fits. */
	if (send(fd, reply, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_line(LOG_LEVEL_WARN, "a CLI client was turned away");
	close(fd);
}

/* Keep that the caller is turned away. */
static void
note(struct ctl *ctl, enum ctl_why why, const struct caller *caller)
{
	struct ctl_turned *turned = &ctl->turned[why];

	ctl->turned_away++;
	turned->count++;
	turned->last_s = clock_wall_s();
	caller_text(caller, turned->who);
}

/* The groups that have a level: "mxread (read), mxsteer (admin)". */
static const char *
group_names(const struct level_rules *rules, char *text, size_t size)
{
	char name[HOSTUSER_NAME_MAX];
	size_t used = 0;

	text[0] = '\0';
	for (int level = LEVEL_READ; level < LEVELS && used < size; level++) {
		if (!rules->has_group[level])
			continue;
		hostuser_group_name(rules->group[level], name);
		used += (size_t)snprintf(text + used, size - used, "%s%s (%s)",
					 used > 0 ? ", " : "", name,
					 level_name((enum level)level));
	}
	return used > 0 ? text : "of the key access";
}

void
places_refuse_stranger(struct ctl *ctl, int fd, const struct caller *caller)
{
	char who[CALLER_TEXT_MAX], text[REFUSAL_MAX];
	char groups[LEVELS * (HOSTUSER_NAME_MAX + 16)];

	snprintf(text, sizeof(text),
		 "%s may do nothing by this socket, which gives the level %s: "
		 "ask for membership of a group, which counts from the next "
		 "login, or use sudo.  Groups: %s",
		 caller_text(caller, who), level_name(ctl->most),
		 group_names(&ctl->rules, groups, sizeof(groups)));
	note(ctl, CTL_NO_LEVEL, caller);
	turn_away(fd, text);
}

void
places_refuse_crowd(struct ctl *ctl, int fd, const struct caller *caller)
{
	const bool share = has_share(ctl, caller);
	char text[REFUSAL_MAX];

	if (share)
		snprintf(text, sizeof(text),
			 "all %u places of the CLI socket are taken by clients "
			 "that wait for an answer or came a moment ago; try "
			 "again later",
			 ctl->places);
	else
		snprintf(text, sizeof(text),
			 "a user may have %u connections to this socket at the "
			 "same time, and you have them: end some, such as "
			 "`wait` and open prompts, or try again later",
			 places_most(ctl, caller));
	note(ctl, share ? CTL_NO_PLACE : CTL_OWN_SHARE, caller);
	turn_away(fd, text);
}
