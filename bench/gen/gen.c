/* SPDX-License-Identifier: BSD-3-Clause */
#include "gen.h"

#include <stdlib.h>
#include <sys/mman.h>

#include <rte_cycles.h>

#include "client.h"
#include "endpoll.h"
#include "listen.h"
#include "run.h"
#include "server.h"
#include "start.h"

#define RESEND_MS 200 /* the least of Linux */
#define SERVER_TIMEOUT_MS 900000
#define ASK_MS 100 /* between questions for a MAC address */
#define MTU_MIN 576
#define MTU_MAX 1900 /* of frames that fit an mbuf of 2 KB */

void
gen_options_default(struct gen_options *options)
{
	*options = (struct gen_options){
		.sessions = 1000,
		.at_once = 100,
		.drain_ms = 10000,
		.timeout_ms = 60000,
		.seed = 1,
		.mix = {.size_low = 1000,
			.size_high = 1000,
			.messages_low = 1,
			.messages_high = 1,
			.recipients_low = 1,
			.recipients_high = 1,
			.slow_bytes = 100,
			.slow_gap_ms = 100,
			.idle_ms = 10000},
	};
}

static bool
is_share(double share)
{
	return share >= 0 && share <= 1;
}

static const char *
mix_fault(const struct gen_mix *mix)
{
	if (mix->messages_low > mix->messages_high)
		return "messages: the range is empty";
	if (mix->recipients_low == 0 ||
	    mix->recipients_low > mix->recipients_high ||
	    mix->recipients_high > TEXT_RECIPIENTS_MAX)
		return "recipients: 1 to 20 of a message";
	if (mix->size_low > TEXT_MESSAGE_MAX ||
	    mix->size_high > TEXT_MESSAGE_MAX ||
	    (mix->size_kind == GEN_SIZE_UNIFORM &&
	     mix->size_low > mix->size_high))
		return "size: 0 to 16777215 bytes, the lower one first";
	if (!is_share(mix->pipelining) || !is_share(mix->slow) ||
	    !is_share(mix->idle) || !is_share(mix->early) ||
	    !is_share(mix->abort))
		return "shares are from 0 to 1";
	if (mix->slow > 0 && mix->slow_bytes == 0)
		return "slow senders send at least a byte at a time";
	return NULL;
}

static const char *
side_fault(const struct gen_side *side)
{
	if (side->on && (side->mtu < MTU_MIN || side->mtu > MTU_MAX))
		return "the MTU of a port: 576 to 1900";
	return NULL;
}

static const char *
behaviour_fault(const struct gen_behaviour *behaviour)
{
	if (!is_share(behaviour->busy) || !is_share(behaviour->refuse4) ||
	    !is_share(behaviour->refuse5) ||
	    behaviour->refuse4 + behaviour->refuse5 > 1)
		return "shares are from 0 to 1";
	if (behaviour->delay_low_ms > behaviour->delay_high_ms)
		return "delay: the range is empty";
	return NULL;
}

/* Check families: clients and targets must share one, and clients may have none
 * that no target has. */
static const char *
clients_fault(const struct gen_options *options)
{
	bool aim[2] = {false, false};

	if (options->prefix_count == 0 || options->target_count == 0)
		return "clients want a prefix, and a target";
	for (uint16_t i = 0; i < options->target_count; i++)
		aim[!mx_addr_is4(&options->target[i].addr)] = true;
	for (uint16_t i = 0; i < options->prefix_count; i++)
		if (!aim[!mx_addr_is4(&options->prefix[i].addr)])
			return "clients have no target of their family";
	return NULL;
}

const char *
gen_options_fault(const struct gen_options *options)
{
	const char *fault = mix_fault(&options->mix);
	struct text_rcpt rcpt;

	if (fault == NULL)
		fault = behaviour_fault(&options->behaviour);
	if (fault == NULL)
		fault = side_fault(&options->client);
	if (fault == NULL)
		fault = side_fault(&options->server);
	if (fault == NULL && options->client.on)
		fault = clients_fault(options);
	if (fault == NULL && options->server.on && options->mta_count == 0)
		fault = "servers want an address";
	if (fault == NULL && !options->client.on && !options->server.on)
		fault = "neither clients nor servers";
	if (fault == NULL && !text_rcpt_init(&rcpt, options->recipient))
		fault = "recipient: an address of at most 78 letters";
	if (fault == NULL && options->at_once == 0)
		fault = "at-once: at least one session";
	return fault;
}

/* Servers keep a silent session a little longer than clients do. */
static uint32_t
server_conns(const struct gen_options *options)
{
	return options->at_once + options->at_once / 8 + 64;
}

uint64_t
gen_memory_bytes(const struct gen_options *options)
{
	uint64_t bytes = sizeof(struct gen);

	if (options->client.on)
		bytes += conns_bytes(options->at_once);
	if (options->server.on)
		bytes += conns_bytes(server_conns(options));
	return bytes + options->sessions * options->mix.messages_high;
}

static int
end_init(struct gen *gen, struct end *end, const struct gen_side *side,
	 const struct app *app, uint32_t count)
{
	end->app = app;
	end->gen = gen;
	end->mtu = side->mtu;
	end->mac = side->mac;
	end->resend_ticks = gen_ticks(gen, RESEND_MS);
	end->link = (struct link){
		.port = side->port,
		.queue = side->queue,
		.drop_every = side->drop_every,
		.drop_in = side->drop_every,
		.pool = gen->options.pool,
		.count = &end->count,
	};
	return conns_init(&end->conns, count, gen->options.seed);
}

static void
end_free(struct end *end)
{
	if (end->conns.conn == NULL)
		return;
	link_empty(&end->link);
	conns_free(&end->conns);
}

static int
init_ends(struct gen *gen)
{
	const struct gen_options *options = &gen->options;
	int error;

	if (options->client.on) {
		error = end_init(gen, &gen->client, &options->client,
				 &client_app, options->at_once);
		if (error != 0)
			return error;
		gen->client.owns = client_owns;
		gen->client.silence_ticks = gen_ticks(gen, options->timeout_ms);
		client_init(gen);
	}
	if (options->server.on) {
		error = end_init(gen, &gen->server, &options->server,
				 &server_app, server_conns(options));
		if (error != 0)
			return error;
		gen->server.owns = server_owns;
		gen->server.silence_ticks = gen_ticks(gen, SERVER_TIMEOUT_MS);
		server_init(gen);
	}
	return 0;
}

struct gen *
gen_make(const struct gen_options *options)
{
	struct gen *gen = aligned_alloc(64, RTE_ALIGN(sizeof(*gen), 64));

	if (gen == NULL)
		return NULL;
	memset(gen, 0, sizeof(*gen));
	gen->options = *options;
	gen->random = options->seed;
	gen->waits = options->wait;
	text_rcpt_init(&gen->rcpt, options->recipient);
	/* The largest power of two of cycles within a millisecond. */
	gen->tick_shift =
		63u - (uint32_t)__builtin_clzll(rte_get_tsc_hz() / 1000);
	schedule_init(&gen->schedule,
		      options->rate > 0
			      ? (double)rte_get_tsc_hz() / options->rate
			      : 0,
		      options->poisson, options->sessions, options->seed);
	if (init_ends(gen) != 0 || ids_init(&gen->ids) != 0) {
		gen_free(gen);
		return NULL;
	}
	return gen;
}

void
gen_free(struct gen *gen)
{
	end_free(&gen->client);
	end_free(&gen->server);
	ids_free(&gen->ids);
	free(gen);
}

/* Ask for MAC addresses.  Returns whether all are known. */
static bool
is_resolved(struct gen *gen, struct end *end, uint32_t tick)
{
	if (end->hops.unknown == 0)
		return true;
	if (tick >= end->hops.ask_due) {
		end->hops.ask_due = tick + gen_ticks(gen, ASK_MS);
		neighbour_ask(&end->hops, &end->link);
	}
	return false;
}

/* Start sessions, and end them, by the clock.  The times are noted here. */
static uint32_t
start_sessions(struct gen *gen)
{
	uint32_t started;

	if (gen->begun_tsc == 0) {
		gen->begun_tsc = gen->now_tsc;
		schedule_start(&gen->schedule, gen->now_tsc,
			       gen->options.duration_ms *
				       (rte_get_tsc_hz() / 1000));
	}
	if (gen->over_tsc == 0) {
		started = gen->stopped ? 0 : client_start(gen);
		if (gen->stopped || schedule_over(&gen->schedule, gen->now_tsc))
			gen->over_tsc = gen->now_tsc;
		return started;
	}
	if (gen->ended_tsc == 0 && gen->client.conns.used == 0)
		gen->ended_tsc = gen->now_tsc;
	return 0;
}

uint32_t
gen_poll(struct gen *gen, uint64_t now_tsc)
{
	const uint64_t begin_tsc = rte_rdtsc();
	uint32_t moved = 0;

	if (gen->base_tsc == 0) {
		gen->base_tsc = now_tsc;
		gen->first_poll_tsc = begin_tsc;
	}
	/* A tick of 0 means "not set". */
	const uint32_t tick =
		1 + (uint32_t)((now_tsc - gen->base_tsc) >> gen->tick_shift);
	gen->now_tsc = now_tsc;
	if (gen->options.server.on) {
		moved += end_poll(&gen->server, now_tsc, tick);
		is_resolved(gen, &gen->server, tick);
	}
	if (gen->options.client.on) {
		moved += end_poll(&gen->client, now_tsc, tick);
		if (!gen->waits && is_resolved(gen, &gen->client, tick) &&
		    gen->server.hops.unknown == 0)
			moved += start_sessions(gen);
		link_flush(&gen->client.link);
	}
	gen->last_poll_tsc = rte_rdtsc();
	if (moved > 0)
		gen->busy_tsc += gen->last_poll_tsc - begin_tsc;
	return moved;
}

void
gen_go(struct gen *gen)
{
	gen->waits = false;
}

void
gen_stop(struct gen *gen)
{
	gen->stopped = true;
}

bool
gen_done(const struct gen *gen)
{
	const uint64_t drain_tsc =
		gen->options.drain_ms * (rte_get_tsc_hz() / 1000);

	if (!gen->options.client.on || gen->begun_tsc == 0)
		return gen->stopped;
	return gen->ended_tsc != 0 ||
	       (gen->over_tsc != 0 && gen->now_tsc - gen->over_tsc > drain_tsc);
}

const char *
gen_unresolved(const struct gen *gen, char text[static 64])
{
	const char *who = neighbours_unresolved(&gen->client.hops, text);

	return who != NULL ? who
			   : neighbours_unresolved(&gen->server.hops, text);
}
