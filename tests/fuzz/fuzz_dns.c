/* SPDX-License-Identifier: BSD-3-Clause */
/* Any message of a name server: what is read from it is in bounds, sorted and
 * fit for a terminal, and no answer empties a pool or fills it without a limit.
 * Method: libFuzzer.  The first byte says what was asked for, and the rest is
 * the message.  What is read becomes an answer to the rules of membership. */
#include <stdlib.h>
#include <string.h>

#include "dnsanswer.h"
#include "membership.h"

#define DOMAIN "example.test"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static bool
serves(void *arg, const struct mx_addr *addr)
{
	(void)arg;
	return addr->byte[15] % 2 == 0;
}

/* To three members that have served, and a backend of a file before.  Three times,
 * an hour apart, so that members may leave. */
static void
take(struct finding *finding)
{
	static struct membership members;
	struct membership_scene scene = {.now_ms = 1000,
					 .ttl_s = 60,
					 .join_max = MEMBERSHIP_MAX,
					 .serves = serves};

	memset(&members, 0, sizeof(members));
	members.explicit_mx = true;
	members.count = 4;
	for (uint16_t i = 0; i < members.count; i++) {
		members.member[i] = (struct member){
			.addr = mx_addr_from4(htonl(0x0a00020bu + i)),
			.former = i == 3,
			.served = true};
		strcpy(members.member[i].host, i == 3 ? "mta" : DOMAIN);
	}
	for (int i = 0; i < 3; i++) {
		const uint16_t before = members.count;
		const struct membership_step step =
			membership_take(&members, finding, &scene);

		require(members.count > 0);
		require(members.count <= MEMBERSHIP_MAX);
		require(members.count == before + step.joined - step.left);
		require(step.left <= (before + step.joined) / 2);
		scene.now_ms += 3600 * 1000;
	}
}

static void
read_targets(const uint8_t *data, size_t size)
{
	static struct finding finding;
	static struct dns_mx mx;

	dns_read_mx(data, size, DOMAIN, &mx);
	require(mx.count <= DNS_TARGETS_MAX);
	require(mx.count == 0 || mx.end == DNS_ANSWERED);
	for (uint16_t i = 0; i < mx.count; i++) {
		require(dns_is_host(mx.target[i].host));
		require(i == 0 ||
			mx.target[i - 1].preference <= mx.target[i].preference);
	}
	memset(&finding, 0, sizeof(finding));
	finding.end = mx.end;
	finding.null_mx = mx.null_mx;
	finding.hosts = mx.count;
	for (uint16_t i = 0; i < mx.count; i++) {
		struct finding_host *host = &finding.host[i];

		memcpy(host->name, mx.target[i].host, sizeof(host->name));
		host->preference = mx.target[i].preference;
		host->end[0] = DNS_ANSWERED;
		host->end[1] = DNS_EMPTY;
		finding.address[finding.addresses++] =
			(struct finding_address){mx_addr_from4(i), i};
	}
	take(&finding);
}

static void
read_addresses(const uint8_t *data, size_t size, enum dns_type type)
{
	static struct finding finding;
	static struct dns_addresses found;

	dns_read_addresses(data, size, DOMAIN, type, &found);
	require(found.count <= DNS_ADDRESSES_MAX);
	require((found.count > 0) == (found.end == DNS_ANSWERED));
	memset(&finding, 0, sizeof(finding));
	finding.hosts = 1;
	strcpy(finding.host[0].name, DOMAIN);
	finding.host[0].end[type == DNS_AAAA] = found.end;
	finding.addresses = found.count;
	for (uint16_t i = 0; i < found.count; i++) {
		require(mx_addr_is4(&found.addr[i]) == (type == DNS_A));
		require(i == 0 || memcmp(&found.addr[i - 1], &found.addr[i],
					 sizeof(found.addr[i])) < 0);
		finding.address[i].addr = found.addr[i];
	}
	take(&finding);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		read_targets(data + 1, size - 1);
		break;
	case 1:
		read_addresses(data + 1, size - 1, DNS_A);
		break;
	default:
		read_addresses(data + 1, size - 1, DNS_AAAA);
		break;
	}
	return 0;
}
