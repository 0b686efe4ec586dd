/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_SCRAPED_H
#define MX_TESTS_SCRAPED_H

/* What /metrics of the plane says (serving.h); webclient_start() has made it. */

/* A text that is not older than this call; the caller frees it. */
char *scraped_text(void);

/* The value of a series in a text; -1: there is none. */
double scraped_value(const char *text, const char *series);

/* Scrape, and fail the test if the series has another value. */
void scraped_expect(const char *series, double wanted);

#endif /* MX_TESTS_SCRAPED_H */
