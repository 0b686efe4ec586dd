/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_BORROWRIG_H
#define MX_TESTS_BORROWRIG_H

/* A session of a peer, and this box, which gets packets of it.  A first rig is the
 * peer, and has the session; its entry is put into a shadow.  A second rig, which
 * knows nothing, is this box. */
#include "shadows.h"
#include "talk.h"

#define OWN 1
#define PEER 2
#define OTHER 3 /* a third box */
#define ENTRIES 64

extern struct rig *rig;
extern struct mx_shadow *file[2]; /* of PEER, SYNCED, and of OTHER, LOST */
extern struct shadows shadows;
extern struct talk talk; /* the session */

void borrowrig_make(void);
void borrowrig_free(void);

const struct mx_hash_key *borrowrig_key(void);

/* Open the session at the peer; its entry as the peer tells it; put it into a
 * shadow. */
void borrowrig_open_there(enum rig_service service, bool six);
struct mx_shadow_entry borrowrig_entry_of(const struct talk *of);
void borrowrig_tell(int shadow, const struct mx_shadow_entry *entry);

/* The entry in a shadow is half-written. */
void borrowrig_tear(int shadow);

/* From now on the rig is this box, which has no session. */
void borrowrig_come_here(void);

/* All of these. */
void borrowrig_lend(enum rig_service service, bool six);

/* This box's worker has nothing to do, and sleeps once. */
void borrowrig_rest(void);

uint64_t borrowrig_refused(enum mx_borrow why);
uint64_t borrowrig_refused_in_all(void);

/* Send a segment of the session that gets no session; or that is refused for a
 * reason. */
void borrowrig_say_in_vain(bool reply);
void borrowrig_assert_refused(bool reply, enum mx_borrow why);

#endif /* MX_TESTS_BORROWRIG_H */
