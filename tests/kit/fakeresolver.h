/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FAKERESOLVER_H
#define MX_TESTS_FAKERESOLVER_H

/* A resolver without a network, linked in place of resolver.c.  It answers from
 * a zone that the test makes, a moment after it was asked, with real messages. */
#include <stdint.h>

/* Forget all records and failures. */
void fakeresolver_clear(void);

void fakeresolver_mx(const char *domain, uint32_t ttl_s, uint16_t preference,
		     const char *host);
void fakeresolver_cname(const char *owner, uint32_t ttl_s, const char *to);
void fakeresolver_address(const char *host, uint32_t ttl_s,
			  const char *address);

/* Every question about the name ends with this code (ns_r_servfail); -1: it is
 * not answered at all. */
void fakeresolver_fail(const char *name, int code);

/* How many questions were asked so far. */
uint32_t fakeresolver_asked(void);

/* How many servers the last resolver passed over. */
uint32_t fakeresolver_turn(void);

#endif /* MX_TESTS_FAKERESOLVER_H */
