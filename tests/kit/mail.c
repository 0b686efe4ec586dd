/* SPDX-License-Identifier: BSD-3-Clause */
#include "mail.h"

#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include "burst.h"

#define DESCRIPTORS 64

static uint16_t port[2];

/* A port at the other end of the first worker's. */
static uint16_t
make_port(const char *name, uint16_t towards)
{
	static const struct rte_eth_conf plain;
	struct rig_rings rings = rig_rings(0, towards);
	const int made =
		rte_eth_from_rings(name, &rings.tx, 1, &rings.rx, 1, 0);

	rig_must(made >= 0);
	const uint16_t id = (uint16_t)made;
	rig_must(rte_eth_dev_configure(id, 1, 1, &plain) == 0);
	rig_must(rte_eth_rx_queue_setup(id, 0, DESCRIPTORS, 0, NULL,
					rings.pool) == 0);
	rig_must(rte_eth_tx_queue_setup(id, 0, DESCRIPTORS, 0, NULL) == 0);
	rig_must(rte_eth_dev_start(id) == 0);
	return id;
}

static enum gen_seen
seen_of(enum rig_service service)
{
	switch (service) {
	case RIG_V1_TO4:
	case RIG_V1_TO6:
		return GEN_SEEN_PROXY_V1;
	case RIG_V2_TO4:
	case RIG_V2_TO6:
		return GEN_SEEN_PROXY_V2;
	case RIG_NAT_TO4:
	case RIG_NAT_TO6:
		return GEN_SEEN_SOURCE;
	default:
		return GEN_SEEN_NOBODY;
	}
}

static bool
has_mtas6(enum rig_service service)
{
	return service == RIG_FULLNAT_TO6 || service == RIG_NAT_TO6 ||
	       service == RIG_V1_TO6 || service == RIG_V2_TO6;
}

struct gen_options
mail_options(enum rig_service service, bool client6)
{
	static bool made;
	const struct end vip = rig_vip_of(service, client6);
	const int first = has_mtas6(service) ? 4 : 1;
	struct gen_options options;

	if (!made) {
		port[WAN] = make_port("mail_clients", WAN);
		port[LAN] = make_port("mail_mtas", LAN);
	}
	made = true;
	gen_options_default(&options);
	options.client = (struct gen_side){.on = true,
					   .port = port[WAN],
					   .mtu = 1500,
					   .mac = rig_client.mac,
					   .peer_mac = vip.mac};
	options.server = (struct gen_side){.on = true,
					   .port = port[LAN],
					   .mtu = 1500,
					   .mac = rig_mta(first).mac};
	options.pool = rig_rings(0, WAN).pool;
	options.seen = seen_of(service);
	options.shares_core = true;
	options.prefix_count = 1;
	options.prefix[0].addr = client6 ? rig_client6.ip : rig_client.ip;
	options.prefix[0].addr.byte[15] = 0;
	options.prefix[0].bits = client6 ? 64 : 96 + 24;
	options.target_count = 1;
	options.target[0] =
		(struct mx_endpoint){vip.ip, rte_cpu_to_be_16(vip.port)};
	for (options.mta_count = 0; options.mta_count < 3;
	     options.mta_count++) {
		const struct end mta = rig_mta(first + options.mta_count);

		options.mta[options.mta_count] = (struct mx_endpoint){
			mta.ip, rte_cpu_to_be_16(mta.port)};
	}
	return options;
}

/* Sessions that have just begun get numbers that their clients are told
 * instead of the MTAs'.  The newest half-open ones are the first in the list. */
static void
tell_new(struct rig *rig)
{
	const struct worker *w = rig->worker[0];
	uint32_t at = w->reclaim.half.newest;

	while (at != SESSION_NONE) {
		struct mx_session *s = session_at(&w->sessions, at);

		if (s->ack_shift != 0)
			return;
		mx_session_set_ack_shift(s, (uint32_t)rand() * 2u + 1);
		at = w->reclaim.link[at].older;
	}
}

static void
send_nothing(struct rig *rig)
{
	(void)rig;
}

uint64_t
mail_run(struct rig *rig, const struct gen_options *options,
	 struct gen_report *report)
{
	return mail_run_beside(rig, options, report, send_nothing);
}

uint64_t
mail_run_beside(struct rig *rig, const struct gen_options *options,
		struct gen_report *report, void (*beside)(struct rig *rig))
{
	struct gen *gen = gen_make(options);
	uint64_t busy_tsc = 0;

	rig_must(gen != NULL);
	while (!gen_done(gen)) {
		uint64_t begin_tsc = rte_rdtsc();

		gen_poll(gen, begin_tsc);
		beside(rig);
		begin_tsc = rte_rdtsc();
		while (worker_poll(rig->worker[0], rig->active) > 0) {
			const uint64_t now_tsc = rte_rdtsc();

			busy_tsc += now_tsc - begin_tsc;
			begin_tsc = now_tsc;
		}
		if (rig->told)
			tell_new(rig);
	}
	gen_report_read(gen, report);
	gen_free(gen);
	rig_poll(rig);
	rig_flush(rig);
	return busy_tsc;
}
