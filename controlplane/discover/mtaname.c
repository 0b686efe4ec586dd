/* SPDX-License-Identifier: BSD-3-Clause */
#include "mtaname.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"

/* Longer addresses would leave the label too little. */
#define ADDRESS_MAX 22

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t
hash(const struct mx_addr *addr)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(addr->byte); i++)
		value = (value ^ addr->byte[i]) * UINT64_C(0x100000001b3);
	return value;
}

void
mtaname_make(const char *host, const struct mx_addr *addr,
	     char name[static MX_NAME_MAX])
{
	char text[MX_ENDPOINT_TEXT_MAX];

	mx_addr_format(addr, text);
	if (strlen(text) > ADDRESS_MAX)
		snprintf(text, sizeof(text), "v6-%016" PRIx64, hash(addr));
	for (char *c = text; *c != '\0'; c++)
		if (*c == ':') /* separates pool, name and port elsewhere */
			*c = '-';
	const int room = MX_NAME_MAX - 2 - (int)strlen(text);
	const int label = (int)strcspn(host, ".");
	snprintf(name, MX_NAME_MAX, "%.*s_%.*s", label < room ? label : room,
		 host, ADDRESS_MAX, text);
}

void
mtaname_of(const struct member *member, char name[static MX_NAME_MAX])
{
	if (member->former)
		snprintf(name, MX_NAME_MAX, "%.*s", MX_NAME_MAX - 1,
			 member->host);
	else
		mtaname_make(member->host, &member->addr, name);
}
