/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHADOWWATCH_H
#define MX_SHADOWWATCH_H

/* Watch for the shadows of peers in the control plane's folder (group/shadow.h),
 * and let the workers look sessions up in them (borrow/shadows.h).  Whether
 * mxsteer-replica runs is told by its lock on the file `replicated`.
 *
 *   a file comes, goes or is replaced -> the workers get another set
 *   every worker quiescent            -> the set before, and what it alone has,
 *                                        is given back
 *
 * A file is refused if it is not a shadow of the box in its name, or of another
 * number of workers: then owners of sessions would differ.  The log says so, once a
 * file.
 *
 * Threads    main. */
#include <sys/types.h>

#include <rte_rcu_qsbr.h>

#include "shadows.h"

struct worker;

/* A file as it was looked at last. */
struct shadowwatch_file {
	dev_t device;
	ino_t inode; /* 0: there is none */
	void *at;    /* NULL: it was refused */
	size_t size_bytes;
	struct mx_shadow_map map;
};

struct shadowwatch {
	const char *instance;
	struct worker **worker; /* [workers] */
	uint16_t workers;
	struct rte_rcu_qsbr *quiescent;
	uint32_t looked_s;
	struct shadowwatch_file file[MX_BOXES_MAX + 1]; /* by box */
	bool kept;           /* mxsteer-replica runs */
	struct shadows *set; /* the workers' own; NULL: none */
	/* What workers may still use until they have been quiescent. */
	bool retiring;
	uint64_t token;
	struct shadows *before;
	uint16_t gone_count;
	struct shadowwatch_file gone[MX_BOXES_MAX + 1];
};

/* One look a second, whenever it is called.  box: of the plan; 0: there is no
 * group.  now_s: CLOCK_MONOTONIC.  Never waits. */
void shadowwatch_poll(struct shadowwatch *watch, uint8_t box, uint32_t now_s);

/* Give all back, once the workers are stopped and will not start again. */
void shadowwatch_end(struct shadowwatch *watch);

#endif /* MX_SHADOWWATCH_H */
