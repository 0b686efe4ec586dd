/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPORTS_H
#define MX_REPORTS_H

/* Reports: what operators and programs may know of the control plane.  A report
 * makes its rows as JSON, and prints the rows as a table for people.  So a
 * program and a person get the same data.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

struct applier;
struct host;
struct meter;
struct portcheck;
struct publisher;
struct refusals;
struct saver;
struct state;
struct unserved;

/* The parts of the control plane that reports read.  A report changes none of
 * them. */
struct sources {
	const struct state *state;
	const struct publisher *publisher;
	const struct meter *meter;
	const struct host *host;
	const struct refusals *refusals;
	const struct unserved *unserved;
	const struct applier *applier; /* has the path of the file in force */
	const struct saver *saver;
	const struct portcheck *portcheck;
	const char *instance;
	const char *start_path; /* of the file that a restart reads */
};

#define REPORT_TEXT_MAX 512
#define REPORT_MAC_MAX 18

/* How a report ends.  Data goes with the first three, and with a refusal if the
 * data says more than a text does. */
enum report_end {
	REPORT_OK,
	REPORT_WARNING,  /* mail flows, and something is wrong */
	REPORT_CRITICAL, /* mail is being lost, or its state is not known */
	REPORT_REFUSED,  /* what was asked for is not there */
	REPORT_USAGE,    /* the arguments are wrong */
	REPORT_ENDS,
};

struct report_result {
	enum report_end end;
	char text[REPORT_TEXT_MAX]; /* why there is no data */
};

struct report {
	/* argv has as many arguments as the command allows.  *result is zeroed.
	 * Returns the data, which the caller owns; or NULL, with the reason in
	 * *result, which is empty if there was no memory. */
	json_t *(*rows)(const struct sources *sources, int argc, char **argv,
			struct report_result *result);

	/* May change the data. */
	void (*print)(FILE *out, json_t *data);
};

/* Set the text and the end REPORT_REFUSED.  Returns NULL. */
json_t *report_refuse(struct report_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Set the text and the end REPORT_USAGE.  Returns NULL. */
json_t *report_misused(struct report_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The region; if there is none, NULL, with the reason in *result. */
const struct mx_region *report_region(const struct sources *sources,
				      struct report_result *result);

/* A MAC address as text.  Returns text. */
const char *report_mac(const uint8_t mac[6], char text[static REPORT_MAC_MAX]);

/* The frames that ports lost, which no worker counts: a row for each port and
 * reason. */
json_t *report_port_losses(const struct mx_region *region);

extern const struct report report_backends;
extern const struct report report_drain;
extern const struct report report_drops;
extern const struct report report_generation;
extern const struct report report_lookup;
extern const struct report report_next_hops;
extern const struct report report_pools;
extern const struct report report_ports;
extern const struct report report_retired;
extern const struct report report_services;
extern const struct report report_sessions;
extern const struct report report_snat;
extern const struct report report_status;
extern const struct report report_workers;

#endif /* MX_REPORTS_H */
