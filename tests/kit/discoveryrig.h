/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_DISCOVERYRIG_H
#define MX_TESTS_DISCOVERYRIG_H

/* A whole control plane with a pool whose backends DNS names.  A resolver answers
 * from a zone of the test (fakeresolver.c): at first the domain has mx1
 * (192.0.2.11, preference 10) and mx2 (192.0.2.12, preference 20).  The plane is
 * that of serving.h, and serving_teardown() ends it. */
#include "fakeresolver.h"
#include "serving.h"

#define DOMAIN "example.net"
#define FIRST_MS 100         /* more than the first answers take */
#define HELD_MS (330 * 1000) /* more than any time to live */

/* A fixture.  The control plane does not run yet. */
void discoveryrig_setup(void);

/* Start the control plane, and wait for the first answers. */
void discoveryrig_start(void);

/* Write a configuration file.  pool: more keys of its pool mx. */
void discoveryrig_write(const char *name, const char *pool);

/* Apply a file.  The reply must be ok or not, and contain this part. */
void discoveryrig_apply(const char *name, bool wanted, const char *part);

/* Add an MX and its address to the zone. */
void discoveryrig_target(uint16_t preference, const char *host,
			 const char *address);

/* The configured backends, as "a b c". */
const char *discoveryrig_backends(void);

#endif /* MX_TESTS_DISCOVERYRIG_H */
