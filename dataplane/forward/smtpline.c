/* SPDX-License-Identifier: BSD-3-Clause */
#include "smtpline.h"

#include <assert.h>
#include <string.h>

#define CODE_421 "421 4.3.2 "
#define CODE_554 "554 5.3.2 "
#define CODE_BYTES (sizeof(CODE_421) - 1)

/* Behind the name; padded at the end, before the end of the line. */
#define TAIL_NONE " no server is available now\r\n"
#define TAIL_BUSY " all servers are busy now  \r\n"
#define TAIL_FULL " too many connections now  \r\n"
#define TAIL_BYTES (sizeof(TAIL_NONE) - 1)

static_assert(sizeof(CODE_554) - 1 == CODE_BYTES, "all are equally long");
static_assert(sizeof(TAIL_BUSY) - 1 == TAIL_BYTES, "all are equally long");
static_assert(sizeof(TAIL_FULL) - 1 == TAIL_BYTES, "all are equally long");
static_assert(CODE_BYTES + MX_ANSWER_HOST_MAX + TAIL_BYTES <=
		      SMTP_LINE_BYTES_MAX,
	      "the longest name fits");

static const char *
tail_of(enum mx_drop why)
{
	switch (why) {
	case MX_DROP_ALL_FULL:
		return TAIL_BUSY;
	case MX_DROP_NO_PORT:
	case MX_DROP_TABLE_FULL:
		return TAIL_FULL;
	default:
		return TAIL_NONE;
	}
}

uint32_t
smtp_line_bytes(const struct mx_service *service)
{
	return (uint32_t)(CODE_BYTES + service->host_bytes + TAIL_BYTES);
}

void
smtp_line_write(const struct mx_service *service, enum mx_drop why, char *out)
{
	memcpy(out, service->answer == MX_ANSWER_554 ? CODE_554 : CODE_421,
	       CODE_BYTES);
	out += CODE_BYTES;
	memcpy(out, service->host, service->host_bytes);
	out += service->host_bytes;
	memcpy(out, tail_of(why), TAIL_BYTES);
}
