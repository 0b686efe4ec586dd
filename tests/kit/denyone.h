/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_DENYONE_H
#define MX_TESTS_DENYONE_H

/* A deny table of one prefix. */
#include "denybuild.h"

/* bits: of 32 or of 128, by family.  The caller frees the table. */
struct mx_deny_table *denyone(const struct mx_addr *addr, uint32_t bits,
			      enum mx_deny_verdict verdict,
			      enum mx_deny_mode mode);

#endif /* MX_TESTS_DENYONE_H */
