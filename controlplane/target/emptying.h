/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EMPTYING_H
#define MX_EMPTYING_H

/* How empty some backends are, for a request that waits for that.
 *
 * A backend is meant by its name: its id may change, and former ids of it have
 * sessions too; see state_ids().
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "publish.h"
#include "state.h"

struct emptying_name {
	char pool[MX_NAME_MAX];
	char name[MX_NAME_MAX];
};

struct emptying {
	const struct state *state;
	const struct publisher *publisher;
	struct emptying_name *name;
	uint16_t names;
	uint16_t id[MX_BACKENDS_MAX];
	uint16_t ids;
	bool box;         /* all backends, as the box is drained */
	bool found;       /* id[] is of this configuration: */
	uint32_t applied; /* see state.h */
};

/* What a look has found.  Each count is the sum over all ids. */
struct emptying_tally {
	bool known;  /* there is such an id */
	bool ready;  /* the operator lets one of them take new sessions */
	bool serves; /* the last plan gives one of them new sessions */
	uint64_t sessions;
	uint64_t sealed;    /* of them: of TLS, which nobody else ends */
	uint64_t half_open; /* handshakes that may become sessions yet */
	uint64_t opened;
};

/* Begin with no name.  Returns 0, or -ENOMEM if there is no memory for so many
 * names. */
int emptying_begin(struct emptying *emptying, const struct state *state,
		   const struct publisher *publisher, uint16_t names_max);
void emptying_end(struct emptying *emptying);

/* Add a name "pool/backend". */
void emptying_add(struct emptying *emptying, const char *label);

/* Mean this box: its backends are those that are used, and it is ready while the
 * operator does not drain it. */
void emptying_add_box(struct emptying *emptying);

struct emptying_tally emptying_look(struct emptying *emptying);

/* Are all of them safe to reboot, as far as one look can tell? */
bool emptying_is_done(const struct emptying *emptying,
		      const struct emptying_tally *tally);

#define EMPTYING_TEXT_MAX 512

/* Write the names of those that have sessions, and how many: "mx/a 3, mx/b 1".
 * Names that do not fit are left out.  Returns text. */
const char *emptying_text(const struct emptying *emptying,
			  char text[static EMPTYING_TEXT_MAX]);

#endif /* MX_EMPTYING_H */
