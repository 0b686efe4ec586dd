/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-controlplane: arguments, signals, the loop. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "applyqueue.h"
#include "clock.h"
#include "control.h"
#include "cutguard.h"
#include "descriptors.h"
#include "eventlog.h"
#include "identity.h"
#include "log.h"

/* The exit status of wrong arguments, as of the other programs. */
#define STATUS_USAGE 2

static const char usage[] =
	"usage: mxsteer-controlplane [-c FILE] [--instance NAME] [-s SOCKET]\n"
	"                            [--state-dir DIR]\n"
	"  -c FILE          configuration (/etc/mxsteer/mxsteer.yaml)\n"
	"  --instance NAME  refuse a FILE of another instance\n"
	"  -s SOCKET        CLI socket (/run/mxsteer/INSTANCE.sock)\n"
	"  --state-dir DIR  what outlives a restart (/var/lib/mxsteer)\n"
	"  -h, --help       this text; -V, --version\n"
	"Stays in the foreground and logs to stderr.\n"
	"SIGHUP applies FILE again, and logs the outcome; mxsteer config apply "
	"FILE\nalso tells the caller.\n";

/* Returns the options, or does not return. */
static struct control_options
read_arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"instance", required_argument, NULL, 'i'},
		{"socket", required_argument, NULL, 's'},
		{"state-dir", required_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct control_options chosen = {
		.config_path = "/etc/mxsteer/mxsteer.yaml",
		.state_dir = IDENTITY_STATE_FOLDER,
		.confined = true,
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:s:hV", options, NULL)) !=
	       -1) {
		switch (option) {
		case 'c':
			chosen.config_path = optarg;
			break;
		case 'i':
			chosen.expected = optarg;
			break;
		case 's':
			chosen.socket_path = optarg;
			break;
		case 'd':
			chosen.state_dir = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			puts("mxsteer-controlplane " MX_VERSION);
			exit(EXIT_SUCCESS);
		default:
			fputs(usage, stderr);
			exit(STATUS_USAGE);
		}
	}
	if (optind != argc) {
		fprintf(stderr, "expected no argument, found %s\n",
			argv[optind]);
		fputs(usage, stderr);
		exit(STATUS_USAGE);
	}
	return chosen;
}

static void
on_end(evutil_socket_t number, short what, void *base)
{
	(void)number, (void)what;
	event_base_loopbreak(base);
}

static void
on_applied(void *arg, int error, const struct mx_config_errors *errors)
{
	(void)arg;
	if (error != 0)
		apply_log_refusal(LOG_LEVEL_ERROR, "apply by SIGHUP", NULL,
				  errors);
}

/* The file that the process was started with.  A restart reads this file, not
 * one that was applied since. */
static void
on_hangup(evutil_socket_t number, short what, void *arg)
{
	struct control *control = arg;

	(void)number, (void)what;
	const struct apply_order order = {.path = control->start_path,
					  .by = "a hangup signal"};
	apply_file(&control->applier, &order, on_applied, NULL);
}

/* Log a complaint of libevent, at most one in a second: libevent may complain
 * in every turn of the loop. */
static void
on_event_log(int severity, const char *text)
{
	static int64_t last_s;
	const int64_t now_s = clock_s();

	if (severity < EVENT_LOG_WARN || now_s == last_s)
		return;
	last_s = now_s;
	log_line(LOG_LEVEL_WARN, "event loop: %s", text);
}

static int
run(struct event_base *base, const struct control_options *options)
{
	struct control *control = control_new(base, options);

	if (control == NULL)
		return EXIT_FAILURE;
	struct event *signals[] = {
		evsignal_new(base, SIGTERM, on_end, base),
		evsignal_new(base, SIGINT, on_end, base),
		evsignal_new(base, SIGHUP, on_hangup, control),
	};
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		event_add(signals[i], NULL);

	eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, "controlplane",
		      "%s " MX_VERSION " started", control->instance);
	event_base_dispatch(base);
	eventlog_tell(LOG_LEVEL_INFO, EVENT_CONTROL, "controlplane",
		      "%s stopped", control->instance);

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		event_free(signals[i]);
	const bool lost = rolewatch_is_lost(control->role);
	control_free(control);
	return lost ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	const struct control_options options = read_arguments(argc, argv);

	descriptors_raise();
	event_set_log_callback(on_event_log);
	struct event_base *base = event_base_new();

	if (base == NULL) {
		log_line(LOG_LEVEL_ERROR, "not enough memory to start");
		return EXIT_FAILURE;
	}
	/* A client that hangs up while its reply is written must not end the
	 * process. */
	signal(SIGPIPE, SIG_IGN);
	mx_cutguard_begin();
	const int status = run(base, &options);
	event_base_free(base);
	return status;
}
