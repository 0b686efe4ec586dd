/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIVE_H
#define MX_LIVE_H

/* What the live screen is about to show, and what keys make of it.  It has no
 * terminal and no socket: topscreen.c draws it, top.c asks the control plane.
 *
 * A selected row is known by its name.  So it stays selected when rows change their
 * order, and an action never hits another MTA than the one that was marked.
 *
 * An action is one command of the control plane.  It is made of what was typed, shown
 * whole, and sent after `y` alone.
 *
 * Threads    one. */
#include <stdbool.h>
#include <stdint.h>

#include "rowlist.h"
#include "sample.h"
#include "view.h"

#define LIVE_NAME_MAX 256
#define LIVE_TYPED_MAX 200
#define LIVE_COMMAND_MAX 768
#define LIVE_MESSAGE_MAX 512

/* What is being typed in the last line. */
enum live_entry {
	ENTRY_NONE,
	ENTRY_FILTER,
	ENTRY_WEIGHT,
	ENTRY_REASON,
	ENTRY_CONFIRM, /* y or n */
};

struct live_place {
	char selected[LIVE_NAME_MAX]; /* the name of a row */
	size_t at;                    /* its place */
	size_t top;                   /* the first row on the screen */
	bool held;  /* the reader chose it; else the first row is selected */
	int column; /* see rowlist.h */
	bool upward;
};

struct live {
	struct sample sample;
	enum view_id view;
	struct live_place place[VIEWS];
	char filter[LIVE_TYPED_MAX];
	unsigned interval_s;
	bool read_only; /* the reader wants so */
	bool paused;
	bool help;
	bool left;  /* the reader is done */
	bool hurry; /* ask now: something else is to be shown */

	/* Text of the control plane: of an MTA, or events. */
	char detail[LIVE_NAME_MAX]; /* the MTA that is shown; "": none */
	char *pane;                 /* NULL: it has not come yet */
	size_t pane_top;            /* the first line on the screen */

	enum live_entry entry;
	char typed[LIVE_TYPED_MAX];
	char verb[16];                  /* of an action */
	char target[LIVE_NAME_MAX];     /* its MTA */
	char weight[LIVE_TYPED_MAX];    /* "": none */
	char command[LIVE_COMMAND_MAX]; /* what is to be confirmed */
	bool send;                      /* it is confirmed */
	char message[LIVE_MESSAGE_MAX];
	bool complains; /* the message tells of trouble */

	/* The answers: */
	bool answered;     /* there was one */
	bool silent;       /* none comes any more */
	int64_t heard_s;   /* the last one: wall clock */
	const char *fault; /* why there is no connection, or NULL */

	size_t rows_shown; /* how many rows the screen has room for */
};

#define LIVE_INTERVAL_S 2
#define LIVE_INTERVAL_MAX_S 3600

void live_begin(struct live *live);
void live_end(struct live *live);

/* The rows of the view in force.  The selected one is found again, and the screen's
 * part is moved so that it is seen.  Returns false if there is no memory. */
bool live_rows(struct live *live, struct rowlist *list);

/* Is text of the control plane shown, in place of a table? */
bool live_has_pane(const struct live *live);

/* Write the command that asks for that text, if it is shown. */
void live_pane_command(const struct live *live,
		       char command[static LIVE_COMMAND_MAX]);

/* Another text is to be shown.  The last line of it that may be the first one on the
 * screen. */
void live_forget_pane(struct live *live);
size_t live_pane_end(const struct live *live);

/* Take the text, which is given away. */
void live_take_pane(struct live *live, char *text);

void live_say(struct live *live, bool complains, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* MX_LIVE_H */
