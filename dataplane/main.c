/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-dataplane: moves packets.  This thread only starts the workers, takes
 * up new plans for them and watches that they come round. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>

#include "bondwatch.h"
#include "capturewatch.h"
#include "config.h"
#include "load.h"
#include "eal.h"
#include "filewatch.h"
#include "homing.h"
#include "hotplug.h"
#include "inspection.h"
#include "keepalive.h"
#include "log.h"
#include "notify.h"
#include "planfile.h"
#include "port.h"
#include "privileges.h"
#include "telemetry.h"
#include "regionfile.h"
#include "removal.h"
#include "runtime.h"
#include "sessionfile.h"

#define CONFIG_PATH "/etc/mxsteer/mxsteer.yaml"

/* The pause between two rounds.  A new plan waits half of it on average.  Where
 * workers may sleep, it is longer, so that this thread costs no more than they
 * do. */
#define ROUND_NS 500000
#define ROUND_SLEEPY_NS 2000000

/* The pause between two reports of what the workers use up. */
#define REPORT_NS 200000000

static volatile sig_atomic_t ending;

struct options {
	const char *config_path;
	const char *instance; /* that the file must be of; NULL: any */
	const char *remove;   /* the instance; NULL: none */
	bool check;           /* the file and this machine, and end */
	bool list_ports;
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
		"usage: mxsteer-dataplane [-c FILE] [--instance NAME] [--no-huge]\n"
		"       mxsteer-dataplane --check FILE | --list-ports\n"
		"       mxsteer-dataplane --remove INSTANCE\n"
		"  -c, --config FILE  the configuration (default " CONFIG_PATH
		")\n"
		"      --instance NAME  refuse a configuration of another "
		"instance\n"
		"      --no-huge      do without huge pages\n"
		"      --check FILE   print what hinders a data plane with "
		"this file on this\n"
		"                     machine, and what mends it; status 1 if "
		"mail would stop\n"
		"      --list-ports   print network cards and interfaces, and "
		"how to use them\n"
		"      --remove INSTANCE  remove the plan, the sessions and the "
		"twins of an\n"
		"                     instance that does not run\n"
		"  -V, --version\n"
		"  -h, --help\n");
}

/* Returns false if the process is done, with its exit status. */
static bool
parse_options(int argc, char **argv, struct options *options, int *status)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"instance", required_argument, NULL, 'i'},
		{"no-huge", no_argument, NULL, 'n'},
		{"check", required_argument, NULL, 'k'},
		{"list-ports", no_argument, NULL, 'l'},
		{"remove", required_argument, NULL, 'r'},
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
		case 'i':
			options->instance = optarg;
			break;
		case 'n':
			options->no_huge = true;
			break;
		case 'k':
			options->check = true;
			options->config_path = optarg;
			break;
		case 'l':
			options->list_ports = true;
			break;
		case 'r':
			options->remove = optarg;
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
		fprintf(stderr, "expected no argument, found %s\n",
			argv[optind]);
		usage(stderr);
		*status = 2;
		return false;
	}
	return true;
}

static struct mx_config *
load_config(const char *path, const char *instance)
{
	struct mx_config_errors errors = {0};
	struct mx_config *config = mx_config_load_for(path, instance, &errors);

	for (uint16_t i = 0; i < errors.count && i < MX_CONFIG_ERRORS_MAX; i++)
		log_line(LOG_LEVEL_ERROR, "%s", errors.text[i]);
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

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Pause for a whole round.  DPDK's driver of TAPs interrupts this thread for
 * each frame from the kernel. */
static void
pause_round(struct timespec round)
{
	while (nanosleep(&round, &round) < 0 && errno == EINTR && !ending)
		;
}

/* Look for files that come and go. */
static void
look_for_files(struct runtime *runtime, struct capturewatch *captures,
	       uint32_t now_s)
{
	const struct active_plan *active = atomic_load_explicit(
		&runtime->swap.current, memory_order_relaxed);

	capturewatch_poll(captures, now_s);
	shadowwatch_poll(&runtime->shadowwatch, active->plan.box, now_s);
}

/* May this box not be announced? */
static enum mx_announce_hold
hold_of(const struct runtime *runtime, uint32_t now_s)
{
	if (watchdog_is_late(&runtime->watchdog))
		return MX_ANNOUNCE_STALLS;
	for (uint16_t i = 0; i < runtime->watchdog.workers; i++)
		if (homing_waits(runtime->worker[i], now_s))
			return MX_ANNOUNCE_HOMES;
	return MX_ANNOUNCE_GOES;
}

/* Tell the neighbours and the routers which addresses are here. */
static void
announce(struct runtime *runtime, uint64_t now)
{
	const struct active_plan *active = atomic_load_explicit(
		&runtime->swap.current, memory_order_relaxed);

	planroutes_poll(&runtime->routes, &active->plan,
			hold_of(runtime, (uint32_t)(now / 1000)), now);
	announcer_poll(&runtime->announcer, active, now);
}

/* Returns the exit status. */
static int
run(struct runtime *runtime, const struct mx_config *config,
    struct filewatch *watch, struct capturewatch *captures,
    struct mx_plan_reader *plans)
{
	const struct timespec round = {.tv_nsec = config->dataplane.idle ==
								  MX_IDLE_SLEEP
							  ? ROUND_SLEEPY_NS
							  : ROUND_NS};
	const uint64_t report_rounds = REPORT_NS / (uint64_t)round.tv_nsec;
	struct mx_region_ack *ack = &runtime->region->ack;
	struct keepalive keepalive;
	uint64_t heartbeat = 0;
	int error = 0;

	keepalive_begin(&keepalive, runtime->region->worker,
			config->dataplane.worker_count);

	log_line(LOG_LEVEL_INFO,
		 "data plane %s up: %u workers, %u ports, %u sessions kept, "
		 "plan %lu",
		 config->instance, config->dataplane.worker_count,
		 config->dataplane.port_count, runtime->sessions_kept,
		 atomic_load_explicit(&ack->adopted, memory_order_relaxed));
	while (!ending && error == 0) {
		const uint64_t now = now_ms();

		mx_plan_reader_poll(plans, runtime->region);
		plan_swap_poll(&runtime->swap);
		capturewatch_carry(captures);
		watchdog_poll(&runtime->watchdog);
		announce(runtime, now);
		if (heartbeat % report_rounds == 0) {
			snat_report(&runtime->swap.snat, runtime->region->snat);
			/* First, since it may give a port its link back. */
			bondwatch_poll(&runtime->linkwatch, now);
			error = filewatch_poll(watch);
			if (error == 0)
				error = linkwatch_poll(&runtime->linkwatch,
						       now);
			if (error == 0)
				error = hotplug_poll(runtime);
			rsswatch_poll(&runtime->rsswatch);
			mx_plan_reader_look(plans);
			look_for_files(runtime, captures,
				       (uint32_t)(now / 1000));
			keepalive_poll(
				&keepalive, config->dataplane.port_count,
				atomic_load_explicit(&ack->adopted,
						     memory_order_relaxed),
				now);
		}
		atomic_store_explicit(&ack->heartbeat, ++heartbeat,
				      memory_order_relaxed);
		pause_round(round);
	}
	notify_send("STOPPING=1");
	planroutes_end(&runtime->routes);
	log_line(LOG_LEVEL_INFO, "data plane %s ends; its sessions are kept",
		 config->instance);
	return error == 0 ? EXIT_SUCCESS : EX_TEMPFAIL;
}

/* Open the region, once everything that can fail without it has not. */
static struct mx_region *
open_region(const char *instance, int *fd)
{
	const unsigned moved = session_file_upgrade(instance);

	if (moved > 0)
		log_line(LOG_LEVEL_INFO,
			 "%u files of an older version are moved to "
			 "%s/mxsteer.%s",
			 moved, MX_FOLDER_BASE, instance);
	struct mx_region *region = mx_region_create(instance, fd);
	if (region == NULL && errno == ENOSPC)
		log_line(
			LOG_LEVEL_ERROR,
			"%s is full: the region of instance %s needs %zu MiB there",
			MX_FOLDER_BASE, instance,
			sizeof(*region) / (1024 * 1024) + 1);
	else if (region == NULL)
		log_line(LOG_LEVEL_ERROR, MX_FOLDER_BASE "/mxsteer.%s: %s",
			 instance, mx_folder_error(-errno));
	return region;
}

/* A start that failed removes what it made, and keeps the files that were there
 * before. */
static void
abandon(struct runtime *runtime, const char *instance)
{
	runtime_abandon(runtime, instance);
	if (atomic_load_explicit(&runtime->region->generation,
				 memory_order_relaxed) == 0)
		mx_region_unlink(instance);
}

static int
serve(const struct options *options, const struct mx_config *config,
      struct mx_role *role)
{
	static struct runtime runtime;
	struct filewatch watch = {.runtime = &runtime, .role = role};
	struct eal_memory memory;
	struct mx_plan_reader plans;
	struct capturewatch captures = {.runtime = &runtime,
					.instance = config->instance};

	catch_signals();
	if (eal_start(config, options->no_huge, &memory) != 0)
		return EXIT_FAILURE;
	struct mx_region *region =
		open_region(config->instance, &watch.region_fd);
	if (region == NULL)
		return EXIT_FAILURE;
	mx_plan_reader_init(&plans, config->instance);
	mx_plan_reader_look(&plans);
	mx_plan_reader_poll(&plans, region);
	if (config->dataplane.telemetry == MX_SWITCH_ON &&
	    telemetry_begin(region) != 0)
		log_line(LOG_LEVEL_WARN,
			 "telemetry: DPDK does not take the commands of "
			 "mxsteer");
	if (runtime_make(&runtime, config, region, &memory) != 0 ||
	    privileges_drop(config) != 0 || runtime_launch(&runtime) != 0) {
		abandon(&runtime, config->instance);
		return EXIT_FAILURE;
	}
	const int status = run(&runtime, config, &watch, &captures, &plans);
	runtime_stop(&runtime);
	capturewatch_end(&captures);
	runtime_free(&runtime, config);
	telemetry_end();
	eal_end(config);
	mx_plan_reader_close(&plans);
	mx_region_close(region, watch.region_fd);
	return status;
}

/* The role comes first: no port and no file is touched without it. */
static bool
claim_role(struct mx_role *role, const char *instance)
{
	char holder[MX_ROLE_HOLDER_MAX];
	const int error = mx_role_claim(role, MX_ROLE_DATAPLANE, instance);

	if (error == -EBUSY)
		log_line(LOG_LEVEL_ERROR,
			 "a data plane of instance %s is running already "
			 "(%s)",
			 instance, mx_role_holder(role, holder));
	else if (error != 0)
		log_line(LOG_LEVEL_ERROR, MX_FOLDER_BASE "/mxsteer.%s: %s",
			 instance, mx_folder_error(error));
	else if (role->name_fd < 0)
		log_line(LOG_LEVEL_WARN,
			 "another user has bound the socket "
			 "@mxsteer.%s.dataplane: find out who",
			 instance);
	return error == 0;
}

int
main(int argc, char **argv)
{
	struct options options = {.config_path = CONFIG_PATH};
	struct mx_role role;
	int status;

	if (!parse_options(argc, argv, &options, &status))
		return status;
	if (options.list_ports)
		return inspection_ports();
	if (options.remove != NULL)
		return removal_run(options.remove);
	/* After a restart by smallpages.h the kernel's name for it is exe. */
	prctl(PR_SET_NAME, "mxsteer-dataplane");
	struct mx_config *config =
		load_config(options.config_path, options.instance);
	if (config == NULL)
		return EXIT_FAILURE;
	status = EXIT_FAILURE;
	if (options.check) {
		status = inspection_check(options.config_path, config);
	} else if (privileges_find(config) &&
		   claim_role(&role, config->instance)) {
		status = serve(&options, config, &role);
		eal_remove_folder();
		mx_role_release(&role);
	}
	mx_config_free(config);
	return status;
}
