/* SPDX-License-Identifier: BSD-3-Clause */
#include "feature.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's names of the features, which `ethtool -K` takes too. */
static const char *const mergers[] = {
	"rx-gro",    /* in software */
	"rx-lro",    /* by the card, which loses the original sizes */
	"rx-gro-hw", /* by the card, or by the host of a virtual machine */
};

int
feature_ethtool(const char *interface, void *command)
{
	struct ifreq request = {.ifr_data = command};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
	const int error = ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
	close(fd);
	return error;
}

static bool
read_names(const char *interface, struct features *features)
{
	union {
		struct ethtool_sset_info head;
		uint8_t bytes[sizeof(struct ethtool_sset_info) +
			      sizeof(uint32_t)];
	} info = {.head = {.cmd = ETHTOOL_GSSET_INFO,
			   .sset_mask = 1ull << ETH_SS_FEATURES}};
	union {
		struct ethtool_gstrings head;
		uint8_t bytes[sizeof(struct ethtool_gstrings) +
			      FEATURES_MAX * ETH_GSTRING_LEN];
	} names;

	if (feature_ethtool(interface, &info) != 0 || info.head.sset_mask == 0)
		return false;
	memcpy(&features->count, info.bytes + sizeof(info.head),
	       sizeof(features->count));
	if (features->count > FEATURES_MAX)
		return false;
	names.head = (struct ethtool_gstrings){.cmd = ETHTOOL_GSTRINGS,
					       .string_set = ETH_SS_FEATURES,
					       .len = features->count};
	if (feature_ethtool(interface, &names) != 0)
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

	if (feature_ethtool(interface, &state) != 0)
		return false;
	memcpy(features->state, state.bytes + sizeof(state.head),
	       sizeof(features->state));
	return true;
}

bool
features_read(const char *interface, struct features *features)
{
	return read_names(interface, features) &&
	       read_state(interface, features);
}

bool
feature_is_active(const struct features *features, uint32_t at)
{
	return features->state[at / 32].active >> at % 32 & 1;
}

bool
feature_is_fixed(const struct features *features, uint32_t at)
{
	const struct ethtool_get_features_block *block =
		&features->state[at / 32];

	return !(block->available >> at % 32 & 1) ||
	       block->never_changed >> at % 32 & 1;
}

bool
feature_merges(const struct features *features, uint32_t at)
{
	for (size_t i = 0; i < sizeof(mergers) / sizeof(*mergers); i++)
		if (strcmp(features->name[at], mergers[i]) == 0)
			return true;
	return false;
}
