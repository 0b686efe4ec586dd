/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a frame: read without a step outside them, and accounted for.
 * Method: libFuzzer.  The frame lies at the very end of a heap block of its
 * own size, so that the sanitizer sees an over-read that a pool's large
 * buffers would hide; the rest of the worker is real. */
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>

#include "read.h"
#include "rig.h"
#include "slow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rig *
the_rig(void)
{
	static struct rig *rig;

	if (rig == NULL) {
		rig_start_dpdk();
		rig = rig_make(1);
	}
	return rig;
}

/* Random bytes would hardly ever carry a right checksum: mend it. */
static void
mend(uint8_t *frame, size_t bytes)
{
	struct rte_ipv4_hdr *ip = (void *)(frame + RTE_ETHER_HDR_LEN);

	if (bytes < RTE_ETHER_HDR_LEN + sizeof(*ip))
		return;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, sizeof(*ip));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig *rig = the_rig();
	struct worker *w = rig->worker[0];
	struct packet_info info = {0};
	enum mx_drop why;

	if (size == 0 || size > RTE_ETHER_MAX_LEN)
		return 0;
	uint8_t *frame = malloc(size);
	memcpy(frame, data, size);
	if (data[size - 1] & 1)
		mend(frame, size);
	struct rte_mbuf mbuf = {
		.buf_addr = frame,
		.data_len = (uint16_t)size,
		.pkt_len = (uint32_t)size,
	};
	const enum fate fate = read_packet(w, rig->view, &mbuf, WAN, &info);
	if (fate == FATE_ANSWER)
		slow_answer(w, rig->view, &mbuf, WAN, &why);
	if (fate == FATE_DROP &&
	    (info.why == MX_DROP_NONE || info.why >= MX_DROP_REASONS))
		abort();
	if (fate == FATE_FORWARD && size < sizeof(struct headers))
		abort();
	free(frame);
	return 0;
}
