/* SPDX-License-Identifier: BSD-3-Clause */
#include "smtpline.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define CODE_421 "421 4."
#define CODE_554 "554 5."
#define CODE_BYTES (sizeof(CODE_421) - 1)

#define DETAIL_ROOM "3.2 "
#define DETAIL_LIMIT "7.0 "
#define DETAIL_DENIED "7.1 "
#define DETAIL_EARLY "5.1 "
#define DETAIL_BYTES (sizeof(DETAIL_ROOM) - 1)

/* Behind the name; padded at the end, before the end of the line. */
#define TAIL_NONE " no server is available now\r\n"
#define TAIL_BUSY " all servers are busy now  \r\n"
#define TAIL_FULL " too many connections now  \r\n"
#define TAIL_CLIENT " too many from your address\r\n"
#define TAIL_PREFIX " too many from your network\r\n"
#define TAIL_DENIED " your address is denied    \r\n"
#define TAIL_EARLY " you spoke out of your turn\r\n"
#define TAIL_BYTES (sizeof(TAIL_NONE) - 1)

/* All are equally long. */
static_assert(sizeof(CODE_554) - 1 == CODE_BYTES, "a code");
static_assert(sizeof(DETAIL_LIMIT) - 1 == DETAIL_BYTES, "a detail");
static_assert(sizeof(DETAIL_DENIED) - 1 == DETAIL_BYTES, "a detail");
static_assert(sizeof(DETAIL_EARLY) - 1 == DETAIL_BYTES, "a detail");
static_assert(sizeof(TAIL_BUSY) - 1 == TAIL_BYTES, "a tail");
static_assert(sizeof(TAIL_FULL) - 1 == TAIL_BYTES, "a tail");
static_assert(sizeof(TAIL_CLIENT) - 1 == TAIL_BYTES, "a tail");
static_assert(sizeof(TAIL_PREFIX) - 1 == TAIL_BYTES, "a tail");
static_assert(sizeof(TAIL_DENIED) - 1 == TAIL_BYTES, "a tail");
static_assert(sizeof(TAIL_EARLY) - 1 == TAIL_BYTES, "a tail");
static_assert(CODE_BYTES + DETAIL_BYTES + MX_ANSWER_HOST_MAX + TAIL_BYTES <=
		      SMTP_LINE_BYTES_MAX,
	      "the longest name fits");

/* What is said of a reason. */
struct words {
	const char *detail;
	const char *tail;
};

static struct words
words_of(enum mx_drop why)
{
	switch (why) {
	case MX_DROP_ALL_FULL:
		return (struct words){DETAIL_ROOM, TAIL_BUSY};
	case MX_DROP_NO_PORT:
	case MX_DROP_TABLE_FULL:
		return (struct words){DETAIL_ROOM, TAIL_FULL};
	case MX_DROP_CLIENT_LIMIT:
		return (struct words){DETAIL_LIMIT, TAIL_CLIENT};
	case MX_DROP_PREFIX_LIMIT:
		return (struct words){DETAIL_LIMIT, TAIL_PREFIX};
	case MX_DROP_DENIED:
		return (struct words){DETAIL_DENIED, TAIL_DENIED};
	case MX_DROP_EARLY:
		return (struct words){DETAIL_EARLY, TAIL_EARLY};
	default:
		return (struct words){DETAIL_ROOM, TAIL_NONE};
	}
}

enum mx_answer
smtp_line_answer(const struct mx_service *service, enum mx_drop why)
{
	return mx_service_answer(service, why) == MX_ANSWER_554 ? MX_ANSWER_554
								: MX_ANSWER_421;
}

uint32_t
smtp_line_bytes(const struct mx_service *service)
{
	return (uint32_t)(CODE_BYTES + DETAIL_BYTES + service->host_bytes +
			  TAIL_BYTES);
}

static char *
put(char *out, const char *text, size_t bytes)
{
	memcpy(out, text, bytes);
	return out + bytes;
}

void
smtp_line_write(const struct mx_service *service, enum mx_drop why, char *out)
{
	const struct words words = words_of(why);
	const bool final = smtp_line_answer(service, why) == MX_ANSWER_554;

	out = put(out, final ? CODE_554 : CODE_421, CODE_BYTES);
	out = put(out, words.detail, DETAIL_BYTES);
	out = put(out, service->host, service->host_bytes);
	put(out, words.tail, TAIL_BYTES);
}
