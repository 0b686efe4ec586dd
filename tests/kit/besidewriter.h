/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_BESIDEWRITER_H
#define MX_TESTS_BESIDEWRITER_H

/* A reader of a ring beside its writer, which is a thread of its own. */
#include <stdint.h>

/* Put the records 1 to `records`, and take them meanwhile, until the last one has
 * come.  Checks that each one comes behind those before it.  Returns how many came.
 * put: adds the record of a number.
 * take: returns the number of the next record, or 0 if there is none. */
uint64_t take_beside_writer(void (*put)(uint64_t number),
			    uint64_t (*take)(void), uint64_t records);

#endif /* MX_TESTS_BESIDEWRITER_H */
