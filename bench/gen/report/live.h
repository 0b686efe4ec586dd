/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_LIVE_H
#define MX_GEN_LIVE_H

/* A line a second on stderr while it runs, redrawn where that is possible. */
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

/* Leave the last line where it is. */
void live_end(const struct live *live);

#endif /* MX_GEN_LIVE_H */
