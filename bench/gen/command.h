/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_COMMAND_H
#define MX_GEN_COMMAND_H

/* The command line: what to generate, over which devices, and how to report
 * it. */
#include "gen.h"
#include "value.h"

#define COMMAND_EAL_MAX 16

struct command {
	struct gen_options gen;
	bool ring;  /* both ends in memory */
	bool huge;  /* pages */
	bool quiet; /* no live line */
	uint32_t core;
	uint32_t nap_us; /* the pause while there is nothing to do */
	uint32_t mbufs;
	char client_device[VALUE_DEVICE_MAX]; /* "": this end does not exist */
	char server_device[VALUE_DEVICE_MAX];
	const char *json; /* a file; NULL: none */
	int eal_count;    /* the arguments behind "--" */
	char *eal[COMMAND_EAL_MAX];
	int argc; /* for the report */
	char **argv;
};

/* Returns 0, -EINVAL with the reason on stderr, or 1 if only help was
 * wanted. */
int command_parse(struct command *command, int argc, char *argv[]);

void command_help(void);

#endif /* MX_GEN_COMMAND_H */
