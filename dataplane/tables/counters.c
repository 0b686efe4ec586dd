/* SPDX-License-Identifier: BSD-3-Clause */
#include "counters.h"

static const char *const names[MX_DROP_REASONS] = {[MX_DROP_NONE] = "none",
#define X(id, name, text) [MX_DROP_##id] = (name),
						   MX_DROPS(X)
#undef X
};

static const char *const texts[MX_DROP_REASONS] = {[MX_DROP_NONE] =
							   "not dropped",
#define X(id, name, text) [MX_DROP_##id] = (text),
						   MX_DROPS(X)
#undef X
};

const char *
mx_drop_name(enum mx_drop reason)
{
	assert(reason < MX_DROP_REASONS);
	return names[reason];
}

const char *
mx_drop_text(enum mx_drop reason)
{
	assert(reason < MX_DROP_REASONS);
	return texts[reason];
}
