/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_REDIRECT_H
#define MX_DRIVERS_REDIRECT_H

/* The rows of the map `owned`, for redirect.bpf.c and afxdp.c, as in owned.h.
 * Port 0: an owned address, IPv4 as ::ffff:a.b.c.d.  Any other port: a backend
 * whose replies carry its clients' addresses (nat).
 *
 * Plain C that clang can also compile for the kernel. */
#include <linux/types.h>

/* Room for the rows of an old plan and a new one together. */
#define REDIRECT_ROWS 4096

/* Receive queues of an interface. */
#define REDIRECT_QUEUES_MAX 64

/* The name of the program in the kernel.  It stays as it is, so that a data plane
 * of another version knows its own kind. */
#define REDIRECT_PROGRAM "mx_steer"
#define REDIRECT_MAP "owned"

struct owned_key {
	__u8 addr[16];
	__be16 port;
};

/* The last round of changes that named the row; see afxdp.c. */
typedef __u32 owned_round;

#endif /* MX_DRIVERS_REDIRECT_H */
