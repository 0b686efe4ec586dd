/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROBE_H
#define MX_PROBE_H

/* A probe asks one backend again and again whether it is well, over the
 * kernel's own TCP.  `tcp` connects and closes; `smtp` holds the dialogue of
 * smtp.h.
 *
 *   waiting --timer--> in line --> connecting --> talking --> done()
 *      ^                                                        |
 *      '--------------------------------------------------------'
 *
 * A backend that waits for a PROXY header is sent one, with the ends of the
 * probe's own connection, before anything else.
 *
 * A probe that this host could not make is made again soon: until then nobody
 * knows whether the backend lives.
 *
 * Every result leaves through one function.  A probe never overlaps itself:
 * the pause to the next one begins when it ends.
 *
 * Shape      one timer (the pause, or the deadline of the whole dialogue) and
 *            at most one socket.
 * Threads    the thread of its event base. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "probes.h"
#include "reason.h"
#include "smtp.h"

/* How often a backend is probed while its verdict may change. */
#define PROBE_DOUBT_MS 1000

struct probe_result {
	bool passed;
	/* False if this host could not even try (out of sockets or memory):
	 * that says nothing of the backend and must not change its health. */
	bool counts;
	enum reason reason;
	uint16_t code;               /* of the last reply; 0: none */
	char text[REASON_REPLY_MAX]; /* of it, or the system's error; or "" */
	double connect_ms;           /* 0: never connected */
	double total_ms;
};

struct probe;

/* Start probing: first within a random part of PROBE_DOUBT_MS, then every
 * interval +-10 %.  check is copied; proxy: the header the backend waits for.
 * done may call any function of this header, probe_free() included.
 * Returns NULL if there is no memory. */
struct probe *
probe_new(struct probes *probes, const struct mx_config_check *check,
	  enum mx_proxy proxy, const struct mx_endpoint *endpoint,
	  void (*done)(void *arg, const struct probe_result *result),
	  void *arg);

/* End it, in mid-dialogue too, without a result.  NULL is nothing. */
void probe_free(struct probe *probe);

/* While in doubt, the pause is at most PROBE_DOUBT_MS. */
void probe_in_doubt(struct probe *probe, bool in_doubt);

/* Probe at the next turn of the loop, unless a probe is under way. */
void probe_now(struct probe *probe);

#endif /* MX_PROBE_H */
