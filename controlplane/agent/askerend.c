/* SPDX-License-Identifier: BSD-3-Clause */
#include "askerend.h"

#include <assert.h>

static const char *const texts[] = {
#define X(id, text) [ASKER_##id] = (text),
	ASKER_ENDS_LIST(X)
#undef X
};

const char *
asker_end_text(enum asker_end end)
{
	assert(end < ASKER_ENDS);
	return texts[end];
}
