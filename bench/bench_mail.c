/* SPDX-License-Identifier: BSD-3-Clause */
/* The balancer's cost of a whole SMTP session: one message of 4 kB, from the
 * SYN to the last ACK.
 *
 * Method: segments of clients and MTAs (mxsteer-gen) pass a real worker over
 * ports made of rings, all on one core.  Only polls that moved a frame count.
 *
 *   taskset -c 1 build/bench/bench_mail [--json] */
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "figure.h"
#include "mail.h"

#define RUNS 7
#define SESSIONS 20000u
#define TABLE 65536u
#define SNATS 2
#define MESSAGE_BYTES 4000
#define AT_ONCE 128 /* no more frames are under way than a ring has */

static const struct subject {
	const char *name;
	enum rig_service service;
	bool client6;
} subjects[] = {
	{"session, fullnat 4 -> 4", RIG_FULLNAT_TO4, false},
	{"session, fullnat 6 -> 6", RIG_FULLNAT_TO6, true},
	{"session, fullnat 6 -> 4", RIG_FULLNAT_TO4, true},
	{"session, fullnat 4 -> 4, PROXY v2", RIG_V2_TO4, false},
	{"session, nat 4", RIG_NAT_TO4, false},
};

/* Microseconds of the worker for a session. */
static double
measure(const struct subject *subject)
{
	static struct gen_report report;
	struct rig *rig = rig_make_sized(1, TABLE, SNATS);
	struct gen_options options =
		mail_options(subject->service, subject->client6);

	options.sessions = SESSIONS;
	options.at_once = AT_ONCE;
	options.mix.size_low = MESSAGE_BYTES;
	options.mix.size_high = MESSAGE_BYTES;
	const uint64_t busy_tsc = mail_run(rig, &options, &report);
	rig_free(rig);
	/* Failed sessions would make the figure wrong. */
	if (report.traffic.ended[GEN_COMPLETED] != SESSIONS || !report.clean) {
		fprintf(stderr, "%s: not all mail arrived: %s\n", subject->name,
			report.verdict);
		exit(EXIT_FAILURE);
	}
	return (double)busy_tsc / (double)rte_get_tsc_hz() * 1e6 / SESSIONS;
}

int
main(int argc, char **argv)
{
	struct figures figures = figures_begin(argc, argv);
	double us[RUNS];

	rig_start_dpdk_huge();
	for (size_t i = 0; i < RTE_DIM(subjects); i++) {
		for (int run = 0; run < RUNS; run++)
			us[run] = measure(&subjects[i]);
		figures_add(&figures, subjects[i].name, "us", us, RUNS);
	}
	figures_end(&figures);
	return EXIT_SUCCESS;
}
