/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_REGION_H
#define MX_TABLES_REGION_H

/* The region is what both planes have in common.  It is two files:
 *
 *   header | ack | snat | link | worker[MX_WORKERS_MAX]    of the data plane
 *   plans | generation | staged[2]                         of the control plane
 *
 * Each file has one writer and owner.  The control plane maps the data plane's
 * file for reading (instance/regionfile.h).  The data plane does not map the
 * control plane's file, since a mapped file that its owner cuts ends whoever
 * touches it: it reads that file into memory of its own (instance/planfile.h).
 * Each process claims its role before it opens a file (instance/role.h).  There
 * are no pointers in the region, so either process may map it anywhere, die and
 * come back.
 *
 * Publishing   The control plane fills staged[generation & 1], seals it
 *              (plan.h), and only then raises `generation` (release).  If it is
 *              killed half-way, it has changed nothing that the data plane
 *              reads.
 * Swap         The data plane sees the generation (acquire), copies the slot,
 *              checks the copy, hands it to the workers and, when all have
 *              moved over, writes `ack`.  A refused plan is acked with a fault,
 *              and the workers keep their plan.
 * Threads      one main thread per process, except worker[i]: worker i. */
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "hash.h"
#include "bounds.h"
#include "plan.h"

#define MX_REGION_MAGIC 0x6e6f6967657278e6u
#define MX_REGION_PLANS_MAGIC 0x736e616c707278e6u
/* Raised with every change of layout or meaning; ABI.md has the history. */
#define MX_REGION_ABI 12

/* How both directions of a session reach the worker that owns it.  A test at
 * start-up finds this out.  RSS becomes rings when a port is doubted. */
enum mx_steering {
	MX_STEERING_ALONE, /* one worker: there is no other */
	MX_STEERING_RINGS, /* workers hand frames over to the session's owner */
	MX_STEERING_RSS,   /* local ports are chosen to match the ports' RSS */
	MX_STEERINGS,
};

/* What a worker does while no frames come. */
enum mx_idling {
	MX_IDLING_POLLS,
	MX_IDLING_SLEEPS, /* for a time */
	MX_IDLING_WAITS,  /* for a time, or an interrupt of a port */
	MX_IDLINGS,
};

/* What the data plane reports about itself once, at start-up. */
struct mx_region_port {
	char name[MX_NAME_MAX];
	char interface[MX_NAME_MAX];
	uint8_t mac[6];
	uint16_t queues;
	/* DPDK's name of the device; empty: the port stands on the
	 * interface. */
	char device[MX_DEVICE_NAME_MAX];
	uint8_t twin; /* enum mx_twin, as it was made; 0: none */
	/* Why RSS of this port cannot choose the worker of a session; empty:
	 * it can. */
	char rss_lack[MX_LACK_MAX];
	uint16_t vlan; /* 0: the port's frames are untagged */
};

/* Why the addresses of the plan have no routes though the plan in force announces
 * them. */
enum mx_announce_hold {
	MX_ANNOUNCE_GOES,   /* they have */
	MX_ANNOUNCE_STALLS, /* a worker finishes no round */
	MX_ANNOUNCE_HOMES,  /* sessions come back from other boxes */
	MX_ANNOUNCE_HOLDS,
};

struct mx_region_header {
	uint64_t magic;
	uint32_t abi;
	uint32_t size; /* MX_REGION_OWN_BYTES, as a last check */
	/* Zeroed by a data plane that ends in good order.  So a reader can tell
	 * "stopped" from "killed" by looking for the process as well. */
	_Atomic int32_t dataplane_pid;
	uint16_t workers;
	uint16_t ports;
	int64_t started_s; /* CLOCK_REALTIME */
	uint64_t tsc_hz;   /* unit of busy_cycles */
	uint32_t sessions_max;
	uint8_t hugepages;
	uint8_t ipv6;             /* sessions have room for IPv6 addresses */
	_Atomic uint8_t steering; /* enum mx_steering */
	uint8_t idling;           /* enum mx_idling */
	uint16_t worker_core[MX_WORKERS_MAX];
	struct mx_region_port port[MX_PORTS_MAX];
	/* The path of the sessions file of worker i: see sessions.h. */
	char sessions_path[MX_WORKERS_MAX][MX_PATH_MAX];
	/* The interface whose routes announce addresses; empty: none. */
	char announce_interface[MX_NAME_MAX];
};

/* The data plane's answer to a generation. */
struct mx_region_ack {
	alignas(64) _Atomic uint64_t generation; /* the last one looked at */
	_Atomic uint64_t adopted;   /* the generation in force; 0: none yet */
	_Atomic uint32_t fault;     /* enum mx_plan_fault of `generation` */
	_Atomic uint64_t took_ns;   /* from the first look to the last worker */
	_Atomic uint64_t heartbeat; /* rounds of the data plane's main thread */
	/* Services of the plan in force, a bit each, that do not have the deny
	 * list that the plan names: they go on with the one before. */
	_Atomic uint64_t deny_missing;
	/* Addresses that the plan in force announces: those that have their
	 * routes, and those whose routes the kernel refused, with the errno of the
	 * last refusal. */
	_Atomic uint32_t announced;
	_Atomic uint32_t announce_failed;
	_Atomic int32_t announce_errno;
	_Atomic uint32_t announce_hold; /* enum mx_announce_hold */
};

/* How far the ports of a local (SNAT) address are used up.  The data plane's
 * main thread writes it a few times a second. */
struct mx_region_snat {
	struct mx_addr address; /* all zero: no address has this slot */
	_Atomic uint32_t used;  /* by sessions of all states, all workers */
	_Atomic uint32_t fullest_percent; /* of the share of one worker */
	/* How often a session was to have this address (mx_plan.snat_at), and
	 * no port was left. */
	_Atomic uint64_t spilled;
};

/* The state of a port's interface. */
enum mx_link {
	MX_LINK_UP,
	MX_LINK_DOWN, /* by the administrator, or it has no carrier */
	MX_LINK_GONE, /* the interface or the device is not there */
	MX_LINKS,
};

/* How a member of a bond is. */
enum mx_member {
	MX_MEMBER_DOWN,   /* it has no link */
	MX_MEMBER_WAITS,  /* it has its link, and carries no frames */
	MX_MEMBER_ACTIVE, /* it carries frames */
	MX_MEMBERS,
};

/* Does a port that has RSS deliver segments as its key and table say?  Of each
 * family. */
enum mx_rss {
	MX_RSS_UNUSED,   /* RSS does not choose the workers */
	MX_RSS_UNPROVEN, /* too few segments came yet */
	MX_RSS_PROVEN,
	MX_RSS_DOUBTED, /* it does not */
	MX_RSS_STATES,
};

struct mx_region_member {
	char name[MX_DEVICE_NAME_MAX]; /* constant while members counts it */
	_Atomic uint32_t state;        /* enum mx_member */
};

/* The link of a port.  The data plane's main thread writes it a few times a
 * second. */
struct mx_region_link {
	_Atomic uint32_t state;  /* enum mx_link */
	_Atomic int64_t since_s; /* CLOCK_REALTIME */
	_Atomic uint64_t rx;     /* frames, as the driver counts them */
	_Atomic uint64_t tx;
	_Atomic uint64_t missed;  /* frames lost, as its queues were full */
	_Atomic uint64_t errors;  /* of either direction */
	_Atomic uint64_t partial; /* checksums completed for their senders */
	/* How often another host claimed an owned address; the address and the
	 * claimant of the last claim. */
	_Atomic uint64_t claims;
	struct mx_addr claimed;
	uint8_t claimant[6];
	_Atomic uint64_t no_memory; /* frames lost, as the pool was empty */
	_Atomic uint32_t members;   /* of a bond; else 0 */
	struct mx_region_member member[MX_BOND_MEMBERS_MAX];
	_Atomic uint64_t other_vlan;   /* frames of VLANs that no port of the
				      * device has */
	_Atomic uint32_t rss4;         /* enum mx_rss, of IPv4 */
	_Atomic uint32_t rss6;         /* of IPv6 */
	_Atomic uint64_t rss_segments; /* that were compared for it */
	_Atomic uint64_t rss_astray;   /* of those, by another queue */
};

/* Room for the largest plan; bytes, as a plan ends in a flexible array. */
struct mx_staged {
	alignas(64) uint8_t bytes[MX_PLAN_SIZE_MAX];
};

/* What the control plane's file begins with. */
struct mx_region_plans {
	uint64_t magic;
	uint32_t abi;
	uint32_t size; /* of this file */
};

/* The data plane's file, without the bytes that fill its last page. */
struct mx_region_dataplane {
	struct mx_region_header header;
	struct mx_region_ack ack;
	struct mx_region_snat snat[MX_SNATS_MAX];
	struct mx_region_link link[MX_PORTS_MAX];
	struct mx_worker_count worker[MX_WORKERS_MAX];
};

/* Each file begins with a page. */
#define MX_REGION_PAGE 4096

struct mx_region {
	struct mx_region_header header;
	struct mx_region_ack ack;
	struct mx_region_snat snat[MX_SNATS_MAX];
	struct mx_region_link link[MX_PORTS_MAX];
	struct mx_worker_count worker[MX_WORKERS_MAX];
	uint8_t unused[MX_REGION_PAGE -
		       sizeof(struct mx_region_dataplane) % MX_REGION_PAGE];
	struct mx_region_plans plans;
	alignas(64) _Atomic uint64_t generation; /* the last one published */
	struct mx_staged staged[2];
};

/* The sizes of both files. */
#define MX_REGION_OWN_BYTES offsetof(struct mx_region, plans)
#define MX_REGION_PLAN_BYTES (sizeof(struct mx_region) - MX_REGION_OWN_BYTES)
static_assert(MX_REGION_OWN_BYTES % MX_REGION_PAGE == 0,
	      "the control plane's file is mapped behind the data plane's");

/* The slot that a generation is published in. */
static inline struct mx_plan *
mx_region_slot(struct mx_region *region, uint64_t generation)
{
	return (struct mx_plan *)(void *)region->staged[generation & 1].bytes;
}

/* Publish: copy the plan of size_bytes into its slot, seal it there, raise the
 * generation.  Returns the new generation.  Only for the process with the
 * control plane's role. */
uint64_t mx_region_publish(struct mx_region *region,
			   const struct mx_plan *plan);

#endif /* MX_TABLES_REGION_H */
