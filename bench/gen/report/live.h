/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_LIVE_H
#define MX_GEN_LIVE_H

/* A line a second on stderr during the run, redrawn in place on a terminal. */
#include "gencounts.h"
#include "genoptions.h"

struct gen;

struct live {
	struct gen_live last;
	uint64_t begin_tsc;
	uint64_t next_tsc;
	bool tty;
	bool drawn;
};

void live_init(struct live *live, uint64_t now_tsc);

/* Print the next line, if its time has come. */
void live_show(struct live *live, const struct gen *gen,
	       const struct gen_options *options, uint64_t now_tsc);

/* End the last line, so that it stays. */
void live_end(const struct live *live);

#endif /* MX_GEN_LIVE_H */
