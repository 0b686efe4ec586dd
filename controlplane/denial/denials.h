/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENIALS_H
#define MX_DENIALS_H

/* The deny lists and allow lists of the configuration: from the operator's files
 * to tables that the data plane reads (denyfile.h).
 *
 *   asked for  -> waits for its turn -> read in a thread (denialread.h)
 *     read       -> the plan names its table
 *     broken     -> the list before stays in force, and `fault` says why
 *
 * Services with the same files share a list.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "listbuild.h"
#include "listfile.h"
#include "listreader.h"
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
	int64_t fresh_s;   /* how long its file counts before it is renewed, as
			    * it says itself; 0: it does not say */
	uint32_t took_ms;  /* from the begin of the read on */
	bool recalled;     /* the list is that of an earlier process */
	bool used;         /* by a service of the configuration in force */
	uint64_t asked;    /* the last ticket that asked for it */
	uint64_t tried;    /* the ticket of the last read that has ended */
	struct list_mark mark[2]; /* of the file and of the allow file, before
				   * they were last read */
	char fault[DENIAL_TEXT_MAX];   /* why the files are not in force; or
					* empty */
	char warning[DENIAL_TEXT_MAX]; /* a list that denies too much */
};

/* The read that is under way. */
struct denial_read {
	enum list_kind kind;
	struct mx_config_deny config;
	uint64_t ticket; /* 0: no read is under way */
	uint64_t begin_ms;
	bool gone; /* the file of the table in force was gone */
};

struct denials {
	const char *instance;
	struct state *state;
	void (*read)(void *arg); /* a read has ended: a plan may be different
				  * now */
	void *arg;
	struct list_reader *reader;
	struct denial_read under_way;
	const struct mx_config *wanted; /* that the lists were asked for; NULL:
					 * the configuration in force */
	uint64_t ticket;                /* the last one */
	uint32_t round; /* raised when a table's file was written again */
	uint16_t count;
	struct denial list[DENIALS_MAX];
};

/* Has each list of a configuration a table?  If not, the reasons go to *errors.
 * Returns 0 or -EINVAL. */
int denials_judge(struct denials *denials, const struct mx_config *config,
		  struct mx_config_errors *errors);

/* A configuration is in force, or was refused: give each service in force its
 * lists, and forget the others. */
void denials_assign(struct denials *denials);

/* A list that cannot be read now is the one that the plan in force has. */
void denials_recall(struct denials *denials, const struct mx_plan *plan);

/* Remove the files of tables that neither a list nor the plan in force names.
 * While a list is read, none is removed. */
void denials_prune(const struct denials *denials, const struct mx_plan *plan);

/* The files of a service's list.  Returns whether it has one. */
bool denials_files(const struct mx_config_service *service, enum list_kind kind,
		   struct mx_config_deny *out);

/* Have two lists the same files and prefixes? */
bool denials_is_same(const struct mx_config_deny *a,
		     const struct mx_config_deny *b);

/* The list with these files, or NULL. */
struct denial *denials_find(struct denials *denials,
			    const struct mx_config_deny *config,
			    enum list_kind kind);

/* Give each service in force its lists. */
void denials_give(const struct denials *denials);

/* The list of a configured service, or NULL. */
const struct denial *denials_of(const struct denials *denials,
				const struct mx_config_service *service,
				enum list_kind kind);

/* Does the allow list of a service have an address?  row: the service's in the
 * plan, which names its tables. */
bool denials_allow(const struct denials *denials, const struct mx_service *row,
		   const struct mx_addr *addr);

/* Does the deny list of a service deny an address? */
bool denials_deny(const struct denials *denials, const struct mx_service *row,
		  const struct mx_addr *addr);

#endif /* MX_DENIALS_H */
