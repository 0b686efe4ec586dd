/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DERIVE_H
#define MX_DERIVE_H

/* The configuration in force: the file's, and in each pool with `discover` the
 * members that DNS names, as further backends.
 *
 * Shape      a member's tier is its preference.  Each target has the weight of
 *            `discover`, which its addresses share.
 * Invariant  the same file and members give the same bytes.
 * Threads    the functions read what they are given: any, if the source's
 *            functions allow it. */
#include "membership.h"

struct derive_source {
	const struct mx_config *file;

	/* The members of a pool; NULL: none are known. */
	const struct membership *(*members)(void *arg,
					    const struct mx_config_pool *pool);

	/* Why the address cannot be a backend of the pool as things are now; or
	 * NULL if it can.  A source may do without. */
	const char *(*unfit)(void *arg, const struct mx_config *file,
			     uint16_t pool, const struct mx_addr *addr);
	void *arg;
};

/* Why an address that DNS names cannot be a backend of the pool under this name, as
 * "is a listen address of mxsteer"; or NULL if it can, or is one by the file. */
const char *derive_refusal(const struct derive_source *source, uint16_t pool,
			   const char *name, const struct mx_addr *addr);

/* What the address is to mxsteer by a configuration, as "is a listen address of
 * mxsteer", or NULL. */
const char *derive_own(const struct mx_config *config,
		       const struct mx_addr *addr);

/* Has the pool a backend of the file at this address? */
bool derive_is_of_file(const struct mx_config_pool *pool,
		       const struct mx_addr *addr);

/* Keep the addresses of a finding that can be backends of the pool.  text: the first
 * other one, and why.  Returns how many cannot. */
#define DERIVE_TEXT_MAX 120
uint16_t derive_drop(const struct derive_source *source, uint16_t pool,
		     struct finding *finding,
		     char text[static DERIVE_TEXT_MAX]);

/* Does any pool of the file have `discover`? */
bool derive_is_needed(const struct mx_config *file);

/* Returns a configuration for mx_config_free(), or NULL if there is no
 * memory. */
struct mx_config *derive(const struct derive_source *source);

#endif /* MX_DERIVE_H */
