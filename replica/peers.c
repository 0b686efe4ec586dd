/* SPDX-License-Identifier: BSD-3-Clause */
#include "peers.h"

#include "clocks.h"
#include "log.h"

/* A data plane that had begun lately when it was found may have lost its sessions.  It
 * takes them from the shadow of a peer within SETTLE_MS, once there is a stream. */
#define YOUNG_MS 60000
#define SETTLE_MS 6000

static void
close_peer(struct peers *peers, int i)
{
	struct peer *peer = &peers->peer[i];

	if (peer->is.box == 0)
		return;
	sender_close(&peer->sender);
	receiver_close(&peer->receiver);
	peers->own->replicated.peer[i] = (struct replicated_peer){0};
	peer->is.box = 0;
}

void
peers_close(struct peers *peers)
{
	for (int i = 0; i < MX_BOXES_MAX; i++)
		close_peer(peers, i);
}

static struct peer *
peer_of(struct peers *peers, uint8_t box)
{
	for (int i = 0; i < MX_BOXES_MAX; i++)
		if (peers->peer[i].is.box == box)
			return &peers->peer[i];
	return NULL;
}

/* A session of another box was taken over: its shadow need not keep it. */
static void
on_took(void *arg, uint8_t home, const struct wire_session *session)
{
	struct peer *peer = peer_of(arg, home);

	if (peer != NULL)
		sink_take_over(&peer->receiver.sink, session);
}

void
peers_open(struct peers *peers, struct own *own)
{
	*peers = (struct peers){.own = own};
	source_set_took(&own->source, on_took, peers);
}

/* The peer as the sheet has it, or NULL. */
static const struct groupsheet_peer *
wanted(const struct groupsheet *sheet, uint8_t box)
{
	for (uint16_t i = 0; i < sheet->peers; i++)
		if (sheet->peer[i].box == box)
			return &sheet->peer[i];
	return NULL;
}

static void
add_peer(struct peers *peers, const struct groupsheet_peer *is)
{
	struct own *own = peers->own;

	for (int i = 0; i < MX_BOXES_MAX; i++) {
		struct peer *peer = &peers->peer[i];
		struct replicated_peer *row = &own->replicated.peer[i];

		if (peer->is.box != 0)
			continue;
		peer->is = *is;
		*row = (struct replicated_peer){.box = is->box};
		sender_open(&peer->sender, own, is, &peer->receiver.sink, row);
		receiver_open(&peer->receiver, own, is->box, row);
		return;
	}
}

void
peers_follow(struct peers *peers)
{
	const struct groupsheet *sheet = &peers->own->sheet;

	for (int i = 0; i < MX_BOXES_MAX; i++) {
		const struct groupsheet_peer *is = &peers->peer[i].is;
		const struct groupsheet_peer *want = wanted(sheet, is->box);

		if (want == NULL ||
		    !mx_endpoint_equal(&want->address, &is->address))
			close_peer(peers, i);
	}
	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++) {
		const struct groupsheet_peer *want = wanted(sheet, box);

		if (want == NULL)
			sink_remove(peers->own->instance, box);
		else if (peer_of(peers, box) == NULL)
			add_peer(peers, want);
	}
}

void
peers_remove_shadows(const char *instance)
{
	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++)
		sink_remove(instance, box);
}

void
peers_lose_shadows(const char *instance)
{
	struct sink sink;

	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++) {
		sink_open(&sink, instance, box, NULL);
		sink_close(&sink);
	}
}

void
peers_again(struct peers *peers)
{
	for (int i = 0; i < MX_BOXES_MAX; i++)
		if (peers->peer[i].is.box != 0)
			sender_again(&peers->peer[i].sender);
}

void
peers_accept(struct peers *peers, struct link *link, uint8_t box)
{
	struct peer *peer = box == 0 ? NULL : peer_of(peers, box);

	if (peer != NULL) {
		receiver_accept(&peer->receiver, link);
		sender_try(&peer->sender);
		return;
	}
	own_count(peers->own, NULL,
		  box == peers->own->sheet.box ? REPLICATED_REFUSED_OWN
					       : REPLICATED_REFUSED_BOX);
	link_close(link);
}

/* Is a peer waited for, that may have sessions of a data plane that lost them? */
static bool
is_awaited(const struct peer *peer)
{
	return peer->is.box != 0 && peer->sender.state >= SENDER_TEACHES &&
	       now_ms() < peer->until_ms &&
	       !receiver_is_settled(&peer->receiver);
}

/* May the peers drop what we have not told them?  Among it are sessions that they
 * keep for a data plane that has lost them. */
static bool
is_settled(const struct peers *peers)
{
	if (peers->own->source.map.was_ms >= YOUNG_MS)
		return true;
	for (int i = 0; i < MX_BOXES_MAX; i++)
		if (is_awaited(&peers->peer[i]))
			return false;
	return true;
}

/* A peer is waited for from the first stream to it on, once for each data plane. */
static void
follow_shape(struct peers *peers)
{
	for (int i = 0; i < MX_BOXES_MAX; i++) {
		struct peer *peer = &peers->peer[i];

		if (peer->is.box == 0 || peer->sender.state < SENDER_TEACHES ||
		    peer->shape == peer->sender.shape)
			continue;
		peer->shape = peer->sender.shape;
		peer->until_ms = peer->sender.began_ms + SETTLE_MS;
	}
}

/* Other boxes' sessions are told while their shadows are not SYNCED. */
static void
follow_homes(struct peers *peers)
{
	uint32_t synced = 0;

	for (int i = 0; i < MX_BOXES_MAX; i++) {
		const struct peer *peer = &peers->peer[i];

		if (peer->is.box != 0 &&
		    sink_state(&peer->receiver.sink) == MX_SHADOW_SYNCED)
			synced |= 1u << peer->is.box;
	}
	if (synced != peers->synced)
		source_set_homes(&peers->own->source, &peers->own->sheet,
				 synced);
	peers->synced = synced;
}

/* A peer that died is known to be away some seconds later, and may be back before.
 * What was told to it meanwhile was told as if it had all its sessions. */
static void
follow_epoch(struct peer *peer)
{
	const struct receiver *receiver = &peer->receiver;

	if (peer->sender.state < SENDER_TEACHES) {
		peer->epoch = receiver->epoch;
		peer->was_synced =
			sink_state(&receiver->sink) == MX_SHADOW_SYNCED;
	} else if (peer->was_synced && peer->epoch != receiver->epoch) {
		sender_again(&peer->sender);
	}
}

static void
tell(struct peer *peer)
{
	follow_epoch(peer);
	sender_tend(&peer->sender,
		    receiver_is_quiet(&peer->receiver, peer->sender.began_ms));
}

void
peers_tell(struct peers *peers)
{
	follow_homes(peers);
	follow_shape(peers);
	peers->own->settled = is_settled(peers);
	for (int i = 0; i < MX_BOXES_MAX; i++)
		if (peers->peer[i].is.box != 0)
			tell(&peers->peer[i]);
}

void
peers_tend(struct peers *peers)
{
	for (int i = 0; i < MX_BOXES_MAX; i++)
		if (peers->peer[i].is.box != 0)
			receiver_tend(&peers->peer[i].receiver);
}
