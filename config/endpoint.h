/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_ENDPOINT_H
#define MX_CONFIG_ENDPOINT_H

/* Addresses as people write them: "192.0.2.1", "2001:db8::1",
 * "192.0.2.1:25", "[2001:db8::1]:25".
 * Threads    pure functions: any. */
#include <stddef.h>

#include "addr.h"

/* "[", 45 of IPv6, "]:", 5 digits, terminator. */
#define MX_ENDPOINT_TEXT_MAX 56

/* Both return 0, or -EINVAL with *out untouched.  No names, no surrounding
 * blanks, no port 0, no leading zeros in numbers. */
int mx_addr_parse(const char *text, struct mx_addr *out);
int mx_endpoint_parse(const char *text, struct mx_endpoint *out);

/* Write the usual form into text[MX_ENDPOINT_TEXT_MAX]; return text. */
char *mx_addr_format(const struct mx_addr *addr, char *text);
char *mx_endpoint_format(const struct mx_endpoint *endpoint, char *text);

/* Can a host have the address?  Not the loopback, nor multicast. */
bool mx_addr_is_host(const struct mx_addr *addr);

/* 127.0.0.0/8, ::1 */
bool mx_addr_is_loopback(const struct mx_addr *addr);

/* fe80::/10, RFC 4291 2.5.6 */
bool mx_addr_is_link_local(const struct mx_addr *addr);

#endif /* MX_CONFIG_ENDPOINT_H */
