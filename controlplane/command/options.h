/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OPTIONS_H
#define MX_OPTIONS_H

/* The options in front of the command of a request line:
 *
 *   -j          the answer in JSON
 *   -w COLUMNS  text for a terminal of that width
 *   -c          with colours
 *   -a          all rows
 *   -o KEY,KEY  these columns of the table
 *   -p          texts that tell how a wait goes on, before its answer
 *
 * The program mxsteer sends -w and -c when its output is a terminal.  JSON is
 * whole whatever the other options are.
 * Threads    the event loop. */
#include "request.h"

#define OPTIONS_WHY_MAX STYLE_WHY_MAX

/* Take the options off the line, and note them in the request.
 * Returns false, with the reason in why, if one is wrong. */
bool options_read(struct request *request, char **line,
		  char why[static OPTIONS_WHY_MAX]);

#endif /* MX_OPTIONS_H */
