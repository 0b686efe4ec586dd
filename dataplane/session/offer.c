/* SPDX-License-Identifier: BSD-3-Clause */
#include "offer.h"

#define SIZES 8

/* The sizes that paths of today have: the least of each family, tunnels, PPPoE,
 * and Ethernet.  An end that names none means the first one (RFC 9293 3.7.1).
 */
static const uint16_t sizes[2][SIZES] = {
	{536, 1220, 1300, 1360, 1400, 1440, 1452, 1460},
	{1220, 1280, 1300, 1340, 1380, 1400, 1432, 1440},
};

uint8_t
offer_pack(const struct offer *offer, bool six)
{
	unsigned row = SIZES - 1;

	while (row > 0 && sizes[six][row] > offer->mss)
		row--;
	return (uint8_t)(row << 5 | (unsigned)(offer->scale & 15) << 1 |
			 offer->sack);
}

uint8_t
offer_note(const struct offer *offer, bool six)
{
	const uint8_t byte = offer_pack(offer, six);
	struct offer less = *offer;

	if (byte != 0)
		return byte;
	less.scale = OFFER_NO_SCALE;
	return offer_pack(&less, six);
}

struct offer
offer_unpack(uint8_t byte, bool six)
{
	return (struct offer){
		.mss = sizes[six][byte >> 5],
		.scale = byte >> 1 & 15,
		.sack = byte & 1,
	};
}
