/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of changing a packet: addresses and ports, families, the shift of a
 * PROXY header, tunnels, and all their checksums.  Method: a burst of 32 frames
 * in the cache.  Each run gets new frames, since most changes cannot be made
 * twice.
 *
 *   taskset -c 1 build/bench/bench_forward [--json] */
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "rewrite.h"
#include "translate.h"
#include "tunnel.h"
#include "shift.h"
#include "rig.h"
#include "timed.h"

#define ROUNDS 10000
#define SHIFT 28 /* bytes of a PROXY v2 header for IPv4 */
#define FULL_BYTES 1400

/* A frame outside of any pool: no function here allocates or frees frames. */
static struct cell {
	struct rte_mbuf mbuf;
	uint8_t data[RTE_PKTMBUF_HEADROOM + FRAME_MAX];
} cell[BURST_MAX];

static uint8_t fresh[FRAME_MAX]; /* the content of every frame before a run */
static uint16_t fresh_bytes;

static struct packet_info info;
static struct mx_session session;
static struct mx_session_wide wide;
static struct mx_plan *plan;

static void
renew(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		struct cell *c = &cell[i];

		c->mbuf = (struct rte_mbuf){
			.buf_addr = c->data,
			.buf_len = sizeof(c->data),
			.data_off = RTE_PKTMBUF_HEADROOM,
			.data_len = fresh_bytes,
			.pkt_len = fresh_bytes,
			.nb_segs = 1,
		};
		memcpy(c->data + RTE_PKTMBUF_HEADROOM, fresh, fresh_bytes);
	}
}

static void
in_44(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		rewrite44_in(&cell[i].mbuf, &session, 0);
}

static void
out_44(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		rewrite44_out(&cell[i].mbuf, &session, 0);
}

static void
in_66(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		rewrite66_in(&cell[i].mbuf, &session, &wide.local, &wide.server,
			     0);
}

static void
out_66(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		rewrite66_out(&cell[i].mbuf, &session, &wide, 0);
}

static void
in_64(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		translate64_in(&cell[i].mbuf, &session, 0);
}

static void
out_64(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		translate64_out(&cell[i].mbuf, &session, &wide, 0);
}

static void
in_46(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		translate46_in(&cell[i].mbuf, &session, &wide.local,
			       &wide.server, 0);
}

static void
out_46(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		translate46_out(&cell[i].mbuf, &session, 0);
}

static void
in_44_shifted(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		struct rte_mbuf *frame = &cell[i].mbuf;

		rewrite44_in(frame, &session, shift_in(&session, frame, &info));
	}
}

static void
out_44_shifted(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		struct rte_mbuf *frame = &cell[i].mbuf;

		rewrite44_out(frame, &session,
			      shift_out(&session, frame, &info));
	}
}

/* arg: the service; its first backend. */
static void
wrap(void *arg)
{
	const struct mx_service *service = arg;
	const struct mx_backend *backend =
		&plan->backend[service->pool == 0 ? 1 : 4];
	const struct tunnel_shape shape = {
		.inner6 = info.ip_bytes == sizeof(struct rte_ipv6_hdr),
		.outer6 = service->pool != 0,
		.gue = service->tunnel == MX_TUNNEL_GUE,
	};

	for (uint32_t i = 0; i < BURST_MAX; i++)
		tunnel_wrap(&cell[i].mbuf, service, backend, info.hash,
			    fresh_bytes - (uint32_t)RTE_ETHER_HDR_LEN, 0, true,
			    shape);
}

static void
prepare_wide(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		rewrite_prepare(&session, &wide);
		timed_forget();
	}
}

static void
prepare_narrow(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		rewrite_prepare(&session, NULL);
		timed_forget();
	}
}

static void
add_to_checksum(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		timed_use(checksum_add((uint16_t)(session.ip_delta + i),
				       session.tcp_delta));
}

static void
judge_checksum6(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		const struct rte_ipv6_hdr *ip =
			&packet_headers6(&cell[i].mbuf)->ip;

		timed_use(checksum_is_right6(ip, ip + 1));
	}
}

/* An established session with a PROXY header behind it, for any families. */
static void
make_session(void)
{
	const struct end mta = rig_mta(1);

	wide = (struct mx_session_wide){rig_client6.ip, rig_vip6.ip,
					rig_local6.ip, rig_mta(4).ip};
	session = (struct mx_session){
		.client_be = mx_addr_to4(&rig_client.ip),
		.vip_be = mx_addr_to4(&rig_vip.ip),
		.local_be = mx_addr_to4(&rig_local.ip),
		.server_be = mx_addr_to4(&mta.ip),
		.client_port_be = rte_cpu_to_be_16(rig_client.port),
		.vip_port_be = rte_cpu_to_be_16(rig_vip.port),
		.local_port_be = RTE_BE16(5000),
		.server_port_be = rte_cpu_to_be_16(mta.port),
		.shifts = SHIFT,
		.flags = MX_SESSION_PROXY_ACKED << MX_SESSION_PROXY_SHIFT,
	};
	rewrite_prepare(&session, NULL);
}

/* The segment that each row starts with. */
enum frame_kind { ACK4, ACK6, FULL6 };

static void
make_fresh(enum frame_kind kind)
{
	struct segment said = {
		.from = kind == ACK4 ? rig_client : rig_client6,
		.to = kind == ACK4 ? rig_vip : rig_vip6,
		.flags = ACK,
		.seq = 100,
		.ack = 100,
		.payload_bytes = kind == FULL6 ? FULL_BYTES : 0,
	};

	fresh_bytes = frame_tcp(fresh, &said);
	info = (struct packet_info){
		.tcp_flags = ACK,
		.ip_bytes = kind == ACK4 ? sizeof(struct rte_ipv4_hdr)
					 : sizeof(struct rte_ipv6_hdr),
		.hash = timed_draw(),
	};
}

#define NO_SERVICE RIG_SERVICES

/* clang-format off */
static const struct {
	const char *name;
	void (*run)(void *arg);
	enum frame_kind kind;
	enum rig_service service;
} rows[] = {
	{"rewrite 4 -> 4, in", in_44, ACK4, NO_SERVICE},
	{"rewrite 4 -> 4, out", out_44, ACK4, NO_SERVICE},
	{"rewrite 6 -> 6, in", in_66, ACK6, NO_SERVICE},
	{"rewrite 6 -> 6, out", out_66, ACK6, NO_SERVICE},
	{"rewrite 6 -> 4, in", in_64, ACK6, NO_SERVICE},
	{"rewrite 6 -> 4, out", out_64, ACK4, NO_SERVICE},
	{"rewrite 4 -> 6, in", in_46, ACK4, NO_SERVICE},
	{"rewrite 4 -> 6, out", out_46, ACK6, NO_SERVICE},
	{"rewrite 4 -> 4 and shift, in", in_44_shifted, ACK4, NO_SERVICE},
	{"rewrite 4 -> 4 and shift, out", out_44_shifted, ACK4, NO_SERVICE},
	{"tunnel ipip 4 in 4", wrap, ACK4, RIG_IPIP_TO4},
	{"tunnel ipip 6 in 6", wrap, ACK6, RIG_IPIP_TO6},
	{"tunnel gue 4 in 4", wrap, ACK4, RIG_GUE_TO4},
	{"tunnel gue 6 in 6", wrap, ACK6, RIG_GUE_TO6},
	{"tunnel gue 6 in 6, 1,400 bytes", wrap, FULL6, RIG_GUE_TO6},
	{"checksum changed by a delta", add_to_checksum, ACK4, NO_SERVICE},
	{"deltas of a session, 4", prepare_narrow, ACK4, NO_SERVICE},
	{"deltas of a session, 6", prepare_wide, ACK6, NO_SERVICE},
	{"checksum judged, 6, 1,400 bytes", judge_checksum6, FULL6, NO_SERVICE},
};
/* clang-format on */

int
main(int argc, char **argv)
{
	struct figures figures = figures_begin(argc, argv);

	plan = calloc(1, MX_PLAN_SIZE(RIG_POOLS));
	rig_must(plan != NULL);
	rig_fill_plan(plan, 2);
	make_session();
	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		const bool wraps = rows[i].service != NO_SERVICE;

		make_fresh(rows[i].kind);
		timed_add(&figures,
			  &(struct timed){
				  .name = rows[i].name,
				  .run = rows[i].run,
				  .prepare = renew,
				  .arg = wraps ? &plan->service[rows[i].service]
					       : NULL,
				  .ops = BURST_MAX,
				  .rounds = ROUNDS,
			  });
	}
	figures_end(&figures);
	free(plan);
	return 0;
}
