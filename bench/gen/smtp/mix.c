/* SPDX-License-Identifier: BSD-3-Clause */
#include "mix.h"

#include <math.h>

#include "random.h"

/* Sizes of mail by rank: mostly text and HTML of some KB, and a few attachments
 * that have most of the bytes.  The shape is that of ordinary mailboxes.  It
 * was not measured at a particular site. */
static const struct {
	double share;
	uint32_t bytes;
} mail[] = {
	{0.00, 1000},   {0.10, 2500},    {0.50, 9000},     {0.75, 30000},
	{0.90, 100000}, {0.97, 1000000}, {1.00, 10000000},
};

static uint32_t
mail_bytes(double share)
{
	uint32_t i = 1;

	while (share > mail[i].share)
		i++;
	const double part = (share - mail[i - 1].share) /
			    (mail[i].share - mail[i - 1].share);
	const double low = log(mail[i - 1].bytes);
	return (uint32_t)exp(low + part * (log(mail[i].bytes) - low));
}

static uint32_t
message_bytes(const struct gen_mix *mix, uint64_t *random)
{
	switch (mix->size_kind) {
	case GEN_SIZE_EXPONENTIAL:
		return (uint32_t)(-log1p(-random_share(random)) *
				  mix->size_low);
	case GEN_SIZE_MAIL:
		return mail_bytes(random_share(random));
	case GEN_SIZE_UNIFORM:
		break;
	}
	return random_between(random, mix->size_low, mix->size_high);
}

static uint8_t
abort_phase(uint64_t *random)
{
	static const uint8_t phases[] = {GEN_BANNER, GEN_EHLO, GEN_MAIL,
					 GEN_RCPT,   GEN_DATA, GEN_DOT,
					 GEN_QUIT};

	return phases[random_between(random, 0, sizeof(phases) - 1)];
}

struct mix_session
mix_session(const struct gen_mix *mix, uint64_t seed, uint64_t number)
{
	uint64_t random = seed ^ number * 0xd6e8feb86659fd93u;
	struct mix_session session = {.abort_phase = GEN_PHASES};

	session.messages = (uint16_t)random_between(&random, mix->messages_low,
						    mix->messages_high);
	if (random_share(&random) < mix->pipelining)
		session.traits |= MIX_PIPELINING;
	if (random_share(&random) < mix->slow)
		session.traits |= MIX_SLOW;
	if (random_share(&random) < mix->idle)
		session.traits |= MIX_IDLE;
	if (random_share(&random) < mix->early)
		session.traits |= MIX_EARLY;
	if (random_share(&random) < mix->abort)
		session.abort_phase = abort_phase(&random);
	return session;
}

struct mix_message
mix_message(const struct gen_mix *mix, uint64_t seed, uint64_t number,
	    uint16_t message)
{
	uint64_t random = (seed ^ number * 0xd6e8feb86659fd93u) +
			  (message + 1) * 0xa0761d6478bd642fu;
	struct mix_message m;

	m.recipients = (uint8_t)random_between(&random, mix->recipients_low,
					       mix->recipients_high);
	m.bytes = message_bytes(mix, &random);
	return m;
}
