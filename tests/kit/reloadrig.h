/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_RELOADRIG_H
#define MX_TESTS_RELOADRIG_H

/* A plane that gets other configurations while its data plane has sessions.
 * The test writes the session files as workers do. */
#include "serving.h"
#include "sessions.h"

#define SESSIONS 64 /* there is room for, of each worker */
#define VIP "\"198.51.100.25:25\""
#define SNAT "\"10.0.2.100\""

/* Make serving.h's `plane`, whose backends have passed their checks. */
void reloadrig_setup(void);
void reloadrig_teardown(void);

/* Add a session of the second worker, from a VIP at port 25 through a SNAT
 * address, of backend 1 and service 0. */
struct mx_session *reloadrig_add(int place, const char *vip, const char *snat);
void reloadrig_set(struct mx_session *s, uint8_t state);

/* Write the sessions that the test itself has changed. */
void reloadrig_save(void);

/* Write services as plane_write_config() does, with these addresses and this
 * pool. */
void reloadrig_write(const char *listen, const char *snat, const char *pool,
		     const char *backends);

/* Apply the file.  The reply stays valid until the next call. */
const char *reloadrig_apply(bool wanted);
void reloadrig_expect(const char *reply, const char *part);
void reloadrig_expect_not(const char *reply, const char *part);

/* The newest plan, and the meaning of an address in it. */
const struct mx_plan *reloadrig_plan(void);
enum mx_owned_kind reloadrig_owned(const char *addr, uint16_t port);

#endif /* MX_TESTS_RELOADRIG_H */
