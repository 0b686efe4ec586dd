/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_AGENTLINE_H
#define MX_AGENTLINE_H

/* The line by which an agent on an MTA's host says how much mail its MTA can
 * take.  It is the line of HAProxy's agent-check, so agents written for HAProxy
 * work here.
 *
 *   up                          the MTA works
 *   down, fail, stopped         it does not
 *   ready, drain, maint         the admin state
 *   50%, weight:50%             percent of the weight in the file
 *   weight:50                   the weight itself
 *   maxconn:7                   sessions at once; 0: no limit
 *   # reason                    text for people, to the end of the line
 *
 * Blanks, tabs and commas separate words; case does not matter.  Of words of one
 * kind the last one counts.  A kind that the line does not have stays as an
 * earlier line left it.  A word that is none of these says nothing, and the other
 * words count.  HAProxy 2.6 refuses the words `weight:`; later versions and this
 * one take them.
 *
 * Threads    pure functions on the caller's memory: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weight.h"

/* The longest line, with its end.  HAProxy reads 16 KiB; agents write 20 to 100
 * bytes. */
#define AGENTLINE_BYTES_MAX 1024

#define AGENTLINE_TEXT_MAX 81 /* a row of a terminal, and a terminator */
#define AGENTLINE_WORD_MAX 41

/* HAProxy's largest weight.  So an agent cannot ask for more than 2.56 times the
 * weight of the file. */
#define AGENTLINE_PERCENT_MAX 256
#define AGENTLINE_WEIGHT_MAX 256

struct agentline {
	bool says_health;
	bool says_admin;
	bool says_percent;
	bool says_weight; /* of says_percent and says_weight at most one */
	bool says_sessions;
	bool down;
	enum admin_state admin;
	uint16_t percent;
	uint16_t weight;
	uint32_t sessions_max;          /* 0: no limit */
	char text[AGENTLINE_TEXT_MAX];  /* behind '#'; printable */
	char fault[AGENTLINE_WORD_MAX]; /* the first word that is none, or "";
					 * printable */
};

/* Look for the end of the line in what an agent has sent so far.  Returns the
 * line's length without its end, or -1 if the end has not come. */
int agentline_length(const char *bytes, size_t count);

/* Read a line.  length: without the line's end, less than AGENTLINE_BYTES_MAX.
 * A line with a NUL byte says nothing, and has a fault. */
void agentline_parse(struct agentline *line, const char *bytes, size_t length);

/* Does the line say anything that counts? */
bool agentline_says(const struct agentline *line);

/* Copy bytes as text: '?' stands for what is not printable, and what does not
 * fit is cut off.  size: of text, with its terminator; at least 1. */
void agentline_print(char *text, size_t size, const char *bytes, size_t length);

#endif /* MX_AGENTLINE_H */
