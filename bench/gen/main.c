/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-gen: arguments, ports, the loop, the report. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "command.h"
#include "json.h"
#include "live.h"
#include "port.h"
#include "print.h"

#define EXIT_NO_START 2
#define RESOLVE_MS 10000 /* the time for next hops to answer */

static volatile sig_atomic_t interrupts;
static volatile sig_atomic_t go;

static void
interrupt(int number)
{
	(void)number;
	interrupts = interrupts + 1;
}

static void
start(int number)
{
	(void)number;
	go = 1;
}

/* The first Ctrl-C starts no more sessions.  The second does not wait for
 * sessions. */
static void
run(struct gen *gen, const struct command *command)
{
	uint64_t begin_tsc = rte_rdtsc();
	bool waits = command->gen.wait;
	const uint64_t resolve_tsc = rte_get_tsc_hz() / 1000 * RESOLVE_MS;
	struct live live;
	char text[64];

	live_init(&live, begin_tsc);
	while (!gen_done(gen) && interrupts < 2) {
		const uint64_t now_tsc = rte_rdtsc();

		if (interrupts > 0)
			gen_stop(gen);
		if (waits && go) {
			gen_go(gen);
			waits = false;
			begin_tsc = now_tsc;
		}
		if (!command->quiet)
			live_show(&live, gen, &command->gen, now_tsc);
		if (gen_poll(gen, now_tsc) > 0)
			continue;
		if (!waits && now_tsc - begin_tsc > resolve_tsc &&
		    gen_unresolved(gen, text) != NULL)
			break;
		if (command->nap_us > 0)
			usleep(command->nap_us);
	}
	live_end(&live);
}

static int
tell(const struct gen *gen, const struct command *command)
{
	static struct gen_report report;
	int error = 0;

	gen_report_read(gen, &report);
	print_report(stdout, &command->gen, &report);
	if (command->json != NULL) {
		json_t *json = json_report(&command->gen, &report);

		error = json_write(command->json, json, command->argc,
				   command->argv);
		json_decref(json);
	}
	if (error != 0)
		fprintf(stderr, "cannot write %s\n", command->json);
	return error == 0 && report.valid && report.clean ? EXIT_SUCCESS
							  : EXIT_FAILURE;
}

int
main(int argc, char *argv[])
{
	static struct command command;
	int status;

	const int parsed = command_parse(&command, argc, argv);
	if (parsed != 0) {
		if (parsed > 0)
			command_help();
		return parsed > 0 ? EXIT_SUCCESS : EXIT_NO_START;
	}
	if (ports_start(&command) != 0)
		return EXIT_NO_START;
	struct gen *gen = gen_make(&command.gen);
	if (gen == NULL) {
		fprintf(stderr,
			"no %lu MiB of memory for %u sessions at once\n",
			gen_memory_bytes(&command.gen) >> 20,
			command.gen.at_once);
		return EXIT_NO_START;
	}
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	signal(SIGUSR1, start);
	run(gen, &command);
	status = tell(gen, &command);
	gen_free(gen);
	ports_stop(&command);
	return status;
}
