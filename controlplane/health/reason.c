/* SPDX-License-Identifier: BSD-3-Clause */
#include "reason.h"

#include <assert.h>

static const struct {
	enum reason_kind kind;
	const char *name;
	const char *text;
} reasons[] = {
#define X(id, kind, name, text) {REASON_##kind, name, text},
	REASONS(X)
#undef X
};

enum reason_kind
reason_kind(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason].kind;
}

enum verdict
reason_verdict(enum reason reason)
{
	switch (reason_kind(reason)) {
	case REASON_PASSES:
		return VERDICT_UP;
	case REASON_DEGRADES:
		return VERDICT_DEGRADED;
	case REASON_SOFT:
		return VERDICT_SOFT;
	case REASON_FAILS:
	case REASON_SAYS_NOTHING:
		break;
	}
	return VERDICT_DOWN;
}

const char *
reason_name(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason].name;
}

const char *
reason_text(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason].text;
}
