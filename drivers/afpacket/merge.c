/* SPDX-License-Identifier: BSD-3-Clause */
#include "merge.h"

#include <linux/ethtool.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "link.h"
#include "log.h"

/* More features than any kernel has: 6.18 has 64. */
#define FEATURES_MAX 256u
#define BLOCKS_MAX (FEATURES_MAX / 32)

/* The kernel's names of the features, which `ethtool -K` takes too. */
static const char *const mergers[] = {
	"rx-gro",    /* in software */
	"rx-lro",    /* by the card, which loses the original sizes */
	"rx-gro-hw", /* by the card, or by the host of a virtual machine */
};

struct features {
	uint32_t count;
	char name[FEATURES_MAX][ETH_GSTRING_LEN];
	struct ethtool_get_features_block state[BLOCKS_MAX];
};

static bool
read_names(const char *interface, struct features *features)
{
	union {
		struct ethtool_sset_info head;
		uint8_t bytes[sizeof(struct ethtool_sset_info) +
			      sizeof(uint32_t)];
	} info = {.head = {.cmd = ETHTOOL_GSSET_INFO,
			   .sset_mask = 1ull << ETH_SS_FEATURES}};
	static union {
		struct ethtool_gstrings head;
		uint8_t bytes[sizeof(struct ethtool_gstrings) +
			      FEATURES_MAX * ETH_GSTRING_LEN];
	} names;

	if (link_ethtool(interface, &info) != 0 || info.head.sset_mask == 0)
		return false;
	memcpy(&features->count, info.bytes + sizeof(info.head),
	       sizeof(features->count));
	if (features->count > FEATURES_MAX)
		return false;
	names.head = (struct ethtool_gstrings){.cmd = ETHTOOL_GSTRINGS,
					       .string_set = ETH_SS_FEATURES,
					       .len = features->count};
	if (link_ethtool(interface, &names) != 0)
		return false;
	memcpy(features->name, names.bytes + sizeof(names.head),
	       features->count * ETH_GSTRING_LEN);
	return true;
}

static bool
read_state(const char *interface, struct features *features)
{
	union {
		struct ethtool_gfeatures head;
		uint8_t bytes[sizeof(struct ethtool_gfeatures) +
			      sizeof(features->state)];
	} state = {.head = {.cmd = ETHTOOL_GFEATURES, .size = BLOCKS_MAX}};

	if (link_ethtool(interface, &state) != 0)
		return false;
	memcpy(features->state, state.bytes + sizeof(state.head),
	       sizeof(features->state));
	return true;
}

static bool
is_active(const struct features *features, uint32_t at)
{
	return features->state[at / 32].active >> at % 32 & 1;
}

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
	link_ethtool(interface, &set);
}

void
merge_stop(const char *interface)
{
	static struct features before, after;

	if (!read_names(interface, &before) || !read_state(interface, &before))
		return;
	for (uint32_t at = 0; at < before.count; at++) {
		const char *name = before.name[at];
		bool merges = false;

		for (size_t i = 0; i < sizeof(mergers) / sizeof(*mergers); i++)
			merges |= strcmp(name, mergers[i]) == 0;
		if (!merges || !is_active(&before, at))
			continue;
		turn_off(interface, &before, at);
		if (read_state(interface, &after) && !is_active(&after, at))
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
