/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SOURCES_H
#define MX_SOURCES_H

/* The parts of the control plane that reports read.  A report changes none of
 * them.
 * Threads    the event loop. */
struct applier;
struct host;
struct meter;
struct portcheck;
struct publisher;
struct refusals;
struct saver;
struct state;

struct sources {
	const struct state *state;
	const struct publisher *publisher;
	const struct meter *meter;
	const struct host *host;
	const struct refusals *refusals;
	const struct applier *applier; /* has the path of the file in force */
	const struct saver *saver;
	const struct portcheck *portcheck;
	const char *instance;
	const char *start_path; /* of the file that a restart reads */
};

#endif /* MX_SOURCES_H */
