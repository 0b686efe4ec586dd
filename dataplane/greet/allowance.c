/* SPDX-License-Identifier: BSD-3-Clause */
#include "allowance.h"

#include <errno.h>
#include <stdlib.h>

int
allowance_make(struct allowance *allowance)
{
	allowance->client =
		calloc(ALLOWANCE_CLIENTS, sizeof(*allowance->client));
	return allowance->client == NULL ? -ENOMEM : 0;
}

void
allowance_free(struct allowance *allowance)
{
	free(allowance->client);
	allowance->client = NULL;
}

bool
allowance_take(struct allowance *allowance, const struct mx_addr *client,
	       enum allowance_kind kind, uint32_t now_s)
{
	const struct mx_addr site = mx_addr_first(
		client, mx_addr_is4(client) ? 128 : ALLOWANCE_CLIENT6_BITS);
	struct allowance_client *row =
		&allowance->client[mx_hash_addr(&allowance->key, &site) %
				   ALLOWANCE_CLIENTS];

	if (allowance->second_s != now_s) {
		allowance->second_s = now_s;
		for (int i = 0; i < ALLOWANCE_KINDS; i++)
			allowance->sent[i] = 0;
	}
	if (row->second != (uint16_t)now_s)
		*row = (struct allowance_client){.second = (uint16_t)now_s};
	if (row->sent[kind] >= ALLOWANCE_CLIENT_A_SECOND ||
	    allowance->sent[kind] >= ALLOWANCE_A_SECOND)
		return false;
	row->sent[kind]++;
	allowance->sent[kind]++;
	return true;
}
