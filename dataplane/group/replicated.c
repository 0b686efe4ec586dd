/* SPDX-License-Identifier: BSD-3-Clause */
#include "replicated.h"

static const char *const states[] = {
	[REPLICATED_NONE] = "none",
	[REPLICATED_CONNECTING] = "connecting",
	[REPLICATED_REFUSED] = "refused",
	[REPLICATED_TEACHING] = "teaching",
	[REPLICATED_SYNCED] = "synced",
};
static_assert(sizeof(states) / sizeof(states[0]) == REPLICATED_STATES,
	      "one name per state");

/* A stream has two boxes, so a text says which of them it is about. */
static const struct {
	const char *name;
	const char *text;
} refusals[] = {
	[REPLICATED_REFUSED_NOT] = {"ended", "the connection ended"},
	[REPLICATED_REFUSED_TLS] = {"tls",
				    "no TLS 1.3 with a common secret: the file "
				    "of group.secret must be equal on all "
				    "boxes"},
	[REPLICATED_REFUSED_VERSION] = {"version",
					"the versions of mxsteer on the two "
					"boxes have no stream in common"},
	[REPLICATED_REFUSED_BOX] = {"box", "the sender's group.box is not in "
					   "group.boxes of the receiver"},
	[REPLICATED_REFUSED_OWN] = {"own-box",
				    "both boxes have the same group.box"},
	[REPLICATED_REFUSED_TAKEN] = {"box-taken",
				      "another box with the sender's group.box "
				      "is connected"},
	[REPLICATED_REFUSED_WORKERS] = {"workers",
					"the two boxes have different numbers "
					"of workers"},
	[REPLICATED_REFUSED_COUNT] = {"sessions-max",
				      "the sender's sessions-max is more than "
				      "16 times the receiver's"},
	[REPLICATED_REFUSED_KEY] = {"key", "the data planes have different "
					   "session keys: restart the one that "
					   "has an old secret"},
	[REPLICATED_REFUSED_RECORD] = {"record",
				       "the sender sent a record that cannot "
				       "be"},
	[REPLICATED_REFUSED_SPACE] = {"memory", "the receiver has no memory "
						"for the sender's sessions"},
	[REPLICATED_REFUSED_SILENT] = {"silent",
				       "the other box said nothing in time"},
	[REPLICATED_REFUSED_PLACES] = {"places", "the receiver has too many "
						 "connections"},
};
static_assert(sizeof(refusals) / sizeof(refusals[0]) == REPLICATED_REFUSALS,
	      "one row per refusal");

const char *
replicated_state_name(unsigned state)
{
	return state < REPLICATED_STATES ? states[state] : "-";
}

const char *
replicated_refusal_name(unsigned refusal)
{
	return refusal < REPLICATED_REFUSALS ? refusals[refusal].name : "-";
}

const char *
replicated_refusal_text(unsigned refusal)
{
	return refusal < REPLICATED_REFUSALS
		       ? refusals[refusal].text
		       : "for a reason that this version does not know";
}
