/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENIALS_H
#define MX_DENIALS_H

/* The deny lists and allow lists of the configuration: from the operator's files to tables that
 * the data plane reads (denyfile.h).
 *
 *   the file changed  -> read, parsed, built, written: the plan names the table
 *   it is broken      -> the list before stays in force, and `fault` says why
 *
 * Services with the same files share a list.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "listbuild.h"
#include "listfile.h"
#include "state.h"

#define DENIAL_TEXT_MAX 512

/* A service has one of each kind at most. */
#define DENIALS_MAX (LIST_KINDS * MX_SERVICES_MAX)

/* One list. */
struct denial {
	enum list_kind kind;
	struct mx_config_deny config; /* which files; the answer does not
				       * count */
	uint64_t serial;              /* of the table in force; 0: none */
	uint64_t size_bytes;
	uint32_t prefixes; /* of the files in force, both together; 0: unknown,
			    * as the list is that of an earlier process */
	int64_t read_s;    /* CLOCK_REALTIME, of the text in force */
	uint32_t took_ms;
	bool recalled;            /* the list is that of an earlier process */
	struct list_mark mark[2]; /* of the file and of the allow file, as they
				   * were last tried */
	char fault[DENIAL_TEXT_MAX];   /* why the files are not in force; or
					* empty */
	char warning[DENIAL_TEXT_MAX]; /* a list that denies too much */
};

struct denials {
	const char *instance;
	const struct mx_hash_key *key;
	uint32_t round; /* raised when a table's file was written again */
	uint16_t count;
	struct denial list[DENIALS_MAX];
};

/* Read the files of a configuration that are new or have changed.  `must`: a
 * list that no file can be read for is an error, and goes to *errors.  At the
 * start it is not: mail comes before lists.
 * Returns 0 or -EINVAL. */
int denials_read(struct denials *denials, const struct mx_config *config,
		 bool must, struct mx_config_errors *errors);

/* Give each configured service its list, and forget lists that no service has.
 */
void denials_assign(struct denials *denials, struct state *state);

/* Look whether files have changed or tables are gone, and read them again.
 * Returns true if a plan may be different now; the services have their lists.
 * all: read all, changed or not. */
bool denials_look(struct denials *denials, struct state *state, bool all);

/* A list that cannot be read now is the one that the plan in force has. */
void denials_recall(struct denials *denials, struct state *state,
		    const struct mx_plan *plan);

/* Remove the files of tables that neither the state nor the plan in force
 * names. */
void denials_prune(const struct denials *denials, const struct state *state,
		   const struct mx_plan *plan);

/* The list of a configured service, or NULL. */
const struct denial *denials_of(const struct denials *denials,
				const struct mx_config_service *service,
				enum list_kind kind);

/* Does the allow list in force of a service have an address? */
bool denials_allow(const struct denials *denials,
		   const struct mx_config_service *service,
		   const struct mx_addr *addr);

/* Does the list in force of a service deny an address?  Writes why into text:
 * "file:line denies it".  Reads the files again, which takes a moment. */
bool denials_explain(const struct denials *denials,
		     const struct mx_config_service *service,
		     const struct mx_addr *addr,
		     char text[static DENIAL_TEXT_MAX]);

#endif /* MX_DENIALS_H */
