/* SPDX-License-Identifier: BSD-3-Clause */
#include "directrig.h"

#include <check.h>
#include <string.h>

uint8_t out[FRAME_MAX];

const struct direct_way ways[WAYS] = {
	{RIG_DSR_TO4, false, false, 0, 0},
	{RIG_DSR_TO6, true, true, 0, 0},
	{RIG_IPIP_TO4, false, false, 0, 20},
	{RIG_IPIP_TO4, true, false, 0, 20},
	{RIG_IPIP_TO6, false, true, 0, 40},
	{RIG_IPIP_TO6, true, true, 0, 40},
	{RIG_GUE_TO4, false, false, 6080, 28},
	{RIG_GUE_TO4, true, false, 6080, 28},
	{RIG_GUE_TO6, false, true, 6080, 48},
	{RIG_GUE_TO6, true, true, 6080, 48},
};

struct talk
direct_talk(int way, uint16_t client_port)
{
	return onerig_talk(ways[way].service, ways[way].six, client_port);
}

struct end
direct_source(int way)
{
	struct segment outer;

	frame_read(out, sizeof(out), &outer);
	if (ways[way].port == 0)
		outer.from.port = 0;
	return outer.from;
}

/* The frame as it should leave.  source: the sender of the outer packet, if
 * there is one. */
static uint16_t
twin_of(uint8_t *twin, int way, const struct segment *said,
	const struct end *source)
{
	struct wrapping wrapping = {.tos = said->tos};
	uint8_t inner[FRAME_MAX];
	const uint16_t bytes = frame_tcp(inner, said);
	const struct end mta = rig_mta(out[5]);

	if (way < DSRS) {
		memcpy(twin, inner, bytes);
		memcpy(twin, &mta.mac, 6);
		memcpy(twin + 6, &rig_local.mac, 6);
		return bytes;
	}
	wrapping.from = *source;
	wrapping.from.mac = rig_local.mac;
	wrapping.to = mta;
	wrapping.to.port = ways[way].port;
	return frame_wrap(twin, &wrapping, inner, bytes);
}

void
direct_assert_left(int way, const struct segment *said,
		   const struct end *source)
{
	uint8_t twin[FRAME_MAX];
	const uint16_t bytes = rig_get(rig, LAN, out);
	const struct end found = direct_source(way);

	ck_assert_uint_eq(bytes, twin_of(twin, way, said,
					 source == NULL ? &found : source));
	ck_assert_mem_eq(out, twin, bytes);
}
