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
