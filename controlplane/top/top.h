/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TOP_H
#define MX_TOP_H

/* `mxsteer top`: the live screen, at a terminal or once as text.
 * Threads    main. */
#include <stdbool.h>

#include "live.h"
#include "view.h"

struct top_wish {
	const char *path; /* of the control plane's socket */
	bool read_only;
	bool once; /* print one screen as text, and end */
	unsigned interval_s;
	enum view_id view;
};

/* Run until the reader leaves.  Returns false if it could not, with the reason in
 * why[]. */
#define TOP_WHY_MAX 256
bool top_run(const struct top_wish *wish, char why[static TOP_WHY_MAX]);

#endif /* MX_TOP_H */
