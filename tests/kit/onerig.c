/* SPDX-License-Identifier: BSD-3-Clause */
#include "onerig.h"

struct rig *rig;

void
onerig_setup(void)
{
	rig = rig_make(1);
}

void
onerig_teardown(void)
{
	rig_free(rig);
}

struct talk
onerig_talk(enum rig_service service, bool six, uint16_t client_port)
{
	const struct end client = talk_client(six, client_port);

	return talk_make(rig, service, &client);
}

struct talk
onerig_open(uint16_t client_port)
{
	const struct end client = talk_client(false, client_port);

	return talk_open(rig, RIG_FULLNAT_TO4, &client);
}

uint64_t
onerig_live(int id)
{
	const struct mx_flow_count *count = &rig->count[0].backend[id];

	return count->opened - count->closed;
}
