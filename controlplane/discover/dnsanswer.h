/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DNSANSWER_H
#define MX_DNSANSWER_H

/* A DNS message as it came, to what discovery wants to know: the MX targets of a
 * domain, or the addresses of a host.
 *
 * The message is believed for the name and the type that were asked for, and for
 * nothing else: records of other names are passed over, unless a chain of
 * CNAMEs leads to them.  Every list has a limit, and what is over it is counted.
 * Lists are sorted, as resolvers rotate their answers.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

/* Targets of one domain that are kept: the best ones. */
#define DNS_TARGETS_MAX 100

/* Addresses of one host and family that are kept. */
#define DNS_ADDRESSES_MAX 16

/* Records of an answer that are looked at: the first ones.  64 KiB have room for
 * 5,000 records, and a chain of CNAMEs reads them again for each name. */
#define DNS_RECORDS_MAX 512

/* How asking ends. */
enum dns_end {
	DNS_ANSWERED,    /* the name has records of the type */
	DNS_EMPTY,       /* the name exists, and has no such record */
	DNS_NO_NAME,     /* NXDOMAIN */
	DNS_FAILED,      /* SERVFAIL */
	DNS_REFUSED,     /* REFUSED */
	DNS_OTHER,       /* another error of the resolver */
	DNS_BROKEN,      /* not an answer to this question */
	DNS_SILENT,      /* no answer in time */
	DNS_FLOODED,     /* more answers than there were questions */
	DNS_UNREACHABLE, /* no resolver can be reached */
	DNS_ENDS,
};

/* Does the name server know?  Otherwise nothing is known of the name now. */
static inline bool
dns_is_answer(enum dns_end end)
{
	return end <= DNS_NO_NAME;
}

enum dns_type { DNS_MX, DNS_A, DNS_AAAA };

struct dns_target {
	uint16_t preference;
	char host[MX_HOSTNAME_MAX]; /* in small letters, without a final dot */
};

struct dns_mx {
	enum dns_end end;
	bool alias;       /* the domain is a CNAME */
	bool null_mx;     /* RFC 7505: it takes no mail; beside other targets
			   * the null MX is wrong, and only noted */
	uint32_t ttl_s;   /* the least of the records and the chain */
	uint16_t refused; /* targets that are no host names */
	uint16_t cut;     /* targets and records over a limit */
	uint16_t count;
	struct dns_target target[DNS_TARGETS_MAX]; /* by preference, host */
};

struct dns_addresses {
	enum dns_end end;
	bool alias; /* the host is a CNAME, which RFC 2181 10.3 forbids */
	uint32_t ttl_s;
	uint16_t refused; /* records that are no address of the family */
	uint16_t cut;     /* addresses and records over a limit */
	uint16_t count;
	struct mx_addr addr[DNS_ADDRESSES_MAX]; /* by value */
};

/* Read the answer to a question for the MX records of `domain`. */
void dns_read_mx(const uint8_t *bytes, size_t size, const char *domain,
		 struct dns_mx *out);

/* Read the answer to a question for the addresses of `host`.  type: DNS_A or
 * DNS_AAAA. */
void dns_read_addresses(const uint8_t *bytes, size_t size, const char *host,
			enum dns_type type, struct dns_addresses *out);

/* Is this the name of a host, in letters, digits, "-", "_" and dots?  It does not
 * begin with "-", as no name of a backend does. */
bool dns_is_host(const char *name);

/* "SERVFAIL", "no answer in time" */
const char *dns_end_text(enum dns_end end);

#endif /* MX_DNSANSWER_H */
