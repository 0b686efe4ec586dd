/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_FEATURE_H
#define MX_MACHINE_FEATURE_H

/* Features of an interface of the kernel, as `ethtool -k` shows them.
 * Threads    any. */
#include <linux/ethtool.h>
#include <stdbool.h>
#include <stdint.h>

/* More features than any kernel has: 6.18 has 64. */
#define FEATURES_MAX 256u
#define BLOCKS_MAX (FEATURES_MAX / 32)

struct features {
	uint32_t count;
	char name[FEATURES_MAX][ETH_GSTRING_LEN];
	struct ethtool_get_features_block state[BLOCKS_MAX];
};

/* Run an ethtool command.  command: a struct of linux/ethtool.h, which begins
 * with its number.  Returns 0 or -errno. */
int feature_ethtool(const char *interface, void *command);

/* Read the features.  Returns false if the interface does not tell them. */
bool features_read(const char *interface, struct features *features);

bool feature_is_active(const struct features *features, uint32_t at);

/* Can nobody change it? */
bool feature_is_fixed(const struct features *features, uint32_t at);

/* Does it merge several packets into one?  mxsteer needs packets as they were
 * on the wire. */
bool feature_merges(const struct features *features, uint32_t at);

#endif /* MX_MACHINE_FEATURE_H */
