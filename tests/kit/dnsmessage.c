/* SPDX-License-Identifier: BSD-3-Clause */
#include "dnsmessage.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <check.h>
#include <resolv.h>
#include <string.h>

#define NAMES (sizeof(((struct dnsmessage *)0)->name) / sizeof(uint8_t *))

static void
put16(struct dnsmessage *m, unsigned value)
{
	ck_assert_uint_le(m->size + 2, sizeof(m->byte));
	ns_put16(value, &m->byte[m->size]);
	m->size += 2;
}

static void
put32(struct dnsmessage *m, uint32_t value)
{
	put16(m, value >> 16);
	put16(m, value & 0xffff);
}

static void
put_name(struct dnsmessage *m, const char *name)
{
	const int bytes = dn_comp(
		name, &m->byte[m->size], (int)(sizeof(m->byte) - m->size),
		(u_char **)m->name, (u_char **)m->name + NAMES);

	ck_assert_msg(bytes > 0, "%s", name);
	m->size += (size_t)bytes;
}

void
dnsmessage_begin(struct dnsmessage *m, const char *name, int type, int code)
{
	memset(m, 0, sizeof(*m));
	m->name[0] = m->byte;
	put16(m, 0x1234);
	put16(m, 0x8180u | (unsigned)code); /* an answer, recursion */
	put16(m, 1);
	m->size = NS_HFIXEDSZ;
	put_name(m, name);
	put16(m, (unsigned)type);
	put16(m, ns_c_in);
}

/* The head of a record, up to the length of its data, which end_record() enters.
 * Returns where that stands. */
static size_t
begin_record(struct dnsmessage *m, const char *owner, int type, uint32_t ttl_s)
{
	ns_put16(ns_get16(&m->byte[6]) + 1, &m->byte[6]);
	put_name(m, owner);
	put16(m, (unsigned)type);
	put16(m, ns_c_in);
	put32(m, ttl_s);
	put16(m, 0);
	return m->size - 2;
}

static void
end_record(struct dnsmessage *m, size_t at)
{
	ns_put16((unsigned)(m->size - at - 2), &m->byte[at]);
}

void
dnsmessage_mx(struct dnsmessage *m, const char *owner, uint32_t ttl_s,
	      uint16_t preference, const char *host)
{
	const size_t at = begin_record(m, owner, ns_t_mx, ttl_s);

	put16(m, preference);
	put_name(m, host);
	end_record(m, at);
}

void
dnsmessage_cname(struct dnsmessage *m, const char *owner, uint32_t ttl_s,
		 const char *to)
{
	const size_t at = begin_record(m, owner, ns_t_cname, ttl_s);

	put_name(m, to);
	end_record(m, at);
}

void
dnsmessage_address(struct dnsmessage *m, const char *owner, uint32_t ttl_s,
		   const char *address)
{
	const int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	const size_t at = begin_record(
		m, owner, family == AF_INET ? ns_t_a : ns_t_aaaa, ttl_s);

	ck_assert_int_eq(inet_pton(family, address, &m->byte[m->size]), 1);
	m->size += family == AF_INET ? 4 : 16;
	end_record(m, at);
}
