/* SPDX-License-Identifier: BSD-3-Clause */
#include "denyone.h"

#include "rig.h"

static const struct mx_hash_key key = {{1, 2}};

struct mx_deny_table *
denyone(const struct mx_addr *addr, uint32_t bits, enum mx_deny_verdict verdict,
	enum mx_deny_mode mode)
{
	struct mx_deny_list one = {0};
	const struct mx_deny_key at = mx_deny_key_of(addr);

	rig_must(mx_deny_add(&one, &at, bits, verdict) == 0);
	struct mx_deny_table *table = mx_deny_build(&one, mode, &key);
	rig_must(table != NULL);
	mx_deny_list_free(&one);
	return table;
}
