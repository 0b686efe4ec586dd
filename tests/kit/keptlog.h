/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_KEPTLOG_H
#define MX_TESTS_KEPTLOG_H

/* The lines that the code under test logs: they are kept, not written. */
#include <stdbool.h>

/* Keep lines from now on; forget those of before. */
void keptlog_begin(void);

/* Let lines go to stderr again. */
void keptlog_end(void);

void keptlog_forget(void);

/* The lines so far; each ends with a newline. */
const char *keptlog_text(void);

bool keptlog_has(const char *part);

#endif /* MX_TESTS_KEPTLOG_H */
