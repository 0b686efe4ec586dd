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
