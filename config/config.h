/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_CONFIG_H
#define MX_CONFIG_CONFIG_H

/* The configuration file as one checked struct, the same for both planes.
 *
 * Text becomes a struct in two steps.  walk.c walks the YAML tree by a table of
 * keys (schema.c) and refuses values of a wrong shape.  The room config/check
 * refuses values that have the right shape and no sensible meaning (an address
 * used twice, a pool without a definition).  Both write errors as "file:line:
 * what was expected".
 *
 * Invariant  a struct mx_config that mx_config_load() returned has been
 *            checked: indexes are in range, names are unique, every pool has a
 *            backend or discovers some, every service has a VIP.
 * Threads    none of its own; the caller owns the struct. */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "deskconfig.h"
#include "device.h"
#include "endpoint.h"
#include "expectation.h"
#include "mailbox.h"
#include "hash.h"
#include "bounds.h"
#include "plan.h"

#define MX_CONFIG_VIPS_MAX 16      /* listen addresses of one service */
#define MX_CONFIG_SNATS_MAX 256    /* local addresses of one service */
#define MX_CONFIG_BOX_SNATS_MAX 32 /* of one box of a group, one service */
#define MX_CONFIG_BACKENDS_MAX 256 /* backends of one pool */
#define MX_CONFIG_RESOLVERS_MAX 8  /* of one pool */
#define MX_CONFIG_ALLOWS_MAX 256   /* prefixes of an allow list */
#define MX_TIER_MAX 65535          /* an MX preference, RFC 5321 5.1 */

enum mx_port_driver {
	MX_DRIVER_AF_PACKET,
	MX_DRIVER_AF_XDP,
	MX_DRIVER_DPDK, /* a device without the kernel */
	MX_PORT_DRIVERS,
};

/* How the kernel gets the frames of a port that bypasses it, and sends by it:
 * drivers/twin. */
enum mx_twin {
	MX_TWIN_AUTO,  /* vhost where it is, or tap */
	MX_TWIN_VHOST, /* through /dev/vhost-net */
	MX_TWIN_TAP,   /* a system call for each frame */
	MX_TWIN_OFF,   /* not at all */
	MX_TWINS,
};

/* The largest MTU of an interface that a driver can serve.  af_packet: the
 * packet that fits into a frame of its ring besides the headers; the kernel
 * silently cuts longer packets.  af_xdp: of a frame of 2048 bytes the kernel
 * keeps 256 for itself (XDP_PACKET_HEADROOM), and the Ethernet header has
 * 14.  dpdk: of 2048 bytes the Ethernet header, two tags and a checksum have
 * 26. */
#define MX_MTU_MAX_AF_PACKET 1900
#define MX_MTU_MAX_AF_XDP (2048 - 256 - 14)
#define MX_MTU_MAX_DPDK 2000
#define MX_MTU_MIN_DPDK 1280 /* the least of IPv6 (RFC 8200, 5) */

#define MX_VLAN_MAX 4094 /* 4095 is reserved (IEEE 802.1Q, table 9-2) */

/* What a worker does while no frames come. */
enum mx_idle { MX_IDLE_POLL, MX_IDLE_SLEEP, MX_IDLES };

enum mx_switch { MX_SWITCH_OFF, MX_SWITCH_ON };

enum mx_direction {
	MX_DIRECTION_INBOUND,
	MX_DIRECTION_OUTBOUND,
	MX_DIRECTION_BOTH,
	MX_DIRECTIONS,
};

enum mx_check_type {
	MX_CHECK_TCP,        /* connect */
	MX_CHECK_SMTP,       /* banner, EHLO, QUIT; TLS by `starttls` */
	MX_CHECK_SMTPS,      /* the same, inside TLS from the start */
	MX_CHECK_SUBMISSION, /* as smtp, and AUTH must be offered */
	MX_CHECK_TYPES,
};

enum mx_starttls { MX_STARTTLS_OFF, MX_STARTTLS_TRY, MX_STARTTLS_REQUIRE };

#define MX_EXPECTATIONS_MAX 8

/* How the members of a bond share the work. */
enum mx_bond {
	MX_BOND_ACTIVE_BACKUP, /* one has all frames, the others wait */
	MX_BOND_LACP,          /* IEEE 802.1AX, with the switch */
	MX_BONDS,
};

struct mx_config_port {
	char name[MX_NAME_MAX];
	enum mx_port_driver driver;
	/* The kernel's interface in the network of the port.  With dpdk it is
	 * the twin, and may be empty. */
	char interface[IF_NAMESIZE];
	/* dpdk only; see device.h */
	char device[MX_DEVICE_MAX];
	/* dpdk only: `device` is then the bond of these members; see bond.h */
	enum mx_bond bond;
	uint16_t member_count;
	char member[MX_BOND_MEMBERS_MAX][MX_DEVICE_MAX];
	uint16_t queues; /* 0: one for each worker */
	uint16_t mtu;    /* 0: DPDK's default, 1500 */
	enum mx_twin twin;
	/* dpdk only: the VLAN (IEEE 802.1Q) of the port's frames; 0: they are
	 * untagged.  Ports of one device differ by it. */
	uint16_t vlan;
};

/* Has mxsteer to make the interface of the port? */
static inline bool
mx_config_has_twin(const struct mx_config_port *port)
{
	return port->driver == MX_DRIVER_DPDK && port->interface[0] != '\0' &&
	       port->twin != MX_TWIN_OFF;
}

struct mx_config_dataplane {
	uint16_t worker_count;
	uint16_t worker_core[MX_WORKERS_MAX]; /* CPU numbers, no doubles */
	enum mx_idle idle;
	enum mx_switch telemetry; /* DPDK's socket */
	uint32_t sessions_max;    /* all workers together */
	uint16_t port_count;
	struct mx_config_port port[MX_PORTS_MAX];
};

/* The first port that has the device of port `index`: that one, if it shares
 * its device with no port before it. */
static inline uint16_t
mx_config_first_of_device(const struct mx_config_dataplane *dataplane,
			  uint16_t index)
{
	const char *device = dataplane->port[index].device;

	for (uint16_t i = 0; i < index && device[0] != '\0'; i++)
		if (strcmp(dataplane->port[i].device, device) == 0)
			return i;
	return index;
}

/* Does the device of port `index` carry tagged frames? */
static inline bool
mx_config_is_trunk(const struct mx_config_dataplane *dataplane, uint16_t index)
{
	const uint16_t first = mx_config_first_of_device(dataplane, index);

	for (uint16_t i = first; i < dataplane->port_count; i++)
		if (dataplane->port[i].vlan != 0 &&
		    mx_config_first_of_device(dataplane, i) == first)
			return true;
	return false;
}

/* An address whose bits after the first `bits` are zero. */
struct mx_config_prefix {
	struct mx_addr addr;
	uint8_t bits; /* of 32 or of 128, by family */
};

/* The most sessions of one client; 0: no limit.  See struct
 * mx_client_limits. */
struct mx_config_clients {
	uint32_t sessions;
	uint32_t per_10s;
	uint8_t prefix4; /* bits, of 32 */
	uint8_t prefix6; /* of 128 */
	uint32_t prefix_sessions;
	uint32_t prefix_per_10s;
	enum mx_answer answer; /* to a client over a limit */
	uint16_t allow_count;
	struct mx_config_prefix allow[MX_CONFIG_ALLOWS_MAX];
	char allow_file[MX_FILE_PATH_MAX]; /* of more; empty: no list */
};

/* The deny list of a service. */
struct mx_config_deny {
	char file[MX_FILE_PATH_MAX]; /* of denied prefixes; empty: no list */
	char allow_file[MX_FILE_PATH_MAX]; /* of prefixes that are exempt */
	uint16_t allow_count;
	struct mx_config_prefix allow[MX_CONFIG_ALLOWS_MAX];
	enum mx_answer answer; /* to a denied client */
};

/* What makes a session go to another MTA before its client has heard of the
 * first one. */
enum mx_fail_over {
	MX_FAIL_OVER_IS_OFF,
	MX_FAIL_OVER_IF_REFUSED,
	MX_FAIL_OVER_IF_SILENT,
	MX_FAIL_OVER_IF_BUSY,
	MX_FAIL_OVER_IF_REFUSES,
	MX_FAIL_OVER_IF_MUTE,
	MX_FAIL_OVERS,
};

/* What chooses the local address of a session. */
enum mx_snat_by {
	MX_SNAT_BY_SESSION, /* all are used evenly */
	MX_SNAT_BY_BACKEND, /* a backend sees one */
	MX_SNAT_BYS,
};

/* The local addresses of one box, in a service of a group. */
struct mx_config_box_snat {
	uint16_t box;
	uint16_t snat_count;
	struct mx_addr snat[MX_CONFIG_BOX_SNATS_MAX];
};

struct mx_config_service {
	char name[MX_NAME_MAX];
	enum mx_direction direction;
	uint16_t pool; /* index into mx_config.pool */
	uint16_t vip_count;
	struct mx_endpoint vip[MX_CONFIG_VIPS_MAX]; /* both families may mix */
	enum mx_forward forward;
	uint16_t snat_count;                      /* fullnat only */
	struct mx_addr snat[MX_CONFIG_SNATS_MAX]; /* in a group: this box's */
	uint16_t box_snat_count; /* 0: the file has no snat-of-boxes */
	struct mx_config_box_snat box_snat[MX_BOXES_MAX];
	enum mx_snat_by snat_by;    /* fullnat only */
	enum mx_proxy proxy;        /* fullnat only */
	bool client_hidden;         /* the file has `client-address: hidden` */
	bool any_source;            /* the file has `client-sources: any` */
	enum mx_answer answer;      /* to a client that no backend can serve */
	char host[MX_HOSTNAME_MAX]; /* who answers */
	enum mx_cookies cookies;    /* whether SYNs get cookies */
	enum mx_early early;        /* what clients get that speak first */
	uint32_t delay_ms;          /* greeting-delay; 0: none */
	uint16_t fail_over_count;   /* 0: the default of the mode */
	enum mx_fail_over fail_over[MX_FAIL_OVERS];
	enum mx_tunnel tunnel; /* tunnel only */
	uint16_t tunnel_port;  /* GUE: UDP port at the MTAs */
	uint16_t tunnel_source_count;
	struct mx_config_prefix tunnel_source[2]; /* one a family at most */
	uint32_t idle_ms; /* timers; see struct mx_service */
	uint32_t half_open_ms;
	uint32_t greeting_ms;
	uint32_t patience_ms; /* banner-patience */
	uint32_t closing_ms;
	struct mx_config_clients clients;
	struct mx_config_deny deny;
};

struct mx_config_check {
	uint32_t interval_ms;
	enum mx_check_type type; /* not first: see config_said() */
	uint32_t timeout_ms;     /* of the whole dialogue */
	uint8_t rise;            /* passes in a row until up, >= 1 */
	uint8_t fall;            /* failures in a row until down, >= 1 */
	char helo[MX_HOSTNAME_MAX];
	enum mx_starttls starttls;      /* tcp and smtps: off */
	uint32_t tls_every_ms;          /* between checks with STARTTLS */
	char tls_name[MX_HOSTNAME_MAX]; /* of the certificate; empty: any */
	char ca[MX_FILE_PATH_MAX]; /* the CAs to know; empty: any is good */
	uint16_t expect_count;
	struct expectation expect[MX_EXPECTATIONS_MAX];
	char probe_recipient[MAILBOX_TEXT_MAX]; /* empty: no MAIL, no RCPT */
};

/* Is a server that lacks TLS of no use? */
static inline bool
mx_check_requires_tls(const struct mx_config_check *check)
{
	return check->type == MX_CHECK_SMTPS ||
	       check->starttls == MX_STARTTLS_REQUIRE;
}

/* The port of agents, if the file has `agent` and no port. */
#define MX_AGENT_PORT 9707
#define MX_AGENT_SEND_MAX 64 /* with a terminator */

/* How the agents on the MTAs' hosts are asked. */
struct mx_config_agent {
	uint16_t port; /* at each MTA's address; 0: there are no agents */
	uint32_t interval_ms;
	char send[MX_AGENT_SEND_MAX]; /* at once; empty: nothing */
};

struct mx_config_backend {
	char name[MX_NAME_MAX];
	struct mx_endpoint address;
	uint16_t weight;          /* 0..MX_WEIGHT_MAX; 0 takes no new session */
	uint16_t tier;            /* lower serves first, as an MX preference */
	uint32_t connections_max; /* sessions at once; 0: no limit */
};

/* Backends that DNS names, besides those of the file. */
struct mx_config_discover {
	char mx[MX_HOSTNAME_MAX]; /* the domain; empty: no discovery */
	uint16_t resolver_count;  /* 0: those of /etc/resolv.conf */
	struct mx_endpoint resolver[MX_CONFIG_RESOLVERS_MAX];
	uint16_t port;            /* of the MTAs */
	enum mx_switch trust;     /* an answer may take away more than half */
	uint16_t weight;          /* of a target; its addresses share it */
	uint32_t connections_max; /* of each address; 0: no limit */
};

/* Which backend of a pool gets a new session, within its bounds. */
enum mx_balance {
	MX_BALANCE_HASH,  /* the first that the client's hash names */
	MX_BALANCE_LEAST, /* of the first two, the one with fewer sessions */
	MX_BALANCE_LOAD,  /* as LEAST, and those that greet late get fewer */
	MX_BALANCES,
};

struct mx_config_pool {
	char name[MX_NAME_MAX];
	enum mx_hash_input hash;
	enum mx_balance balance;
	enum mx_switch passive; /* sessions that fail put a backend out */
	uint16_t load_bound;    /* percent of its share, over 100; 0: none */
	enum mx_proxy proxy;    /* the header that its MTAs wait for; from its
			      * services */
	uint32_t slow_start_ms; /* until a backend that came up has its whole
				 * weight; 0: at once */
	struct mx_config_check check;
	struct mx_config_discover discover;
	struct mx_config_agent agent;
	uint16_t backend_count;
	struct mx_config_backend backend[MX_CONFIG_BACKENDS_MAX];
};

/* A box of the group, this one among them. */
struct mx_config_box {
	uint16_t box;               /* its number, from 1 */
	struct mx_endpoint address; /* where mxsteer-replica listens */
};

struct mx_config_peer_snat {
	struct mx_addr address;
	uint16_t box;
};

/* Several boxes that carry each other's sessions. */
struct mx_config_group {
	uint16_t box_count; /* first: see config_said() */
	uint16_t box;       /* this one; 0: the file has no group */
	char secret[MX_FILE_PATH_MAX];
	struct mx_config_box boxes[MX_BOXES_MAX];
	/* The SNAT addresses of the other boxes, of all services.  Those of this
	 * box are the services' own. */
	uint16_t peer_snat_count;
	struct mx_config_peer_snat peer_snat[MX_SNATS_MAX];
};

struct mx_config {
	char instance[MX_NAME_MAX];
	char user[MX_NAME_MAX]; /* of the control plane; empty: not said */
	struct mx_config_access access;
	struct mx_config_dataplane dataplane;
	/* A reply counts only if it came by a port that leads to a backend. */
	enum mx_switch strict_ports;
	struct mx_config_log log;
	uint16_t service_count;
	struct mx_config_service service[MX_SERVICES_MAX];
	uint16_t pool_count;
	struct mx_config_pool pool[MX_POOLS_MAX];
	uint16_t lint_count; /* kinds of warnings that are ignored */
	struct mx_config_lint lint[MX_CONFIG_LINTS_MAX];
	struct mx_config_http http;
	struct mx_config_group group;
	struct mx_config_announce announce;
};

/* The errors for a person: up to ERRORS_MAX lines of "file:line: ...". */
#define MX_CONFIG_ERRORS_MAX 20
#define MX_CONFIG_ERROR_TEXT_MAX 512

struct mx_config_errors {
	uint16_t count; /* of all errors; may exceed the lines kept */
	char text[MX_CONFIG_ERRORS_MAX][MX_CONFIG_ERROR_TEXT_MAX];
	/* Hazards for mail in a configuration that works, which are no reason
	 * to refuse it.  Lines of "file:line: warning[NAME]: ...". */
	uint16_t warnings;
	uint16_t ignored; /* warnings that the file does not want to see */
	char warning[MX_CONFIG_ERRORS_MAX][MX_CONFIG_ERROR_TEXT_MAX];
};

/* Free what mx_config_load() returned; see load.h. */
void mx_config_free(struct mx_config *config);

/* Does any service or backend have an IPv6 address? */
bool mx_config_has_ipv6(const struct mx_config *config);

/* Write the path of the log's file: the key's, or the one of the instance's name. */
void mx_config_log_file(const struct mx_config *config,
			char path[static MX_FILE_PATH_MAX]);

/* The pool of this name, or NULL.  NULL has no pools. */
const struct mx_config_pool *mx_config_find_pool(const struct mx_config *config,
						 const char *name);

/* The box, another one than this, whose SNAT address it is; or 0. */
uint16_t mx_config_snat_peer(const struct mx_config *config,
			     const struct mx_addr *addr);

/* Can all services of a pool reach a backend of this family? */
bool mx_config_reaches(const struct mx_config *config, uint16_t pool, bool is4);

/* The words of the enums as the file and the CLI spell them. */
const char *mx_direction_name(enum mx_direction direction);
const char *mx_forward_name(enum mx_forward forward);
const char *mx_proxy_name(enum mx_proxy proxy);
const char *mx_answer_name(enum mx_answer answer);
const char *mx_cookies_name(enum mx_cookies cookies);
const char *mx_early_name(enum mx_early early);

/* Is the answer a line that a client reads? */
bool mx_answer_is_text(enum mx_answer answer);

/* Does a client of the service ever hear its host name: in an answer, or when its
 * session ends, or finds no MTA any more? */
bool mx_config_says_host(const struct mx_config_service *service);

/* Whether the SYNs of a service get cookies: always with greeting-delay, which
 * they make possible; never in direct modes, where `auto` has no effect. */
enum mx_cookies mx_config_cookies(const struct mx_config_service *service);

const char *mx_tunnel_name(enum mx_tunnel tunnel);
const char *mx_balance_name(enum mx_balance balance);
const char *mx_hash_input_name(enum mx_hash_input input);
const char *mx_check_type_name(enum mx_check_type type);

#endif /* MX_CONFIG_CONFIG_H */
