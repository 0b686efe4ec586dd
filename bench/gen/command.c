/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>

#include "endpoint.h"
#include "prefix.h"

#define SMTP_PORT 25

/* The defaults of --ring: networks that are reserved for measuring (RFC
 * 2544). */
#define RING_CLIENTS "198.18.0.0/16"
#define RING_SERVER "198.19.0.1"

static bool
set_flag(void *field, const char *text)
{
	(void)text;
	*(bool *)field = true;
	return true;
}

static bool
read_addr(void *field, const char *text)
{
	return mx_addr_parse(text, field) == 0;
}

/* Parse an address with a port, or with SMTP's port. */
static bool
read_endpoint(struct mx_endpoint *endpoint, const char *text)
{
	if (mx_endpoint_parse(text, endpoint) == 0)
		return true;
	endpoint->port_be = htons(SMTP_PORT);
	return mx_addr_parse(text, &endpoint->addr) == 0;
}

static bool
add_target(void *field, const char *text)
{
	struct gen_options *gen = field;

	return gen->target_count < GEN_TARGETS_MAX &&
	       read_endpoint(&gen->target[gen->target_count++], text);
}

static bool
add_server(void *field, const char *text)
{
	struct gen_options *gen = field;

	return gen->mta_count < GEN_BACKENDS_MAX &&
	       read_endpoint(&gen->mta[gen->mta_count++], text);
}

static bool
add_prefix(void *field, const char *text)
{
	struct gen_options *gen = field;
	struct mx_config_prefix prefix;

	if (gen->prefix_count == GEN_PREFIXES_MAX ||
	    mx_prefix_parse(text, &prefix) != 0)
		return false;
	prefix = mx_prefix_trim(&prefix);
	gen->prefix[gen->prefix_count++] = (struct gen_prefix){
		.addr = prefix.addr,
		.bits = (uint8_t)(prefix.bits +
				  (mx_addr_is4(&prefix.addr) ? 96 : 0)),
	};
	return true;
}

/* The addresses by family. */
static bool
set_gateway(void *field, const char *text)
{
	struct gen_side *side = field;
	struct mx_addr addr;

	if (mx_addr_parse(text, &addr) != 0)
		return false;
	side->gateway[!mx_addr_is4(&addr)] = addr;
	return true;
}

static bool
set_size(void *field, const char *text)
{
	struct gen_mix *mix = field;
	const char *colon = strchr(text, ':');

	if (strcmp(text, "mail") == 0) {
		mix->size_kind = GEN_SIZE_MAIL;
		return true;
	}
	if (strncmp(text, "exp:", 4) == 0) {
		mix->size_kind = GEN_SIZE_EXPONENTIAL;
		return value_u32(&mix->size_low, colon + 1);
	}
	mix->size_kind = GEN_SIZE_UNIFORM;
	return value_range32(&mix->size_low, text);
}

static bool
set_seen(void *field, const char *text)
{
	static const struct {
		const char *name;
		enum gen_seen seen;
	} names[] = {{"hidden", GEN_SEEN_NOBODY},
		     {"source", GEN_SEEN_SOURCE},
		     {"proxy-v1", GEN_SEEN_PROXY_V1},
		     {"proxy-v2", GEN_SEEN_PROXY_V2}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i].name) != 0)
			continue;
		*(enum gen_seen *)field = names[i].seen;
		return true;
	}
	return false;
}

#define AT(field) offsetof(struct command, field)

/* value: its name in the help; NULL: the option has no value. */
static const struct row {
	const char *name;
	const char *value;
	bool (*read)(void *field, const char *text);
	size_t field;
	const char *help;
} rows[] = {
	/* clang-format off */
{NULL, NULL, NULL, 0, "Where"},
{"ring", NULL, set_flag, AT(ring), "clients and servers joined in memory; needs no root"},
{"client-vdev", "DEV", value_device, AT(client_device), "the clients' port: a virtual device, or a PCI address"},
{"server-vdev", "DEV", value_device, AT(server_device), "the servers' port; one of the two may be left out"},
{"core", "N", value_u32, AT(core), "the CPU core to run on (the first that it may)"},
{"huge", NULL, set_flag, AT(huge), "use huge pages"},
{"mbufs", "N", value_u32, AT(mbufs), "frame buffers (16k)"},
{NULL, NULL, NULL, 0, "Who"},
{"clients", "PREFIX", add_prefix, AT(gen), "clients are all addresses of it; may be repeated"},
{"target", "ADDR[:PORT]", add_target, AT(gen), "where they connect to: the VIP; may be repeated"},
{"server", "ADDR[:PORT]", add_server, AT(gen), "an MTA to be; may be repeated"},
{"server-vip", "ADDR", read_addr, AT(gen.server_vip), "which all MTAs take too, without ARP (dsr)"},
{"client-gateway", "ADDR", set_gateway, AT(gen.client), "the clients' next hop, one a family"},
{"server-gateway", "ADDR", set_gateway, AT(gen.server), "the servers' (back where segments came from)"},
{"peer-mac", "MAC", value_mac, AT(gen.client.peer_mac), "of the clients' next hop; else it is asked for"},
{"client-seen", "HOW", set_seen, AT(gen.seen), "by servers: proxy-v1, proxy-v2, source or hidden"},
{NULL, NULL, NULL, 0, "How many"},
{"rate", "N/s", value_rate, AT(gen.rate), "start so many sessions a second, come what may"},
{"poisson", NULL, set_flag, AT(gen.poisson), "at random intervals"},
{"sessions", "N", value_u64, AT(gen.sessions), "in all; 0: no limit (1000, or 0 with --duration)"},
{"wait", NULL, set_flag, AT(gen.wait), "servers answer; sessions start at SIGUSR1"},
{"duration", "TIME", value_long_ms, AT(gen.duration_ms), "start sessions for so long: 10s, 5m"},
{"at-once", "N", value_u32, AT(gen.at_once), "sessions at a time; without --rate, always so many (100)"},
{"drain", "TIME", value_ms, AT(gen.drain_ms), "for sessions to end after the last start (10s)"},
{"timeout", "TIME", value_ms, AT(gen.timeout_ms), "after which a client gives up silence (60s)"},
{NULL, NULL, NULL, 0, "What sessions are like (shares: 0.05 or 5%)"},
{"size", "SIZE", set_size, AT(gen.mix), "of messages: 1000, 500-20k, exp:8k, or mail"},
{"messages", "N[-M]", value_range16, AT(gen.mix.messages_low), "of a session (1)"},
{"recipients", "N[-M]", value_range8, AT(gen.mix.recipients_low), "of a message, 20 at most (1)"},
{"recipient", "ADDR", value_text, AT(gen.recipient), "whom all mail is for: real MTAs are choosy"},
{"pipelining", "SHARE", value_share, AT(gen.mix.pipelining), "send MAIL, RCPT and DATA in one go"},
{"slow", "SHARE", value_share, AT(gen.mix.slow), "trickle their messages"},
{"slow-bytes", "N", value_u32, AT(gen.mix.slow_bytes), "so many at a time (100)"},
{"slow-gap", "TIME", value_ms, AT(gen.mix.slow_gap_ms), "so often (100ms)"},
{"idle", "SHARE", value_share, AT(gen.mix.idle), "say nothing after the greeting, then QUIT"},
{"idle-for", "TIME", value_ms, AT(gen.mix.idle_ms), "for so long (10s)"},
{"early", "SHARE", value_share, AT(gen.mix.early), "speak before the greeting"},
{"abort", "SHARE", value_share, AT(gen.mix.abort), "reset the connection in mid-session"},
{NULL, NULL, NULL, 0, "How servers behave"},
{"delay", "TIME[-TIME]", value_range_ms, AT(gen.behaviour.delay_low_ms), "before each reply"},
{"busy", "SHARE", value_share, AT(gen.behaviour.busy), "greet with 421"},
{"refuse-4xx", "SHARE", value_share, AT(gen.behaviour.refuse4), "of MAIL, RCPT and final dots"},
{"refuse-5xx", "SHARE", value_share, AT(gen.behaviour.refuse5), "the same, for good"},
{NULL, NULL, NULL, 0, "The rest"},
{"seed", "N", value_u64, AT(gen.seed), "the same seed, the same sessions (1)"},
{"client-drop-every", "N", value_u32, AT(gen.client.drop_every), "lose each n-th frame that clients send"},
{"server-drop-every", "N", value_u32, AT(gen.server.drop_every), "lose each n-th frame that servers send"},
{"nap", "US", value_u32, AT(nap_us), "sleep so long when idle: for a shared core"},
{"json", "FILE", value_text, AT(json), "write everything there"},
{"quiet", NULL, set_flag, AT(quiet), "no line a second"},
	/* clang-format on */
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char intro[] =
	"usage: mxsteer-gen [OPTION]... [-- EAL OPTION...]\n"
	"SMTP clients and SMTP servers, by DPDK: how much mail does it carry?\n"
	"\n"
	"How fast is this machine by itself?\n"
	"  mxsteer-gen --ring --sessions 1M --at-once 1000\n"
	"20,000 sessions/s through a balancer, PROXY headers checked:\n"
	"  mxsteer-gen --client-vdev net_af_packet0,iface=eth1 \\\n"
	"      --server-vdev net_af_packet1,iface=eth2 \\\n"
	"      --clients 198.51.100.128/25 --target 198.51.100.25 \\\n"
	"      --server 10.0.2.11 --server 10.0.2.12 --client-seen proxy-v2 \\\n"
	"      --rate 20k --poisson --duration 10s --at-once 50k\n"
	"Hold a million idle sessions for a minute:\n"
	"  mxsteer-gen --ring --at-once 1M --sessions 1M --idle 1 --idle-for 60s "
	"\\\n"
	"      --drain 90s\n";

void
command_help(void)
{
	char left[64];

	fputs(intro, stdout);
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];

		if (row->name == NULL) {
			printf("\n%s:\n", row->help);
			continue;
		}
		snprintf(left, sizeof(left), "--%s%s%s", row->name,
			 row->value != NULL ? " " : "",
			 row->value != NULL ? row->value : "");
		printf("  %-26s %s\n", left, row->help);
	}
	puts("\nExit status: 0 if the run was valid and no mail was lost, 1 if "
	     "not, 2 if it\ncould not start.");
}

static const struct row *
find_row(const char *name, size_t bytes)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].name != NULL && strlen(rows[i].name) == bytes &&
		    memcmp(rows[i].name, name, bytes) == 0)
			return &rows[i];
	return NULL;
}

/* Parse "--name value" or "--name=value" at argv[*at]. */
static int
read_option(struct command *command, char *argv[], int *at)
{
	const char *name = argv[*at] + 2;
	const size_t bytes = strcspn(name, "=");
	const struct row *row =
		strncmp(argv[*at], "--", 2) == 0 ? find_row(name, bytes) : NULL;
	const char *value = name[bytes] == '=' ? name + bytes + 1 : NULL;

	if (row == NULL) {
		fprintf(stderr, "%s: no such option; see --help\n", argv[*at]);
		return -EINVAL;
	}
	if (row->value != NULL && value == NULL)
		value = argv[++*at];
	if ((row->value != NULL) != (value != NULL)) {
		fprintf(stderr, "--%s: wants %s\n", row->name,
			row->value != NULL ? row->value : "no value");
		return -EINVAL;
	}
	if (!row->read((char *)command + row->field, value)) {
		fprintf(stderr, "--%s: expected %s, found \"%s\"\n", row->name,
			row->value, value);
		return -EINVAL;
	}
	return 0;
}

/* Set what follows from the given options. */
static void
complete(struct command *command, bool sessions_said)
{
	struct gen_options *gen = &command->gen;

	gen->client.on = command->ring || command->client_device[0] != '\0';
	gen->server.on = command->ring || command->server_device[0] != '\0';
	if (gen->duration_ms > 0 && !sessions_said)
		gen->sessions = 0;
	if (!command->ring)
		return;
	if (gen->mta_count == 0)
		add_server(gen, RING_SERVER);
	if (gen->prefix_count == 0)
		add_prefix(gen, RING_CLIENTS);
	for (uint16_t i = 0; gen->target_count == 0 && i < gen->mta_count &&
			     i < GEN_TARGETS_MAX;
	     i++)
		gen->target[i] = gen->mta[i];
	if (gen->target_count == 0)
		gen->target_count = gen->mta_count < GEN_TARGETS_MAX
					    ? gen->mta_count
					    : GEN_TARGETS_MAX;
}

static int
take_eal(struct command *command, int argc, char *argv[], int at)
{
	for (; at < argc; at++) {
		if (command->eal_count == COMMAND_EAL_MAX) {
			fprintf(stderr, "%d EAL options at most\n",
				COMMAND_EAL_MAX);
			return -EINVAL;
		}
		command->eal[command->eal_count++] = argv[at];
	}
	return 0;
}

/* The first CPU that taskset(1) has left. */
static uint32_t
first_core(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return 0;
	for (uint32_t core = 0; core < CPU_SETSIZE; core++)
		if (CPU_ISSET(core, &cpus))
			return core;
	return 0;
}

int
command_parse(struct command *command, int argc, char *argv[])
{
	bool sessions_said = false;
	int error = 0;
	int at;

	*command = (struct command){.core = first_core(),
				    .mbufs = 16384,
				    .argc = argc,
				    .argv = argv};
	gen_options_default(&command->gen);
	command->gen.client.mac =
		(struct rte_ether_addr){{0x02, 0, 0, 0, 1, 0}};
	command->gen.server.mac =
		(struct rte_ether_addr){{0x02, 0, 0, 0, 2, 0}};
	command->gen.client.mtu = RTE_ETHER_MTU;
	command->gen.server.mtu = RTE_ETHER_MTU;
	/* Only --ring needs no other device. */
	for (at = 1; at < argc && strcmp(argv[at], "--") != 0; at++)
		if (strcmp(argv[at], "--ring") == 0)
			command->gen.seen = GEN_SEEN_SOURCE;
	for (at = 1; at < argc && error == 0; at++) {
		if (strcmp(argv[at], "--help") == 0)
			return 1;
		if (strcmp(argv[at], "--") == 0) {
			error = take_eal(command, argc, argv, at + 1);
			break;
		}
		sessions_said |= strncmp(argv[at], "--sessions", 10) == 0;
		error = read_option(command, argv, &at);
	}
	if (error != 0)
		return error;
	complete(command, sessions_said);
	const char *fault = gen_options_fault(&command->gen);
	if (fault != NULL) {
		fprintf(stderr, "%s; see --help\n", fault);
		return -EINVAL;
	}
	return 0;
}
