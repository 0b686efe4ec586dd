/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_UNPLUG_H
#define MX_DRIVERS_UNPLUG_H

/* Devices that are unplugged while their ports run.
 *
 * The kernel asks the process to give a device back (vfio), or the port's
 * driver reports that the hardware does not answer any more.  Both come in a
 * thread of DPDK's, which notes the port.
 *
 * Threads    main, but the notes: any. */
#include <stdbool.h>
#include <stdint.h>

/* unplug_watch() notes from now on if the device of a port, or a member of a
 * bond, is unplugged, until unplug_end().  Returns 0 or -errno. */
int unplug_watch(uint16_t port_id);
void unplug_end(uint16_t port_id);

void unplug_note(uint16_t port_id);
bool unplug_is_noted(uint16_t port_id);

/* Find a member of a bond that was unplugged.  Returns false if there is none. */
bool unplug_find_member(uint16_t port_id, uint16_t *member_id);

/* Take a member that was unplugged out of its bond, and let the kernel have the
 * device.  No worker runs.  A bond without members counts as unplugged.  Returns
 * 0 or -errno. */
int unplug_release_member(uint16_t port_id, uint16_t member_id);

#endif /* MX_DRIVERS_UNPLUG_H */
