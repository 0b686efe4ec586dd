/* SPDX-License-Identifier: BSD-3-Clause */
#include "merge.h"

#include <string.h>

#include "feature.h"
#include "log.h"

static void
turn_off(const char *interface, const struct features *features, uint32_t at)
{
	struct ethtool_set_features_block block[BLOCKS_MAX] = {0};
	union {
		struct ethtool_sfeatures head;
		uint8_t bytes[sizeof(struct ethtool_sfeatures) + sizeof(block)];
	} set = {.head = {.cmd = ETHTOOL_SFEATURES,
			  .size = (features->count + 31) / 32}};

	block[at / 32].valid = 1u << at % 32;
	memcpy(set.bytes + sizeof(set.head), block, sizeof(block));
	feature_ethtool(interface, &set);
}

void
merge_stop(const char *interface)
{
	static struct features before, after;

	if (!features_read(interface, &before))
		return;
	for (uint32_t at = 0; at < before.count; at++) {
		const char *name = before.name[at];

		if (!feature_merges(&before, at) ||
		    !feature_is_active(&before, at))
			continue;
		turn_off(interface, &before, at);
		if (features_read(interface, &after) &&
		    !feature_is_active(&after, at))
			log_line(LOG_LEVEL_INFO,
				 "interface %s: %s is turned off, since it "
				 "merges packets",
				 interface, name);
		else
			log_line(LOG_LEVEL_WARN,
				 "interface %s: %s cannot be turned off; "
				 "packets that it merges are dropped as "
				 "super-packet: see `mxsteer show drops`",
				 interface, name);
	}
}
