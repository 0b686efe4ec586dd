/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-dataplane: moves packets.  This thread only starts the workers, takes
 * up new plans for them and watches that they come round. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_eal.h>

#include "config.h"
#include "eal.h"
#include "plant.h"

#define CONFIG_PATH "/etc/mxsteer/mxsteer.yaml"

/* A new plan waits half of this on average; and where workers may sleep, so
 * that this thread costs no more than they. */
#define ROUND_NS 500000
#define ROUND_SLEEPY_NS 2000000

/* Between two reports of what the workers use up. */
#define REPORT_NS 200000000

static volatile sig_atomic_t ending;

struct options {
	const char *config_path;
	bool no_huge;
};

static void
on_signal(int number)
{
	(void)number;
	ending = 1;
}

static void
usage(FILE *to)
{
	fprintf(to,
		"usage: mxsteer-dataplane [-c FILE] [--no-huge]\n"
		"  -c, --config FILE  the configuration (default " CONFIG_PATH
		")\n"
		"      --no-huge      do without huge pages\n"
		"  -V, --version\n"
		"  -h, --help\n");
}

/* Returns false if the process is done, with its exit status. */
static bool
parse_options(int argc, char **argv, struct options *options, int *status)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"no-huge", no_argument, NULL, 'n'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	*status = EXIT_SUCCESS;
	while ((option = getopt_long(argc, argv, "c:Vh", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config_path = optarg;
			break;
		case 'n':
			options->no_huge = true;
			break;
		case 'V':
			printf("mxsteer-dataplane %s\n", MX_VERSION);
			return false;
		case 'h':
			usage(stdout);
			return false;
		default:
			usage(stderr);
			*status = 2;
			return false;
		}
	}
	if (optind < argc) {
		usage(stderr);
		*status = 2;
		return false;
	}
	return true;
}

static struct mx_config *
load_config(const char *path)
{
	struct mx_config_errors errors = {0};
	struct mx_config *config = mx_config_load(path, &errors);

	for (uint16_t i = 0; i < errors.count && i < MX_CONFIG_ERRORS_MAX; i++)
		fprintf(stderr, "error %s\n", errors.text[i]);
	return config;
}

static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
run(struct plant *plant, const struct mx_config *config)
{
	const struct timespec round = {.tv_nsec = config->dataplane.idle ==
								  MX_IDLE_SLEEP
							  ? ROUND_SLEEPY_NS
							  : ROUND_NS};
	const uint64_t report_rounds = REPORT_NS / (uint64_t)round.tv_nsec;
	struct mx_region_ack *ack = &plant->region->ack;
	uint64_t heartbeat = 0;

	fprintf(stderr,
		"info data plane %s up: %u workers, %u ports, %u sessions kept, "
		"plan %lu\n",
		config->instance, config->dataplane.worker_count,
		config->dataplane.port_count, plant->sessions_kept,
		atomic_load_explicit(&ack->adopted, memory_order_relaxed));
	while (!ending) {
		adopter_poll(&plant->adopter);
		watchdog_poll(&plant->watchdog);
		if (heartbeat % report_rounds == 0)
			snat_report(&plant->adopter.snat, plant->region->snat);
		atomic_store_explicit(&ack->heartbeat, ++heartbeat,
				      memory_order_relaxed);
		nanosleep(&round, NULL);
	}
	fprintf(stderr, "info data plane %s ends; its sessions are kept\n",
		config->instance);
}

static int
serve(const struct options *options, const struct mx_config *config)
{
	static struct plant plant;
	bool huge;
	int lock_fd;

	struct mx_region *region = mx_region_create(config->instance, &lock_fd);
	if (region == NULL) {
		if (errno == EBUSY)
			fprintf(stderr,
				"error a data plane of instance %s is running "
				"already\n",
				config->instance);
		else
			fprintf(stderr, "error /dev/shm/mxsteer-%s: %s\n",
				config->instance, strerror(errno));
		return EXIT_FAILURE;
	}
	catch_signals();
	if (eal_start(config, options->no_huge, &huge) != 0 ||
	    plant_make(&plant, config, region, huge) != 0 ||
	    plant_launch(&plant) != 0)
		return EXIT_FAILURE;
	run(&plant, config);
	plant_stop(&plant);
	plant_free(&plant, config);
	rte_eal_cleanup();
	mx_region_close(region, lock_fd);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct options options = {.config_path = CONFIG_PATH};
	int status;

	if (!parse_options(argc, argv, &options, &status))
		return status;
	struct mx_config *config = load_config(options.config_path);
	if (config == NULL)
		return EXIT_FAILURE;
	status = serve(&options, config);
	mx_config_free(config);
	return status;
}
