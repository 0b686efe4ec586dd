/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_BOUNDS_H
#define MX_TABLES_BOUNDS_H

/* The sizes of everything.  Both planes size their tables by these, so a change
 * here is a change of the ABI: raise MX_REGION_ABI in region.h with it. */

/* Bytes of a name, with its terminator: instance, service, pool, backend. */
#define MX_NAME_MAX 32

/* Bytes of a path, with its terminator. */
#define MX_PATH_MAX 128

#define MX_SERVICES_MAX 64
#define MX_DENY_RULES_MAX 1024 /* prefixes that the operator denies or allows */
#define MX_VIPS_MAX 256        /* address:port pairs clients connect to */
#define MX_POOLS_MAX 64
/* Local ports of a local address.  Below are the system ports (RFC 6335), which
 * a firewall may treat apart. */
#define MX_LOCAL_PORT_FIRST 1024u
#define MX_LOCAL_PORTS (65536u - MX_LOCAL_PORT_FIRST)

/* Local addresses of the fullnat mode: MX_LOCAL_PORTS sessions each, so that
 * there are ports for all of MX_SESSIONS_MAX. */
#define MX_SNATS_MAX 256
#define MX_PORTS_MAX 8        /* DPDK ports */
#define MX_BOND_MEMBERS_MAX 4 /* devices that are one port */
#define MX_DEVICE_NAME_MAX 64 /* of a device's name: RTE_ETH_NAME_MAX_LEN */
#define MX_WORKERS_MAX 32
#define MX_LACK_MAX 64 /* bytes of what a port lacks, as text */

/* Backend ids run from 1; 0 is "none".  Each has at least 64 pick slots. */
#define MX_BACKENDS_MAX 1023
#define MX_BACKEND_NONE 0

/* Prefixes of clients without limits, all services together. */
#define MX_ALLOWS_MAX 512

/* Orders to end the sessions of clients that are carried out at once. */
#define MX_END_ORDERS_MAX 16

/* Clients that were refused lately, as a worker remembers them. */
#define MX_REFUSED_CLIENTS_MAX 64

/* Largest weight of a backend, configured or effective. */
#define MX_WEIGHT_MAX 1000

/* Boxes of a group; their numbers run from 1. */
#define MX_BOXES_MAX 16

/* Sessions of one data plane, all workers together. */
#define MX_SESSIONS_MAX 16000000

#endif /* MX_TABLES_BOUNDS_H */
