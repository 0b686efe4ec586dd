/* SPDX-License-Identifier: BSD-3-Clause */
#include "phase.h"

#include <assert.h>

static const char *const names[] = {
#define X(id, name) name,
	SMTP_PHASE_LIST(X)
#undef X
};

const char *
smtp_phase_name(enum smtp_phase phase)
{
	assert(phase < SMTP_PHASES);
	return names[phase];
}
