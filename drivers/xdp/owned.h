/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_OWNED_H
#define MX_DRIVERS_OWNED_H

/* The rows of the map `owned`, for steer.bpf.c and afxdp.c, as in vip.h.  Port
 * 0: an owned address, IPv4 as ::ffff:a.b.c.d.  Any other port: a backend whose
 * replies carry its clients' addresses (nat).
 *
 * Plain C that clang can also compile for the kernel. */
#include <linux/types.h>

/* Room for the rows of an old plan and a new one together. */
#define OWNED_ROWS 4096

/* Receive queues of an interface. */
#define OWNED_QUEUES_MAX 64

#define OWNED_PROGRAM "mx_steer"
#define OWNED_MAP "owned"

struct owned_key {
	__u8 addr[16];
	__be16 port;
};

/* The last round of changes that named the row; see afxdp.c. */
typedef __u32 owned_round;

#endif /* MX_DRIVERS_OWNED_H */
