/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_H
#define MX_GEN_H

/* mxsteer-gen as a library: SMTP clients and SMTP servers over DPDK queues.
 *
 *   gen_make ----> gen_poll, gen_poll ... until gen_done ----> gen_report_read
 *
 * The client's end and the server's end have a port each.  Every message
 * carries a number that both ends know.  So the generator can judge what is
 * between its ends: a ring, a balancer, a network.  Sessions start by a
 * schedule, and latencies count from the scheduled time, so they include a
 * stall.
 *
 * Time       gen_poll() gets it in TSC cycles; a test may make it up.
 * Memory     gen_make() takes all of it.
 * Threads    one for each generator; several may run at once. */
#include <stdbool.h>
#include <stdint.h>

#include "gencounts.h"
#include "genoptions.h"
#include "report.h"

struct gen;

/* The default options: 1,000 sessions of one message, one at 10 ms. */
void gen_options_default(struct gen_options *options);

/* The reason why options contradict each other, or NULL. */
const char *gen_options_fault(const struct gen_options *options);

/* The most memory that gen_make() will take, without mbufs. */
uint64_t gen_memory_bytes(const struct gen_options *options);

/* Make a generator from options without a fault.  The caller sets up and starts
 * the ports.  Returns NULL if there is no memory. */
struct gen *gen_make(const struct gen_options *options);
void gen_free(struct gen *gen);

/* Do what is due, and read the frames that have come, at most 256 an end.
 * Never blocks. now_tsc never goes back.  Returns how many frames came and
 * sessions started: 0 if both ends were idle. */
uint32_t gen_poll(struct gen *gen, uint64_t now_tsc);

/* Let sessions start, if the options say `wait`. */
void gen_go(struct gen *gen);

/* Start no more sessions; existing sessions may end. */
void gen_stop(struct gen *gen);

/* Have all sessions ended, or is the time for that over?  Always false for a
 * server alone, unless it has been stopped. */
bool gen_done(const struct gen *gen);

/* The next hop that does not answer with its MAC address, as text, or NULL if
 * all have.  No session starts before all have answered. */
const char *gen_unresolved(const struct gen *gen, char text[static 64]);

#endif /* MX_GEN_H */
