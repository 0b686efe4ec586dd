/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DURATION_H
#define MX_DURATION_H

/* Lengths of time as people write and read them.
 * Threads    any. */
#include <stdint.h>

/* The longest time that a command may name.  A rule or a wish that is to stay
 * longer needs no time. */
#define DURATION_MAX_S (366 * INT64_C(86400))

/* Read a time such as 90s, 10m, 2h, 7d or 1h30m: whole numbers with a unit, the
 * larger units first.
 * Returns the seconds, 1 to DURATION_MAX_S; or 0 if the text is no such time. */
int64_t duration_parse(const char *text);

#define DURATION_TEXT_MAX 16

/* Write a time in its two largest units: "12s", "5m3s", "4h12m", "3d4h".  Less
 * than nothing is "0s": a clock was set back.  Returns text. */
const char *duration_text(int64_t seconds, char text[static DURATION_TEXT_MAX]);

#endif /* MX_DURATION_H */
