/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_PROBERIG_H
#define MX_TESTS_PROBERIG_H

/* A probe over loopback and its server by script (mta.c), in one event base.  A
 * test runs them until the results that it wants are there.  Sockets are real;
 * time (faketime.c) passes only when nothing is on its way between the two.
 * Every test must leave as many open files as it found. */
#include "mta.h"
#include "probe.h"

#define PROBES_AT_ONCE 2
#define HOUR_MS (3600 * 1000)

struct proberig {
	struct event_base *base;
	struct probes *probes;
	struct mta *mta;
	struct probe *probe; /* freed after the test */
	struct probe_result last;
	uint32_t results;
	bool free_at_once; /* the probe, by its own result */
	enum mx_proxy proxy;
	struct mx_config_check check; /* but for its type and times */
};

extern struct proberig rig;

/* A good server, and a server that sends nothing. */
extern const struct mta_step proberig_well[MTA_STEPS_MAX];
extern const struct mta_step proberig_silent[MTA_STEPS_MAX];

void proberig_setup(void);
void proberig_teardown(void);

struct probe *proberig_start(enum mx_check_type type,
			     const struct mx_endpoint *endpoint,
			     uint32_t interval_ms, uint32_t timeout_ms);

/* Run the loop until there are so many results. */
void proberig_run_until(uint32_t count);

/* The result of one probe; and of one SMTP probe of the rig's own server. */
void proberig_once(enum mx_check_type type, const struct mx_endpoint *endpoint,
		   uint32_t timeout_ms);
void proberig_mta(const struct mta_step script[MTA_STEPS_MAX],
		  uint32_t timeout_ms);

/* Run until the server has noticed that the probe hung up. */
void proberig_run_until_hung_up(void);

#endif /* MX_TESTS_PROBERIG_H */
