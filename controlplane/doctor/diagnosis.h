/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DIAGNOSIS_H
#define MX_DIAGNOSIS_H

/* What a visit (visit.h) says of the way of a mail through a service: which
 * address of the client the MTA saw, and what is wrong with what to do.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stddef.h>

#include "visit.h"

/* The source of the address that the MTA saw. */
enum seen_by {
	SEEN_UNKNOWN,
	SEEN_BY_RECEIVED, /* the Received header of the delivered message */
	SEEN_BY_HELLO,    /* the MTA's reply to EHLO */
	SEEN_BY_REFUSAL,  /* a refusal of the MTA */
	SEEN_BY_HEADER,   /* the MTA took the PROXY header, which names it */
	SEEN_BY_SESSION,  /* mxsteer's session: packets come from there */
};

/* What mxsteer knows, if its control plane runs on this host and has the VIP. */
struct doctor_scene {
	bool has_service;
	char service[64];
	char state[16]; /* ok, degraded, EMPTY */
	char forward[16];
	char proxy[8]; /* off, v1, v2 */

	bool has_session;
	char backend[128];
	char server[64];
	struct mx_addr local; /* that packets to the MTA come from */

	char refusal[256]; /* why no MTA would serve this client, or "" */
};

struct doctor_facts {
	const struct visit *visit;
	struct doctor_scene scene;
	enum seen_by seen_by;
	struct mx_addr seen;
	char mailbox_fault[128]; /* why no message was found, or "" */
};

#define FINDINGS_MAX 8
#define FINDING_TEXT_MAX 512

struct finding_text {
	char wrong[FINDING_TEXT_MAX];
	char mend[FINDING_TEXT_MAX];
};

struct diagnosis {
	size_t count;
	struct finding_text finding[FINDINGS_MAX];
};

/* Conclude what the MTA saw, from what mxsteer knows, if no text said it. */
void diagnosis_see(struct doctor_facts *facts);

void diagnosis_make(const struct doctor_facts *facts,
		    struct diagnosis *diagnosis);

/* Did the MTA see another address than this host's? */
bool diagnosis_is_hidden(const struct doctor_facts *facts);

/* What the word of seen_by means, for a person. */
const char *seen_by_text(enum seen_by seen_by);

/* One word of it, for programs. */
const char *seen_by_name(enum seen_by seen_by);

#endif /* MX_DIAGNOSIS_H */
