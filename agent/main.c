/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-agent: on the host of an MTA, it tells balancers how much mail the MTA
 * can take. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "notify.h"
#include "options.h"

static volatile sig_atomic_t ended;

static void
on_end(int number)
{
	(void)number;
	ended = 1;
}

/* A command for the agent that runs: it reads the file within a second. */
static int
write_state(const struct options *options)
{
	const char *path = options->gauge.admin_path;
	const int error = adminfile_write(path, &options->command);

	if (error != 0) {
		fprintf(stderr, "mxsteer-agent: %s: %s\n", path,
			strerror(-error));
		return EXIT_FAILURE;
	}
	printf("%s: balancers are told when they ask next\n",
	       admin_word(options->command.admin));
	return EXIT_SUCCESS;
}

static int
show_state(const struct options *options)
{
	const char *path = options->gauge.admin_path;
	struct adminfile file;
	const int error = adminfile_read(path, &file);

	if (error != 0) {
		fprintf(stderr, "mxsteer-agent: %s: %s\n", path,
			error == -EINVAL ? "expected ready, drain or maint"
					 : strerror(-error));
		return EXIT_FAILURE;
	}
	printf("%s%s%s\n", admin_word(file.admin),
	       file.why[0] != '\0' ? " # " : "", file.why);
	return EXIT_SUCCESS;
}

static int
answer_balancers(const struct options *options)
{
	const struct sigaction end = {.sa_handler = on_end};

	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	signal(SIGPIPE, SIG_IGN);
	struct gauge *gauge = gauge_new(&options->gauge);
	if (gauge == NULL) {
		log_line(LOG_LEVEL_ERROR, "cannot start: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	struct server *server = server_new(&options->server, gauge);
	if (server == NULL)
		return EXIT_FAILURE;
	notify_send("READY=1\nSTATUS=answers balancers");
	log_line(LOG_LEVEL_INFO, "agent " MX_VERSION " started");
	server_run(server, &ended);
	server_free(server);
	log_line(LOG_LEVEL_INFO, "agent stopped");
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct options options;

	options_read(&options, argc, argv);
	if (options.is_show)
		return show_state(&options);
	if (options.is_command)
		return write_state(&options);
	return answer_balancers(&options);
}
