/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-replica: tells the other boxes of a group this box's sessions; see
 * replica.h. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cutguard.h"
#include "folder.h"
#include "hostuser.h"
#include "load.h"
#include "log.h"
#include "owner.h"
#include "replica.h"

#define CONFIG_PATH "/etc/mxsteer/mxsteer.yaml"

static const char usage[] =
	"Usage: mxsteer-replica [-c FILE] [--instance NAME]\n"
	"\n"
	"Tells the other boxes of the group the sessions of this one, and keeps theirs,\n"
	"so that each box can go on with any session.  The key `group` of the\n"
	"configuration that is in force says who they are.\n"
	"\n"
	"  -c FILE          configuration: names the instance and the user\n"
	"                   (default: " CONFIG_PATH ")\n"
	"  --instance NAME  refuse a FILE of another instance\n"
	"  -h, --help       this text\n"
	"  -V, --version    the version\n";

static struct replica replica;

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	event_base_loopbreak(arg);
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
begin(struct event_base *base, const char *instance)
{
	const int error = replica_open(&replica, base, instance);

	if (error != 0)
		log_line(LOG_LEVEL_ERROR, "instance %s: %s", instance,
			 error == -EBUSY ? "another mxsteer-replica is running"
					 : mx_folder_error(error));
	return error;
}

/* Work until a signal.  Returns whether it could begin. */
static bool
run(const char *instance)
{
	struct event_base *base = event_base_new();

	if (base == NULL)
		return false;
	struct event *term = evsignal_new(base, SIGTERM, on_signal, base);
	struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);

	if (term == NULL || interrupt == NULL || event_add(term, NULL) != 0 ||
	    event_add(interrupt, NULL) != 0 || begin(base, instance) != 0)
		return false;
	log_line(LOG_LEVEL_INFO,
		 "replica " MX_VERSION " of instance %s started", instance);
	event_base_dispatch(base);
	replica_close(&replica);
	log_line(LOG_LEVEL_INFO, "replica stopped");
	event_free(term);
	event_free(interrupt);
	event_base_free(base);
	return true;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{"instance", required_argument, NULL, 'i'},
		{0},
	};
	const char *path = CONFIG_PATH, *expected = NULL;
	char instance[MX_NAME_MAX];
	int option;

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
			puts("mxsteer-replica " MX_VERSION);
			return EXIT_SUCCESS;
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
	signal(SIGPIPE, SIG_IGN);
	mx_cutguard_begin();
	return run(instance) ? EXIT_SUCCESS : EXIT_FAILURE;
}
