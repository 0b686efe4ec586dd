/* SPDX-License-Identifier: BSD-3-Clause */
#include "box.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "borrow.h"
#include "expiry.h"
#include "homecheck.h"
#include "homing.h"
#include "move.h"
#include "open.h"
#include "sweep.h"

/* Resets rest so long after a start (flow/reset.h). */
#define REST_S 5

static void *
zeroed(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	rig_must(at != MAP_FAILED);
	return at;
}

static size_t
shadow_bytes(const struct group *group)
{
	return mx_shadow_size(group->places, false);
}

static void
make_shadows(struct box *box)
{
	const size_t bytes = shadow_bytes(box->group);

	box->shadows.count = 0;
	box->shadows.kept = true;
	for (uint8_t id = 1; id <= box->group->boxes; id++) {
		if (id == box->id)
			continue;
		box->file[id] = zeroed(bytes);
		mx_shadow_make(box->file[id], id, 1, box->group->places, false);
		rig_must(mx_shadow_attach(
				 &box->shadows.map[box->shadows.count++],
				 box->file[id], bytes) == 0);
	}
	atomic_store(&box->w->shadows, &box->shadows);
}

/* The addresses of all boxes are in the plans of all; a box opens sessions from
 * its own. */
static void
make_plan(struct box *box)
{
	struct mx_plan *plan = rig_plan(box->rig);
	const uint16_t own = (uint16_t)((box->id - 1) * box->group->snats);

	plan->box = box->id;
	for (uint16_t row = 0; row < box->group->boxes * box->group->snats;
	     row++) {
		const uint8_t home = (uint8_t)(row / box->group->snats + 1);
		plan->snat_box[row] = home == box->id ? 0 : home;
	}
	plan->service[RIG_FULLNAT_TO4].snat4 =
		(struct mx_snat_range){own, box->group->snats};
}

/* The port map of a peer's address gives no ports.  The rig links all. */
static void
unlink_peers(struct box *box)
{
	const struct mx_plan *plan = rig_plan(box->rig);

	for (uint16_t row = 0; row < plan->snats; row++) {
		struct portmap *map =
			&box->w->map[box->rig->active->snat_slot[row]];

		if (plan->snat_box[row] != 0)
			map->linked = map->stale = false;
	}
}

void
box_start(struct box *box, const struct group *group, uint8_t id, bool first)
{
	*box = (struct box){
		.group = group,
		.id = id,
		.alive = true,
		.began_s = first ? 0 : group->now_s,
		.told = zeroed(group->places * sizeof(*box->told)),
		.noted = zeroed(2 * group->places * sizeof(*box->noted)),
	};
	box->rig = rig_make_sized(1, group->places,
				  (uint16_t)(group->boxes * group->snats));
	box->w = box->rig->worker[0];
	box->w->now_s = group->now_s;
	make_plan(box);
	unlink_peers(box);
	make_shadows(box);
	if (!first)
		homing_begin(box->w);
}

void
box_kill(struct box *box)
{
	box->alive = false;
	rig_drop(box->rig);
	for (uint8_t id = 1; id <= box->group->boxes; id++)
		if (id != box->id)
			munmap(box->file[id], shadow_bytes(box->group));
	munmap(box->told, box->group->places * sizeof(*box->told));
	munmap(box->noted, 2 * box->group->places * sizeof(*box->noted));
}

void
box_stop(struct box *box)
{
	box->alive = false;
}

/* The clock of a rig begins at 1000 s, and no session began later than now. */
static void
attach_anew(struct box *box)
{
	const uint32_t places = box->group->places;
	uint32_t *opened_s = zeroed(places * sizeof(*opened_s));
	struct mx_session *session = box->rig->file[0]->session;

	for (uint32_t i = 0; i < places; i++)
		opened_s[i] = session[i].opened_s;
	rig_restart(box->rig);
	for (uint32_t i = 0; i < places; i++)
		session[i].opened_s = opened_s[i];
	munmap(opened_s, places * sizeof(*opened_s));
}

void
box_restart(struct box *box)
{
	attach_anew(box);
	unlink_peers(box);
	box->w->now_s = box->group->now_s;
	atomic_store(&box->w->shadows, &box->shadows);
	memset(box->told, 0, box->group->places * sizeof(*box->told));
	box->notes = 0;
	box->began_s = box->group->now_s;
	box->alive = true;
}

static void
note(struct box *box, const struct mx_session *s)
{
	if (box->notes < 2 * box->group->places)
		box->noted[box->notes++] = session_index(&box->w->sessions, s);
}

/* A frame of its own, with the headers that the data plane reads of one that it has
 * checked. */
struct segment_frame {
	struct rte_mbuf mbuf;
	struct headers headers;
	struct packet_info info;
};

static void
make_segment(struct segment_frame *frame, const struct box *box,
	     const struct box_flow *flow, bool reply)
{
	const struct end vip = rig_vip_of(RIG_FULLNAT_TO4, false);
	const uint32_t vip_be = mx_addr_to4(&vip.ip);

	memset(frame, 0, sizeof(*frame));
	frame->mbuf.buf_addr = &frame->headers;
	frame->mbuf.port = reply ? LAN : WAN;
	frame->mbuf.data_len = sizeof(frame->headers);
	frame->mbuf.pkt_len = sizeof(frame->headers);
	frame->mbuf.ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	frame->headers.ether.src_addr.addr_bytes[0] = 0x02;
	frame->headers.ether.src_addr.addr_bytes[5] = 0x99;
	frame->headers.ip.src_addr = reply ? flow->server_be : flow->client_be;
	frame->headers.ip.dst_addr = reply ? flow->local_be : vip_be;
	frame->headers.tcp.src_port =
		reply ? rte_cpu_to_be_16(25) : flow->client_port_be;
	frame->headers.tcp.dst_port =
		reply ? flow->local_port_be : rte_cpu_to_be_16(vip.port);
	frame->headers.tcp.data_off = 5 << 4;
	frame->headers.tcp.tcp_flags = RTE_TCP_ACK_FLAG;
	frame->info = (struct packet_info){
		.direction = reply ? DIRECTION_OUT : DIRECTION_IN,
		.tcp_flags = RTE_TCP_ACK_FLAG,
		.ip_bytes = sizeof(struct rte_ipv4_hdr),
		.index = RIG_FULLNAT_TO4,
		.local_port = rte_be_to_cpu_16(flow->local_port_be),
		.session = SESSION_NONE,
		.hash = mx_hash_client4(&box->w->sessions.file->key,
					flow->client_be, flow->client_port_be),
	};
}

static struct mx_session *
find_client(const struct box *box, struct segment_frame *frame)
{
	const struct mx_flow4 ends = packet_flow4(&frame->mbuf);

	return session_find(&box->w->sessions, frame->info.hash,
			    session_client_is4, &ends);
}

static uint32_t
row_of(uint32_t local_be)
{
	return rte_be_to_cpu_32(local_be) -
	       rte_be_to_cpu_32(mx_addr_to4(&rig_local.ip));
}

uint8_t
box_home(const struct group *group, uint32_t local_be)
{
	return (uint8_t)(row_of(local_be) / group->snats + 1);
}

static struct mx_session *
find_local(const struct box *box, const struct box_flow *flow)
{
	const uint8_t slot =
		box->rig->active->snat_slot[row_of(flow->local_be)];
	const uint32_t ref = portmap_find(
		&box->w->map[slot], rte_be_to_cpu_16(flow->local_port_be));

	if (ref == UINT32_MAX)
		return NULL;
	struct mx_session *s = session_at(&box->w->sessions, ref);
	return s->client_be == flow->client_be &&
			       s->client_port_be == flow->client_port_be
		       ? s
		       : NULL;
}

bool
box_open(struct box *box, struct box_flow *flow)
{
	struct segment_frame frame;
	enum mx_drop why;

	make_segment(&frame, box, flow, false);
	frame.info.tcp_flags = frame.headers.tcp.tcp_flags = RTE_TCP_SYN_FLAG;
	struct mx_session *s = open_session(box->w, box->rig->active, NULL,
					    &frame.mbuf, &frame.info, &why);
	if (s == NULL)
		return false;
	flow->local_be = s->local_be;
	flow->local_port_be = s->local_port_be;
	flow->server_be = s->server_be;
	return true;
}

bool
box_establish(struct box *box, const struct box_flow *flow)
{
	struct segment_frame frame;

	make_segment(&frame, box, flow, false);
	struct mx_session *s = find_client(box, &frame);
	if (s == NULL)
		return false;
	move_to(box->w, box->rig->active, s, MX_SESSION_GREETING);
	move_to(box->w, box->rig->active, s, MX_SESSION_ESTABLISHED);
	note(box, s);
	return true;
}

bool
box_segment(struct box *box, const struct box_flow *flow, bool reply)
{
	const struct active_plan *active = box->rig->active;
	struct segment_frame frame;

	make_segment(&frame, box, flow, reply);
	struct mx_session *s =
		reply ? find_local(box, flow) : find_client(box, &frame);
	if (s == NULL)
		s = (reply ? borrow_reply : borrow_inbound)(
			box->w, active, &frame.mbuf, &frame.info);
	if (s == NULL)
		return false;
	move_stay(box->w, active, s);
	note(box, s);
	return true;
}

void
box_end(struct box *box, const struct box_flow *flow)
{
	struct segment_frame frame;

	make_segment(&frame, box, flow, false);
	struct mx_session *s = find_client(box, &frame);
	if (s == NULL)
		return;
	note(box, s);
	worker_session_end(box->w, s);
}

bool
box_resets(const struct box *box)
{
	return box->group->now_s >= box->began_s + REST_S &&
	       !borrow_is_taught(box->w);
}

void
box_tick(struct box *box, uint32_t steps)
{
	struct worker *w = box->w;
	const uint32_t from = w->sessions.scan;

	worker_sweep(w, w->sessions.count / steps);
	homecheck_sweep(w, box->rig->active, from);
	for (uint32_t i = 0; w->homing.on && i < 1000; i++)
		homing_step(w, box->rig->active);
}
