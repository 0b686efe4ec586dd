/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-log: writes a line for each session that is over; see logger.h. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cutguard.h"
#include "folder.h"
#include "hostuser.h"
#include "line.h"
#include "load.h"
#include "log.h"
#include "logger.h"
#include "owner.h"

#define CONFIG_PATH "/etc/mxsteer/mxsteer.yaml"

/* How long it goes on to write when it is to end. */
#define LAST_MS 5000

static const char usage[] =
	"Usage: mxsteer-log [-c FILE] [--instance NAME]\n"
	"\n"
	"Writes a line for each session that is over, and for each change, as the\n"
	"key `log` of the configuration says that is in force.  SIGHUP opens the log's file again.\n"
	"\n"
	"  -c FILE          configuration: names the instance and the user\n"
	"                   (default: " CONFIG_PATH ")\n"
	"  --instance NAME  refuse a FILE of another instance\n"
	"  --keys           what the keys of a line mean\n"
	"  --syslog PATH    syslog's socket (default: " SOCKETSINK_SYSLOG ")\n"
	"  --journald PATH  journald's (default: " SOCKETSINK_JOURNALD ")\n"
	"  -h, --help       this text\n"
	"  -V, --version    the version\n";

static volatile sig_atomic_t ended, reopen;
static struct logger logger;

static void
on_signal(int number)
{
	if (number == SIGHUP)
		reopen = 1;
	else
		ended = 1;
}

static void
watch_signals(void)
{
	const struct sigaction act = {.sa_handler = on_signal};

	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	mx_cutguard_begin();
}

/* Load the configuration for the instance's name, and become its user. */
static int
take_instance(const char *path, const char *expected,
	      char instance[static MX_NAME_MAX])
{
	static struct mx_config_errors errors;
	struct mx_config *config = mx_config_load_for(path, expected, &errors);

	if (config == NULL) {
		fprintf(stderr, "%s\n", errors.text[0]);
		return -EINVAL;
	}
	snprintf(instance, MX_NAME_MAX, "%s", config->instance);
	const enum mx_owner_found found = mx_owner_set(config->user);
	mx_config_free(config);
	if (found == MX_OWNER_MISSING) {
		log_line(LOG_LEVEL_ERROR,
			 "user: this host has no such user; see "
			 "mxsteer-controlplane");
		return -ENOENT;
	}
	const struct hostuser *owner = mx_owner();
	if (geteuid() != 0 || owner->uid == 0)
		return 0;
	const int error = hostuser_become(owner, owner->gid, 0);
	if (error != 0)
		log_line(LOG_LEVEL_ERROR, "cannot become user %s: %s",
			 owner->name, strerror(-error));
	return error;
}

static int
begin(const char *instance)
{
	logger.instance = instance;
	const int error = logger_open(&logger);
	if (error != 0)
		log_line(LOG_LEVEL_ERROR, "instance %s: %s", instance,
			 error == -EBUSY ? "another mxsteer-log is running"
					 : mx_folder_error(error));
	return error;
}

/* Work until a signal, and then until all is written that can be, or until
 * LAST_MS are over: workers may write records as fast as this reads them. */
static void
run(void)
{
	const struct timespec look = {.tv_nsec = LOGGER_LOOK_MS * 1000000};
	struct timespec now;
	int64_t tend_ms = 0, end_ms = 0;

	for (;;) {
		const bool last = ended;

		clock_gettime(CLOCK_MONOTONIC, &now);
		const int64_t ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
		if (reopen || ms >= tend_ms) {
			const bool again = reopen;

			reopen = 0;
			logger_tend(&logger, again);
			tend_ms = ms + LOGGER_TEND_MS;
		}
		if (last && end_ms == 0)
			end_ms = ms + LAST_MS;
		const bool more = logger_work(&logger);
		if (last && (!more || ms >= end_ms))
			return;
		if (!more)
			nanosleep(&look, NULL);
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{"instance", required_argument, NULL, 'i'},
		{"keys", no_argument, NULL, 'k'},
		{"syslog", required_argument, NULL, 's'},
		{"journald", required_argument, NULL, 'j'},
		{0},
	};
	const char *path = CONFIG_PATH, *expected = NULL;
	char instance[MX_NAME_MAX];
	int option;

	logger.outlet.syslog = SOCKETSINK_SYSLOG;
	logger.outlet.journald = SOCKETSINK_JOURNALD;
	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1)
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'i':
			expected = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("mxsteer-log " MX_VERSION);
			return EXIT_SUCCESS;
		case 'k':
			line_keys(stdout);
			return EXIT_SUCCESS;
		case 's':
			logger.outlet.syslog = optarg;
			break;
		case 'j':
			logger.outlet.journald = optarg;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	if (take_instance(path, expected, instance) != 0)
		return EXIT_FAILURE;
	watch_signals();
	if (begin(instance) != 0)
		return EXIT_FAILURE;
	log_line(LOG_LEVEL_INFO, "log " MX_VERSION " of instance %s started",
		 instance);
	run();
	logger_close(&logger);
	log_line(LOG_LEVEL_INFO, "log stopped: %llu lines in all",
		 (unsigned long long)logger.logged.lines);
	return EXIT_SUCCESS;
}
