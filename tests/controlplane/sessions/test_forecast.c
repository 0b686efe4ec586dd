/* SPDX-License-Identifier: BSD-3-Clause */
/* What `lookup` says that a client gets is what a worker gives it.
 * Method: the control plane builds plans of random pools; three real workers
 * count into a real region.  For each random client the forecast is made, then
 * its SYN is put into a port, and both must agree: on the worker, on the
 * backend or the reason of the drop, on whether the first choice is passed
 * over.  Some sessions are established and stay, some get into doubt, some end,
 * so that bounds are met by sessions that workers have counted. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "forecast.h"
#include "randompools.h"
#include "reclaim.h"
#include "rig.h"
#include "runner.h"
#include "sanitized.h"
#include "sweep.h"
#include "tempfolder.h"

#define CLIENTS (SANITIZED ? 25000u : 40000u)
#define CLIENTS_A_PLAN 500
#define WORKERS 3
#define LIVE_MAX 9000

static struct rig *rig;
static struct active_plan *plans[2];
static struct mx_region *region;
static struct mx_worker_count *rig_count;

/* Sessions that were let live, in no order. */
static struct {
	struct worker *worker;
	struct mx_session *session;
} live[LIVE_MAX];
static uint32_t lives;

/* How often what was met. */
static uint32_t met[MX_DROP_REASONS];
static uint32_t passed_full, passed_share;

/* What all workers have counted so far. */
struct sum {
	uint64_t attempts[WORKERS];
	uint64_t diverted;
	uint64_t dropped[MX_DROP_REASONS];
};

static void *
zeroed(size_t bytes)
{
	void *at = aligned_alloc(64, (bytes + 63) / 64 * 64);

	ck_assert_ptr_nonnull(at);
	return memset(at, 0, (bytes + 63) / 64 * 64);
}

/* Workers count into the region, as the product's do, and the control plane
 * finds their key in the file that the region names. */
static void
setup(void)
{
	randompools_setup();
	rig = rig_make(WORKERS);
	free(rig->active);
	region = zeroed(sizeof(*region));
	region->header.workers = WORKERS;
	rig_count = rig->count;
	rig->count = region->worker;
	for (uint16_t w = 0; w < WORKERS; w++)
		rig->worker[w]->count = &region->worker[w];
	snprintf(region->header.sessions_path[0], MX_PATH_MAX, "%s/sessions",
		 tempfolder_make());
	const int fd = open(region->header.sessions_path[0],
			    O_WRONLY | O_CREAT | O_EXCL, 0600);
	struct mx_sessions_file header = *rig->file[0];
	header.magic = MX_SESSIONS_MAGIC;
	header.layout = MX_SESSIONS_LAYOUT;
	header.count = 0;
	ck_assert_int_eq(write(fd, &header, sizeof(header)), sizeof(header));
	close(fd);
	for (int i = 0; i < 2; i++)
		plans[i] = zeroed(ACTIVE_PLAN_SIZE_MAX);
	rig->active = plans[1];
}

static void
teardown(void)
{
	tempfolder_remove();
	rig->count = rig_count;
	free(plans[rig->active == plans[0]]);
	rig_free(rig);
	free(region);
	randompools_teardown();
}

/* Give the workers a plan as plan_swap_poll() does, and let them count their
 * sessions by its pools. */
static void
put_in_force(const struct mx_plan *plan)
{
	struct active_plan *active = plans[rig->active == plans[0]];

	memcpy(&active->plan, plan, MX_PLAN_SIZE(plan->pools));
	for (uint16_t row = 0; row < plan->snats; row++)
		active->snat_slot[row] =
			(uint8_t)snat_slot(&rig->snat, &plan->snat[row], NULL);
	snat_link(&rig->snat, 7);
	active_plan_find_ports(active, rig->active);
	rig->active = active;
	for (int i = 0; i < 80; i++)
		rig_poll(rig);
}

static struct sum
sum_up(uint32_t service)
{
	struct sum sum = {0};

	for (uint16_t w = 0; w < WORKERS; w++) {
		const struct mx_worker_count *count = &region->worker[w];

		sum.attempts[w] = count->service[service].attempts;
		sum.diverted += count->diverted;
		for (int why = 0; why < MX_DROP_REASONS; why++)
			sum.dropped[why] += count->dropped[why];
	}
	return sum;
}

static void
move(struct worker *w, struct mx_session *s, uint8_t after)
{
	const uint8_t before = s->state;

	s->state = after;
	account_move(w, s, before, after);
	reclaim_move(w, s, before, after);
}

static void
end_one(void)
{
	const uint32_t at = draw(lives);

	worker_session_end(live[at].worker, live[at].session);
	live[at] = live[--lives];
}

/* Let a session be established, or end at once. */
static void
go_on(struct worker *w, struct mx_session *s)
{
	if (draw(4) == 0) {
		worker_session_end(w, s);
		return;
	}
	if (lives == LIVE_MAX)
		end_one();
	move(w, s, MX_SESSION_ESTABLISHED);
	if (draw(8) == 0)
		move(w, s, MX_SESSION_DOUBTED);
	live[lives].worker = w;
	live[lives++].session = s;
}

static void
send_syn(const struct mx_flow *flow)
{
	const struct segment syn = {
		.from = {rig_client.mac, flow->src,
			 rte_be_to_cpu_16(flow->src_port_be)},
		.to = {rig_vip.mac, flow->dst,
		       rte_be_to_cpu_16(flow->dst_port_be)},
		.flags = SYN,
	};

	rig_send(rig, (uint16_t)draw(WORKERS), WAN, &syn);
	rig_poll(rig);
	rig_flush(rig);
}

/* The worker opened a session of the backend that was foretold. */
static void
check_opened(const struct forecast *told, const struct sum *before,
	     const struct sum *after, struct mx_session *session)
{
	for (uint16_t w = 0; w < WORKERS; w++)
		ck_assert_uint_eq(after->attempts[w] - before->attempts[w],
				  w == told->owner);
	ck_assert_uint_eq(session->backend, told->choice.backend);
	go_on(rig->worker[told->owner], session);
}

static void
check_dropped(const struct forecast *told, const struct sum *before,
	      const struct sum *after)
{
	for (uint16_t w = 0; w < WORKERS; w++)
		ck_assert_uint_eq(after->attempts[w], before->attempts[w]);
	for (int why = 1; why < MX_DROP_REASONS; why++)
		ck_assert_uint_eq(after->dropped[why] - before->dropped[why],
				  why == (int)told->choice.why);
}

static void
check_client(const struct mx_plan *plan)
{
	const bool six = draw(2);
	uint32_t service;

	do
		service = draw(RANDOMPOOLS_SERVICES);
	while (!randompools_has_vip(service, six));
	const struct mx_endpoint client = randompools_client(plan, six);
	const struct mx_flow flow = {
		.src = client.addr,
		.dst = six ? rig_vip6.ip : rig_vip.ip,
		.src_port_be = client.port_be,
		.dst_port_be = rte_cpu_to_be_16(
			(uint16_t)(RANDOMPOOLS_PORT_FIRST + service)),
	};
	const uint16_t row =
		mx_owned_find(&plan->owned, &flow.dst, flow.dst_port_be)->index;
	const struct forecast told =
		forecast_flow(region, plan, &flow, rig->worker[0]->now_s);
	ck_assert(told.owner_known && told.owner < WORKERS);
	const struct worker *w = rig->worker[told.owner];
	struct mx_session *next =
		&w->sessions.file->session[w->sessions.free_head];
	const struct sum before = sum_up(row);

	send_syn(&flow);
	const struct sum after = sum_up(row);
	if (told.choice.why == MX_DROP_NONE)
		check_opened(&told, &before, &after, next);
	else
		check_dropped(&told, &before, &after);
	const bool passed = told.first_is_full || told.first_is_over_share;
	ck_assert_uint_eq(after.diverted - before.diverted,
			  passed && told.choice.why != MX_DROP_ALL_FULL);
	met[told.choice.why]++;
	passed_full += told.choice.why == MX_DROP_NONE && told.first_is_full;
	passed_share +=
		told.choice.why == MX_DROP_NONE && told.first_is_over_share;
}

START_TEST(lookup_and_workers_agree_on_every_client)
{
	static const enum mx_drop often[] = {
		MX_DROP_NONE,       MX_DROP_ALL_FULL, MX_DROP_NO_BACKEND,
		MX_DROP_NO_NEXTHOP, MX_DROP_RETIRED,  MX_DROP_MARTIAN,
	};
	const struct mx_plan *plan = NULL;

	for (uint32_t i = 0; i < CLIENTS; i++) {
		if (i % (5 * CLIENTS_A_PLAN) == 0) {
			randompools_apply(draw(RANDOMPOOLS_SERVICES),
					  RANDOMPOOLS_SERVICES);
			randompools_apply(draw(RANDOMPOOLS_SERVICES),
					  draw(RANDOMPOOLS_SERVICES));
		}
		if (i % CLIENTS_A_PLAN == 0) {
			plan = randompools_change();
			put_in_force(plan);
		}
		for (uint16_t w = 0; w < WORKERS; w++)
			rig->worker[w]->now_s++;
		check_client(plan);
	}
	for (size_t i = 0; i < RTE_DIM(often); i++)
		ck_assert_msg(met[often[i]] > CLIENTS / 1000, "%s: %u",
			      mx_drop_name(often[i]), met[often[i]]);
	ck_assert_uint_gt(passed_full, CLIENTS / 100);
	ck_assert_uint_gt(passed_share, CLIENTS / 200);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("forecast");
	TCase *t = tcase_create("forecast");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lookup_and_workers_agree_on_every_client);
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	return s;
}
