/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPORTS_H
#define MX_REPORTS_H

/* Reports: what operators and programs may know of the control plane.  A report
 * makes its rows as JSON, and prints the rows as a table for people.  So a
 * program and a person get the same data.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arguments.h"
#include "sessionwalk.h"
#include "table.h"

struct applier;
struct frame_count;
struct host;
struct likenesses;
struct meter;
struct observer;
struct peerwatch;
struct portcheck;
struct rates;
struct publisher;
struct refusals;
struct saver;
struct state;
struct timings;
struct unserved;
struct web_count;
struct webserver;

/* The parts of the control plane that reports read.  A report changes none of
 * them. */
struct sources {
	const struct state *state;
	const struct publisher *publisher;
	const struct meter *meter;
	const struct host *host;
	const struct refusals *refusals;
	const struct unserved *unserved;
	const struct likenesses *likenesses;
	const struct timings *timings;
	const struct observer *observer;
	const struct rates *rates;
	const struct applier *applier; /* has the path of the file in force */
	const struct saver *saver;
	const struct portcheck *portcheck;
	const struct peerwatch *peers; /* the other boxes of the group */
	bool no_clients; /* the reader may not see addresses of clients */
	const struct webserver *web;
	const struct web_count *web_count;
	const int *web_error; /* errno: why no page is served; 0: all is well */
	const char *instance;
	const char *start_path; /* of the file that a restart reads */
};

#define REPORT_TEXT_MAX 512
#define REPORT_MAC_MAX 18
#define REPORT_TABLES_MAX 4

/* How a report ends.  Data goes with the first three. */
enum report_end {
	REPORT_OK,
	REPORT_WARNING,  /* something is wrong; mail may flow */
	REPORT_CRITICAL, /* mail is being lost, or its state is not known */
	REPORT_REFUSED,  /* what was asked for is not there */
	REPORT_USAGE,    /* the arguments are wrong */
	REPORT_ENDS,
};

struct report_result {
	enum report_end end;
	char text[REPORT_TEXT_MAX]; /* why there is no data */
};

/* How a report is made that reads all sessions: in slices of some ms, so that
 * nothing else waits for it. */
struct report_slices {
	/* As rows() of struct report, but for what it returns: the work, which
	 * end() frees. */
	void *(*begin)(const struct sources *sources,
		       const struct arguments *arguments,
		       struct report_result *result);

	/* Do a slice.  Returns false when the work is done, or cannot be. */
	bool (*step)(void *work);

	/* How much of it is done, in percent. */
	unsigned (*percent)(const void *work);

	/* Free the work.  Returns what rows() would; or NULL, if the work is not
	 * done. */
	json_t *(*end)(void *work, struct report_result *result);

	/* If the text is long: print the lines before the first table, which has
	 * the rows, and those behind it.  Then print() is NULL.  NULL:
	 * print() prints all. */
	void (*head)(FILE *out, const json_t *data);
	void (*foot)(FILE *out, const json_t *data);
};

struct report {
	/* NULL: it has slices.
	 * arguments: as the command's grammar allows.  *result is zeroed.
	 * Returns the data, which the caller owns; or NULL, with the reason in
	 * *result, which is empty if there was no memory. */
	json_t *(*rows)(const struct sources *sources,
			const struct arguments *arguments,
			struct report_result *result);

	/* May change the data. */
	void (*print)(FILE *out, json_t *data, const struct table_style *style);

	/* The tables whose columns can be chosen, up to a NULL. */
	const struct table *tables[REPORT_TABLES_MAX + 1];

	/* Adds keys that only people need, such as an age in words; or NULL. */
	void (*complete)(json_t *data);

	const struct report_slices *slices;
};

/* Set the text and the end REPORT_REFUSED.  Returns NULL. */
json_t *report_refuse(struct report_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Set the text and the end REPORT_USAGE.  Returns NULL. */
json_t *report_misused(struct report_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Say that there is no such backend, and which names are most like it.  Returns
 * NULL. */
json_t *report_refuse_backend(struct report_result *result,
			      const struct state *state, const char *label);

/* Why all sessions could not be read.  Returns NULL. */
json_t *report_unread(struct report_result *result,
		      enum session_walk_state state);

/* Set a key of a row.  value: NULL becomes null, as where a text was not UTF-8 or
 * there was no memory. */
void report_set(json_t *row, const char *key, json_t *value);
void report_set_count(json_t *row, const char *key, uint64_t count);

/* Set the counts of sessions and packets; and how many sessions begin a second,
 * null if that is not known: less than 0. */
void report_traffic(json_t *row, const struct mx_flow_count *count);
void report_rate(json_t *row, double rate);

/* The region; if there is none, NULL, with the reason in *result. */
const struct mx_region *report_region(const struct sources *sources,
				      struct report_result *result);

/* A MAC address as text.  Returns text. */
const char *report_mac(const uint8_t mac[6], char text[static REPORT_MAC_MAX]);

/* A row of what became of frames. */
json_t *report_frames(const struct frame_count *count);

/* The frames that ports lost, which no worker counts: a row for each port and
 * reason. */
json_t *report_port_losses(const struct mx_region *region);

extern const struct report report_backends;
extern const struct report report_drain;
extern const struct report report_drops;
extern const struct report report_generation;
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
