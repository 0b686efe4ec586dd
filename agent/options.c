/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT 9707

static const char help[] =
	"usage: mxsteer-agent [OPTIONS]                answer balancers\n"
	"       mxsteer-agent drain|maint|ready [WHY]  tell all of them\n"
	"       mxsteer-agent show                     the state that is told\n"
	"\n"
	"Tells mxsteer and HAProxy (agent-check) how much mail the MTA on this host\n"
	"can take.  Each connection gets one line, such as\n"
	"\n"
	"  up 65% # cpu 68% memory 41% queue 310\n"
	"\n"
	"The weight is 100% while CPU, memory and mail queue are easy, and falls to 5%\n"
	"as one of them gets full.  The lowest of the three counts.\n"
	"\n"
	"  -l, --listen [ADDRESS:]PORT  where to answer (9707, at all addresses); up\n"
	"                               to 8 times\n"
	"  -a, --allow PREFIX           who may ask, such as 10.0.2.1 or 10.0.2.0/24; up\n"
	"                               to 32 times (private networks: RFC 1918, ULA)\n"
	"      --state FILE             the file of drain, maint and ready\n"
	"                               (/var/lib/mxsteer-agent/state)\n"
	"      --postfix DIR            a queue of Postfix (/var/spool/postfix, if there)\n"
	"      --exim DIR               a queue of Exim (/var/spool/exim4, if there)\n"
	"      --cpu EASY-FULL          percent in use (50-100); off: do not look\n"
	"      --memory EASY-FULL       percent in use (80-95), or off\n"
	"      --queue EASY-FULL        messages (2000-20000), or off\n"
	"  -h, --help                   this text;  -V, --version\n"
	"\n"
	"drain: no new sessions; those that are there go on.  maint: the same, and the\n"
	"MTA is not checked.  Both stay until `ready`, also after a restart.  The file\n"
	"has the same words, and any program may write it: echo drain >FILE.\n"
	"mxsteer keeps the operator's drain apart from the agent's.  HAProxy does not:\n"
	"so the agent says `ready` only in its first 10 replies to each balancer, after\n"
	"its start and after drain or maint.\n"
	"CPU and memory are those of the whole host, also in a container.\n";

static void stop(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

static void
stop(const char *format, ...)
{
	va_list arguments;

	fputs("mxsteer-agent: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\nmxsteer-agent --help explains the arguments\n", stderr);
	exit(OPTIONS_STATUS_USAGE);
}

static void
add_listen(struct server_task *task, const char *text)
{
	if (task->listeners == SERVER_LISTENERS_MAX)
		stop("--listen: expected %d at most", SERVER_LISTENERS_MAX);
	if (!peer_listen_parse(text, &task->listen[task->listeners]))
		stop("--listen: expected a port, or an address and a port, such "
		     "as 10.0.2.11:9707 or [fd00:2::11]:9707, found \"%s\"",
		     text);
	task->listeners++;
}

static void
add_allowed(struct peers *peers, const char *text)
{
	if (peers->count == PEERS_MAX)
		stop("--allow: expected %d at most", PEERS_MAX);
	if (!peer_prefix_parse(text, &peers->prefix[peers->count]))
		stop("--allow: expected an address, or one whose bits behind its "
		     "prefix are zero, such as 10.0.2.0/24, found \"%s\"",
		     text);
	peers->count++;
}

static void
add_queue(struct gauge_task *task, enum queue_kind kind, const char *path)
{
	if (task->queues == QUEUES_MAX)
		stop("expected %d queues at most", QUEUES_MAX);
	task->queue[task->queues++] = (struct queue){kind, path};
}

static void
read_range(const char *name, const char *text, unsigned long most,
	   unsigned long *easy, unsigned long *full)
{
	char end;

	if (strspn(text, "0123456789-") != strlen(text) || text[0] == '-' ||
	    sscanf(text, "%9lu-%9lu%c", easy, full, &end) != 2 ||
	    *easy >= *full || *full > most)
		stop("--%s: expected off, or two numbers, EASY-FULL, the second "
		     "the larger one and at most %lu, found \"%s\"",
		     name, most, text);
}

static void
read_percents(const char *name, const char *text, double *easy, double *full)
{
	unsigned long low = 0, high = 0;

	read_range(name, text, 100, &low, &high);
	*easy = (double)low / 100;
	*full = (double)high / 100;
}

static void
read_scale(struct score_scale *scale, int option, const char *text)
{
	unsigned long easy = 0, full = 0;

	if (strcmp(text, "off") == 0) {
		*(option == 'C'   ? &scale->cpu_off
		  : option == 'M' ? &scale->memory_off
				  : &scale->queue_off) = true;
	} else if (option == 'C') {
		read_percents("cpu", text, &scale->cpu_easy, &scale->cpu_full);
	} else if (option == 'M') {
		read_percents("memory", text, &scale->memory_easy,
			      &scale->memory_full);
	} else {
		read_range("queue", text, QUEUE_LOOK_MAX, &easy, &full);
		scale->queue_easy = easy;
		scale->queue_full = full;
	}
}

/* The words after the options: a command, or none. */
static void
read_command(struct options *options, int argc, char **argv)
{
	char text[REPLY_TEXT_MAX + 16];
	size_t used = 0;

	if (argc == 0)
		return;
	if (strcmp(argv[0], "show") == 0 && argc == 1) {
		options->is_show = true;
		return;
	}
	for (int i = 0; i < argc && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s%s", i > 0 ? " " : "", argv[i]);
	if (!adminfile_parse(text, &options->command))
		stop("expected drain, maint, ready or show, found \"%s\"",
		     argv[0]);
	options->is_command = true;
}

static void
find_queues(struct gauge_task *task)
{
	if (access(QUEUE_POSTFIX "/active", F_OK) == 0)
		add_queue(task, QUEUE_OF_POSTFIX, QUEUE_POSTFIX);
	if (access(QUEUE_EXIM "/input", F_OK) == 0)
		add_queue(task, QUEUE_OF_EXIM, QUEUE_EXIM);
}

/* What was not said. */
static void
fill_defaults(struct options *options)
{
	struct server_task *server = &options->server;

	if (server->listeners == 0)
		server->listen[server->listeners++] = (struct sockaddr_in6){
			.sin6_family = AF_INET6,
			.sin6_addr = in6addr_any,
			.sin6_port = htons(PORT),
		};
	if (server->allowed.count == 0)
		peers_private(&server->allowed);
	if (options->gauge.queues == 0)
		find_queues(&options->gauge);
}

void
options_read(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{"listen", required_argument, NULL, 'l'},
		{"allow", required_argument, NULL, 'a'},
		{"state", required_argument, NULL, 'S'},
		{"postfix", required_argument, NULL, 'P'},
		{"exim", required_argument, NULL, 'E'},
		{"cpu", required_argument, NULL, 'C'},
		{"memory", required_argument, NULL, 'M'},
		{"queue", required_argument, NULL, 'Q'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*options = (struct options){
		.gauge = {.admin_path = OPTIONS_ADMIN_FILE,
			  .scale = SCORE_SCALE},
	};
	while ((option = getopt_long(argc, argv, "l:a:hV", names, NULL)) !=
	       -1) {
		switch (option) {
		case 'l':
			add_listen(&options->server, optarg);
			break;
		case 'a':
			add_allowed(&options->server.allowed, optarg);
			break;
		case 'S':
			options->gauge.admin_path = optarg;
			break;
		case 'P':
			add_queue(&options->gauge, QUEUE_OF_POSTFIX, optarg);
			break;
		case 'E':
			add_queue(&options->gauge, QUEUE_OF_EXIM, optarg);
			break;
		case 'C':
		case 'M':
		case 'Q':
			read_scale(&options->gauge.scale, option, optarg);
			break;
		case 'h':
			fputs(help, stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			puts("mxsteer-agent " MX_VERSION);
			exit(EXIT_SUCCESS);
		default:
			stop("the arguments are wrong");
		}
	}
	read_command(options, argc - optind, argv + optind);
	fill_defaults(options);
}
