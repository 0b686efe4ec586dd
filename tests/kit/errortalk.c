/* SPDX-License-Identifier: BSD-3-Clause */
#include "errortalk.h"

const struct errortalk_way errortalk_ways[ERRORTALK_WAYS] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO6, true},
	{RIG_NAT_TO4, false},     {RIG_NAT_TO6, true},
	{RIG_V1_TO4, false},      {RIG_V2_TO4, true},
	{RIG_V2_TO6, false},      {RIG_V1_TO6, true},
};

struct proxytalk
errortalk_open(int way)
{
	struct proxytalk p = proxytalk_make(rig, errortalk_ways[way].service,
					    errortalk_ways[way].six);

	proxytalk_answer(&p);
	struct segment said = proxytalk_in(&p, ACK, 0, 0);
	talk_send(&p.talk, WAN, &said);
	said = proxytalk_back(&p, ACK, 0, 0);
	talk_send(&p.talk, LAN, &said);
	rig_flush(rig);
	return p;
}

void
errortalk_put(uint16_t worker, uint16_t port, const struct error *error)
{
	uint8_t frame[FRAME_MAX];

	rig_put(rig, worker, port, frame, frame_error(frame, error));
	rig_poll(rig);
}

bool
errortalk_is4(const struct end *end)
{
	return mx_addr_is4(&end->ip);
}
