/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FROMMX_H
#define MX_FROMMX_H

/* `config from-mx`: a first configuration for a domain, with the MTAs that DNS
 * names now.  It asks DNS itself, and needs no control plane.
 * Threads    any. */
#include <stdio.h>

#define FROMMX_TEXT_MAX 512

/* resolver: the address of a DNS server; NULL: those of this host.  Returns 0 with the file written to out; 1 if
 * DNS names no MTA, or 2 for wrong arguments, with the reason in text. */
int frommx(const char *domain, const char *resolver, FILE *out,
	   char text[static FROMMX_TEXT_MAX]);

#endif /* MX_FROMMX_H */
