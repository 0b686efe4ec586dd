/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_DNSMESSAGE_H
#define MX_TESTS_DNSMESSAGE_H

/* Answers of a name server, made record by record.  Names are compressed, as
 * servers do it. */
#include <stddef.h>
#include <stdint.h>

#define DNSMESSAGE_MAX 65535

struct dnsmessage {
	size_t size;
	uint8_t byte[DNSMESSAGE_MAX];
	const uint8_t *name[64]; /* what later names may refer to */
};

/* Begin the answer to a question.  type: as in arpa/nameser.h.  code: 0 or an
 * error. */
void dnsmessage_begin(struct dnsmessage *m, const char *name, int type,
		      int code);

void dnsmessage_mx(struct dnsmessage *m, const char *owner, uint32_t ttl_s,
		   uint16_t preference, const char *host);
void dnsmessage_cname(struct dnsmessage *m, const char *owner, uint32_t ttl_s,
		      const char *to);

/* address: of either family, as text */
void dnsmessage_address(struct dnsmessage *m, const char *owner, uint32_t ttl_s,
			const char *address);

#endif /* MX_TESTS_DNSMESSAGE_H */
