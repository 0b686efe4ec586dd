/* SPDX-License-Identifier: BSD-3-Clause */
#include "dnsanswer.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

/* CNAMEs that are followed.  unbound follows 11, BIND 16. */
#define CHAIN_MAX 11

/* Presentation form: each byte may become \DDD. */
#define NAME_TEXT_MAX NS_MAXDNAME

/* A message that is the answer to the question. */
struct message {
	ns_msg handle;
	int records;               /* of the answer that are looked at */
	uint16_t cut;              /* those over the limit */
	char owner[NAME_TEXT_MAX]; /* the end of the chain of CNAMEs */
	bool alias;
	uint32_t ttl_s; /* the least of the chain */
};

/* RFC 2181 8: a TTL with the top bit set counts as 0. */
static uint32_t
ttl_of(const ns_rr *record)
{
	return ns_rr_ttl(*record) > INT32_MAX ? 0 : ns_rr_ttl(*record);
}

static void
note_ttl(uint32_t *least_s, const ns_rr *record)
{
	if (ttl_of(record) < *least_s)
		*least_s = ttl_of(record);
}

static bool
is_question(ns_msg *handle, const char *name, ns_type type)
{
	ns_rr question;

	return ns_msg_count(*handle, ns_s_qd) == 1 &&
	       ns_parserr(handle, ns_s_qd, 0, &question) == 0 &&
	       ns_rr_type(question) == type &&
	       ns_rr_class(question) == ns_c_in &&
	       strcasecmp(ns_rr_name(question), name) == 0;
}

/* Parse record number i of the answer.  Returns false if it is not one of the
 * owner and the type. */
static bool
is_record(struct message *m, int i, ns_type type, ns_rr *record)
{
	return ns_parserr(&m->handle, ns_s_an, i, record) == 0 &&
	       ns_rr_type(*record) == type && ns_rr_class(*record) == ns_c_in &&
	       strcasecmp(ns_rr_name(*record), m->owner) == 0;
}

/* Write a name inside the record's data as text.  Returns false if it is
 * malformed. */
static bool
read_name(const struct message *m, const u_char *at,
	  char text[static NAME_TEXT_MAX])
{
	return dn_expand(ns_msg_base(m->handle), ns_msg_end(m->handle), at,
			 text, NAME_TEXT_MAX) >= 0;
}

/* Go one CNAME on.  Returns false if the owner has none. */
static bool
follow_alias(struct message *m)
{
	ns_rr record;

	for (int i = 0; i < m->records; i++) {
		if (!is_record(m, i, ns_t_cname, &record) ||
		    !read_name(m, ns_rr_rdata(record), m->owner))
			continue;
		note_ttl(&m->ttl_s, &record);
		m->alias = true;
		return true;
	}
	return false;
}

static enum dns_end
end_of_code(int code)
{
	switch (code) {
	case ns_r_noerror:
		return DNS_ANSWERED;
	case ns_r_nxdomain:
		return DNS_NO_NAME;
	case ns_r_servfail:
		return DNS_FAILED;
	case ns_r_refused:
		return DNS_REFUSED;
	default:
		return DNS_OTHER;
	}
}

/* Read the head of a message, and follow its CNAMEs.  Returns DNS_ANSWERED if
 * records may follow. */
static enum dns_end
begin(struct message *m, const uint8_t *bytes, size_t size, const char *name,
      ns_type type)
{
	if (size > NS_MAXMSG || ns_initparse(bytes, (int)size, &m->handle) != 0)
		return DNS_BROKEN;
	/* A truncated answer is asked for again over TCP: see resolver.c. */
	if (ns_msg_getflag(m->handle, ns_f_qr) == 0 ||
	    ns_msg_getflag(m->handle, ns_f_tc) != 0 ||
	    !is_question(&m->handle, name, type))
		return DNS_BROKEN;
	const enum dns_end end =
		end_of_code(ns_msg_getflag(m->handle, ns_f_rcode));
	if (end != DNS_ANSWERED)
		return end;
	strncpy(m->owner, name, sizeof(m->owner) - 1);
	m->owner[sizeof(m->owner) - 1] = '\0';
	m->alias = false;
	m->ttl_s = UINT32_MAX;
	m->records = ns_msg_count(m->handle, ns_s_an);
	m->cut = 0;
	if (m->records > DNS_RECORDS_MAX) {
		m->cut = (uint16_t)(m->records - DNS_RECORDS_MAX);
		m->records = DNS_RECORDS_MAX;
	}
	for (int i = 0; follow_alias(m); i++)
		if (i == CHAIN_MAX)
			return DNS_BROKEN; /* a circle, most likely */
	return DNS_ANSWERED;
}

bool
dns_is_host(const char *name)
{
	const size_t length = strlen(name);

	return length > 0 && length < MX_HOSTNAME_MAX && name[0] != '.' &&
	       name[0] != '-' && name[length - 1] != '.' &&
	       strstr(name, "..") == NULL &&
	       strspn(name,
		      "abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == length;
}

static int
compare_targets(const struct dns_target *a, const struct dns_target *b)
{
	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return strcmp(a->host, b->host);
}

/* Enter a target where it belongs.  Of a host with two preferences the better
 * one counts; over the limit the worst target goes. */
static void
add_target(struct dns_mx *out, const struct dns_target *target)
{
	uint16_t place = 0;

	for (uint16_t i = 0; i < out->count; i++) {
		if (strcmp(out->target[i].host, target->host) != 0)
			continue;
		if (out->target[i].preference <= target->preference)
			return;
		out->count--;
		memmove(&out->target[i], &out->target[i + 1],
			(out->count - i) * sizeof(out->target[0]));
		break;
	}
	while (place < out->count &&
	       compare_targets(&out->target[place], target) < 0)
		place++;
	if (out->count == DNS_TARGETS_MAX)
		out->cut++;
	else
		out->count++;
	if (place == DNS_TARGETS_MAX)
		return;
	memmove(&out->target[place + 1], &out->target[place],
		(out->count - 1u - place) * sizeof(out->target[0]));
	out->target[place] = *target;
}

/* Read the data of an MX record: a preference and a name. */
static void
read_target(const struct message *m, const ns_rr *record, struct dns_mx *out)
{
	struct dns_target target = {0};
	char host[NAME_TEXT_MAX];

	if (ns_rr_rdlen(*record) < NS_INT16SZ + 1 ||
	    !read_name(m, ns_rr_rdata(*record) + NS_INT16SZ, host)) {
		out->refused++;
		return;
	}
	if (host[0] == '\0') {
		out->null_mx = true;
		return;
	}
	if (!dns_is_host(host)) {
		out->refused++;
		return;
	}
	target.preference = (uint16_t)ns_get16(ns_rr_rdata(*record));
	for (size_t i = 0; host[i] != '\0'; i++)
		target.host[i] = host[i] >= 'A' && host[i] <= 'Z'
					 ? (char)(host[i] - 'A' + 'a')
					 : host[i];
	add_target(out, &target);
}

void
dns_read_mx(const uint8_t *bytes, size_t size, const char *domain,
	    struct dns_mx *out)
{
	struct message m;
	ns_rr record;
	bool any = false;

	memset(out, 0, sizeof(*out));
	out->end = begin(&m, bytes, size, domain, ns_t_mx);
	if (out->end != DNS_ANSWERED)
		return;
	out->cut = m.cut;
	for (int i = 0; i < m.records; i++) {
		if (!is_record(&m, i, ns_t_mx, &record))
			continue;
		any = true;
		note_ttl(&m.ttl_s, &record);
		read_target(&m, &record, out);
	}
	out->end = any ? DNS_ANSWERED : DNS_EMPTY;
	out->alias = m.alias;
	out->ttl_s = m.ttl_s == UINT32_MAX ? 0 : m.ttl_s;
}

static void
add_address(struct dns_addresses *out, const struct mx_addr *addr)
{
	uint16_t place = 0;

	while (place < out->count &&
	       memcmp(&out->addr[place], addr, sizeof(*addr)) < 0)
		place++;
	if (place < out->count && mx_addr_equal(&out->addr[place], addr))
		return;
	if (out->count == DNS_ADDRESSES_MAX)
		out->cut++;
	else
		out->count++;
	if (place == DNS_ADDRESSES_MAX)
		return;
	memmove(&out->addr[place + 1], &out->addr[place],
		(out->count - 1u - place) * sizeof(out->addr[0]));
	out->addr[place] = *addr;
}

static bool
read_address(const ns_rr *record, enum dns_type type, struct mx_addr *addr)
{
	uint32_t ip_be;

	if (type == DNS_A) {
		if (ns_rr_rdlen(*record) != sizeof(ip_be))
			return false;
		memcpy(&ip_be, ns_rr_rdata(*record), sizeof(ip_be));
		*addr = mx_addr_from4(ip_be);
		return true;
	}
	if (ns_rr_rdlen(*record) != sizeof(addr->byte))
		return false;
	memcpy(addr->byte, ns_rr_rdata(*record), sizeof(addr->byte));
	/* An IPv4 address in the form of IPv6 would be one of the wrong
	 * family. */
	return !mx_addr_is4(addr);
}

void
dns_read_addresses(const uint8_t *bytes, size_t size, const char *host,
		   enum dns_type type, struct dns_addresses *out)
{
	const ns_type asked = type == DNS_A ? ns_t_a : ns_t_aaaa;
	struct message m;
	struct mx_addr addr;
	ns_rr record;

	memset(out, 0, sizeof(*out));
	out->end = begin(&m, bytes, size, host, asked);
	if (out->end != DNS_ANSWERED)
		return;
	out->cut = m.cut;
	for (int i = 0; i < m.records; i++) {
		if (!is_record(&m, i, asked, &record))
			continue;
		if (!read_address(&record, type, &addr)) {
			out->refused++;
			continue;
		}
		note_ttl(&m.ttl_s, &record);
		add_address(out, &addr);
	}
	out->end = out->count > 0 ? DNS_ANSWERED : DNS_EMPTY;
	out->alias = m.alias;
	out->ttl_s = m.ttl_s == UINT32_MAX ? 0 : m.ttl_s;
}

const char *
dns_end_text(enum dns_end end)
{
	static const char *const text[] = {
		[DNS_ANSWERED] = "answered",
		[DNS_EMPTY] = "no such record",
		[DNS_NO_NAME] = "NXDOMAIN, the name does not exist",
		[DNS_FAILED] = "SERVFAIL",
		[DNS_REFUSED] = "REFUSED",
		[DNS_OTHER] = "the resolver reports an error",
		[DNS_BROKEN] = "the answer is broken",
		[DNS_SILENT] = "no answer in time",
		[DNS_FLOODED] = "a flood of answers that nobody asked for",
		[DNS_UNREACHABLE] = "no resolver can be reached",
	};

	return text[end];
}
