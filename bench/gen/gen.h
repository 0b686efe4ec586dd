/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_H
#define MX_GEN_H

/* mxsteer-gen as a library: SMTP clients and SMTP servers over DPDK queues.
 *
 *   gen_make ----> gen_poll, gen_poll ... until gen_done ----> gen_report_read
 *
 * The client's end and the server's end have a port each, so what lies between
 * them (a ring, a balancer, a network) can be judged: every message carries a
 * number that both ends know.  Sessions start by a schedule, and latencies
 * count from the time a session should have started, so a stall is in them.
 *
 * Time       only what gen_poll() is told, in TSC cycles; a test may make it
 * up. Memory     all of it is taken by gen_make(). Threads    one generator,
 * one thread; several generators may run at once. */
#include <stdbool.h>
#include <stdint.h>

#include "gencounts.h"
#include "genoptions.h"
#include "report.h"

struct gen;

/* What is not asked for: 1,000 sessions of one message, one at 10 ms. */
void gen_options_default(struct gen_options *options);

/* Why options make no sense together, or NULL. */
const char *gen_options_fault(const struct gen_options *options);

/* The most memory that gen_make() will take, mbufs aside. */
uint64_t gen_memory_bytes(const struct gen_options *options);

/* A generator, not yet started; options without fault.  The ports are set up
 * and started by the caller.
 * Returns NULL if there is no memory. */
struct gen *gen_make(const struct gen_options *options);
void gen_free(struct gen *gen);

/* Do what is due, and read what has come, at most 256 frames an end; never
 * blocks.  Time does not go back.
 * Returns how many frames came and sessions started: 0 if all was idle. */
uint32_t gen_poll(struct gen *gen, uint64_t now_tsc);

/* Whoever waits may start. */
void gen_go(struct gen *gen);

/* Start no more sessions; those that are there may end. */
void gen_stop(struct gen *gen);

/* Have all sessions ended, or has the time for that?  Never of a server alone,
 * unless it has been stopped. */
bool gen_done(const struct gen *gen);

/* Who does not answer for its MAC address, as text, or NULL if all have; no
 * session starts before. */
const char *gen_unresolved(const struct gen *gen, char text[static 64]);

#endif /* MX_GEN_H */
