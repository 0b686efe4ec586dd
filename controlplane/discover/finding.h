/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FINDING_H
#define MX_FINDING_H

/* What one inquiry found: the MX targets of a domain, and their addresses.
 *
 * Invariant  host is sorted by preference and name, address by host and value.
 * Threads    plain data: any. */
#include "dnsanswer.h"

/* The addresses of all targets that are kept: those of the best targets. */
#define FINDING_ADDRESSES_MAX 256

struct finding_host {
	char name[MX_HOSTNAME_MAX];
	uint16_t preference;
	bool alias;          /* the MX names a CNAME */
	enum dns_end end[2]; /* of IPv4 and IPv6; DNS_EMPTY: or not asked */
};

struct finding_address {
	struct mx_addr addr;
	uint16_t host; /* index */
};

struct finding {
	enum dns_end end; /* of the question for MX records */
	bool null_mx;
	bool implicit;  /* no MX: the domain is its own target, RFC 5321 5.1 */
	uint32_t ttl_s; /* until the earliest record expires */
	uint16_t refused; /* targets that are no host names */
	uint32_t wrong;   /* records that are no address of their family */
	uint32_t cut;     /* targets, addresses and records over a limit */
	uint16_t hosts;
	struct finding_host host[DNS_TARGETS_MAX];
	uint16_t addresses;
	struct finding_address address[FINDING_ADDRESSES_MAX];
};

/* Did the question for the addresses of any target stay without an answer? */
static inline bool
finding_is_partial(const struct finding *finding)
{
	for (uint16_t i = 0; i < finding->hosts; i++)
		if (!dns_is_answer(finding->host[i].end[0]) ||
		    !dns_is_answer(finding->host[i].end[1]))
			return true;
	return false;
}

/* Has the target an address that counts? */
static inline bool
finding_has_address(const struct finding *finding, uint16_t host)
{
	return finding->host[host].end[0] == DNS_ANSWERED ||
	       finding->host[host].end[1] == DNS_ANSWERED;
}

/* The index of the family in finding_host.end. */
static inline int
finding_family(const struct mx_addr *addr)
{
	return mx_addr_is4(addr) ? 0 : 1;
}

#endif /* MX_FINDING_H */
