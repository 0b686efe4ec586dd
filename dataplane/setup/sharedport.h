/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SHAREDPORT_H
#define MX_SHAREDPORT_H

/* Find out whether data planes of two instances use one interface.  With
 * af_packet both get every frame.  That works as long as no address is in both
 * configurations.  Otherwise both answer for the address, and its sessions
 * fail.
 *
 * Threads    main, at start. */
#include <stdbool.h>

/* Note that this process uses the interface, for as long as it lives.  Returns
 * true if another data plane in the network namespace uses it. */
bool sharedport_is_used(const char *interface);

#endif /* MX_SHAREDPORT_H */
