/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_BOXRIG_H
#define MX_TESTS_BOXRIG_H

/* A box of a group as mxsteer-replica sees it: the region and the session files of
 * a data plane, and the control plane's folder.  The files are real, in /dev/shm; the
 * test plays both planes.  All that is left of them goes when the program ends. */
#include <stdbool.h>
#include <stdint.h>

#include "groupsheet.h"
#include "region.h"
#include "sessions.h"
#include "shadow.h"

struct boxrig {
	char instance[MX_NAME_MAX];
	uint8_t box;
	uint16_t workers;
	uint32_t count; /* sessions of a worker */
	bool wide;
	struct mx_hash_key key;
	struct mx_region *region;
	int region_fd;
	size_t file_bytes;
	struct mx_sessions_file *file[MX_WORKERS_MAX];
	uint32_t head[MX_WORKERS_MAX]; /* of the list of free slots */
	uint32_t tail[MX_WORKERS_MAX];
	struct groupsheet
		sheet; /* with the SNAT address of each of three boxes */
};

/* Make a box with a running data plane.  shape: workers, count, wide, and the key if it
 * is not 0. */
void boxrig_open(struct boxrig *rig, uint8_t box, const struct boxrig *shape);
void boxrig_close(struct boxrig *rig);

/* The control plane's folder, which boxrig_open() makes. */
void boxrig_make_control(const struct boxrig *rig);
void boxrig_remove_control(const struct boxrig *rig);

/* Start the data plane, and end it.  It has empty files of rig->workers and so on. */
void boxrig_start(struct boxrig *rig);
void boxrig_stop(struct boxrig *rig);

/* The session of a slot. */
struct mx_session *boxrig_at(const struct boxrig *rig, uint32_t slot);

/* Put an established session into a slot, which need not be the next free one; number: its client.  home: whose SNAT address
 * it uses. */
void boxrig_put(const struct boxrig *rig, uint32_t slot, uint32_t number,
		uint8_t home);
/* The same, in the slot that the worker takes.  Returns it. */
uint32_t boxrig_take(struct boxrig *rig, uint16_t worker, uint32_t number);

void boxrig_end(struct boxrig *rig, uint32_t slot);

/* The shadow of a peer, copied.  Returns false if there is none. */
bool boxrig_shadow(const struct boxrig *rig, uint8_t peer,
		   struct mx_shadow *header);

/* An entry of it.  Returns false if there is none. */
bool boxrig_entry(const struct boxrig *rig, uint8_t peer, uint32_t slot,
		  struct mx_shadow_entry *entry);

/* Is the session of that client in the shadow, by its two ends? */
bool boxrig_has(const struct boxrig *rig, uint8_t peer, uint32_t number,
		uint8_t home);

#endif /* MX_TESTS_BOXRIG_H */
