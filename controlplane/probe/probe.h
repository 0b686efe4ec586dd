/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROBE_H
#define MX_PROBE_H

/* A probe checks one backend again and again over the kernel's own TCP.  `tcp`
 * connects and closes; `smtp` holds the dialogue of smtp.h.
 *
 *   waiting --timer--> in line --> connecting --> talking --> done()
 *      ^                                                        |
 *      '--------------------------------------------------------'
 *
 * If a backend waits for a PROXY header, the probe sends one first.  The header
 * names the ends of the probe's own connection.
 *
 * If this host could not make a probe, it tries again soon: the backend's
 * health is not known until then.
 *
 * One function hands out every result.  Two probes of a backend never overlap:
 * the pause begins when a probe ends.
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

/* The pause between probes of a backend while its verdict may change. */
#define PROBE_DOUBT_MS 1000

struct probe_result {
	bool passed;
	/* False if this host could not even try (out of sockets or memory).
	 * Such a result must not change the backend's health. */
	bool counts;
	enum reason reason;
	uint16_t code;               /* of the last reply; 0: none */
	char text[REASON_REPLY_MAX]; /* the last reply, or the system's error,
				      * or "" */
	double connect_ms;           /* 0: never connected */
	double total_ms;
};

struct probe;

/* Start probing.  The first probe comes after a random part of PROBE_DOUBT_MS,
 * the others every interval +-10 %. check is copied.  proxy: the header that
 * the backend waits for. done may call any function of this header, also
 * probe_free().  Returns NULL if there is no memory. */
struct probe *
probe_new(struct probes *probes, const struct mx_config_check *check,
	  enum mx_proxy proxy, const struct mx_endpoint *endpoint,
	  void (*done)(void *arg, const struct probe_result *result),
	  void *arg);

/* End the probe without a result, also in mid-dialogue.  NULL is allowed. */
void probe_free(struct probe *probe);

/* While in doubt, the pause is at most PROBE_DOUBT_MS. */
void probe_in_doubt(struct probe *probe, bool in_doubt);

/* Probe in the next round of the loop, unless a probe is under way. */
void probe_now(struct probe *probe);

#endif /* MX_PROBE_H */
