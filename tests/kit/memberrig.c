/* SPDX-License-Identifier: BSD-3-Clause */
#include "memberrig.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

struct membership members;
struct finding finding;
struct membership_scene scene;
bool serving[ADDRESSES];

static struct mx_addr
address(int i)
{
	struct mx_addr addr = {{[0] = 0xfd, [15] = (uint8_t)(i + 1)}};

	return i % 2 == 0 ? mx_addr_from4(htonl(0x0a000200u + (uint32_t)i))
			  : addr;
}

static int
index_of(const struct mx_addr *addr)
{
	for (int i = 0; i < ADDRESSES; i++) {
		const struct mx_addr own = address(i);

		if (mx_addr_equal(&own, addr))
			return i;
	}
	ck_abort_msg("an address of nobody");
	return -1;
}

static bool
serves(void *arg, const struct mx_addr *addr)
{
	(void)arg;
	return serving[index_of(addr)];
}

void
memberrig_setup(void)
{
	memset(&members, 0, sizeof(members));
	memset(serving, true, sizeof(serving));
	scene = (struct membership_scene){.now_ms = 1000000,
					  .ttl_s = 60,
					  .join_max = MEMBERSHIP_MAX,
					  .serves = serves};
}

void
memberrig_make(unsigned mask, unsigned failed)
{
	memset(&finding, 0, sizeof(finding));
	for (int h = 0; h < HOSTS; h++) {
		struct finding_host *host = &finding.host[finding.hosts];

		if (((mask | failed) >> 2 * h & 3) == 0)
			continue;
		snprintf(host->name, sizeof(host->name), "m%d.test", h);
		host->preference = (uint16_t)(10 * (h / 2));
		for (int family = 0; family < 2; family++) {
			const int bit = 2 * h + family;

			host->end[family] = DNS_EMPTY;
			if (failed >> bit & 1) {
				host->end[family] = DNS_FAILED;
			} else if (mask >> bit & 1) {
				host->end[family] = DNS_ANSWERED;
				finding.address[finding.addresses++] =
					(struct finding_address){address(bit),
								 finding.hosts};
			}
		}
		finding.hosts++;
	}
}

struct membership_step
memberrig_take(unsigned mask)
{
	memberrig_make(mask, 0);
	return membership_take(&members, &finding, &scene);
}

void
memberrig_pass(uint32_t seconds)
{
	scene.now_ms += UINT64_C(1000) * seconds;
}

unsigned
memberrig_mask(void)
{
	unsigned mask = 0;

	for (uint16_t i = 0; i < members.count; i++)
		mask |= 1u << index_of(&members.member[i].addr);
	return mask;
}
