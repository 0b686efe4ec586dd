/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_SCALAR_H
#define MX_CONFIG_SCALAR_H

/* Parse one value of the file into a field of a struct, by kind.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scalar_kind {
	SCALAR_NAME,      /* char[MX_NAME_MAX]: letters, digits, ". _ -" */
	SCALAR_INTERFACE, /* char[IF_NAMESIZE] */
	SCALAR_DEVICE,    /* char[MX_DEVICE_MAX]: see device.h */
	SCALAR_HOSTNAME,  /* char[MX_HOSTNAME_MAX] */
	SCALAR_WEBHOST,   /* the same, of URLs: it may have _ */
	SCALAR_PATH,      /* char[MX_FILE_PATH_MAX]: begins with / */
	SCALAR_TEXT,      /* char[max]: ASCII, with line ends and tabs */
	SCALAR_U8,        /* whole numbers from min to max */
	SCALAR_U16,
	SCALAR_U32,
	SCALAR_DURATION,    /* uint32_t of ms: "10s", "500ms", "2m", "1h" */
	SCALAR_WORD,        /* unsigned: index into words */
	SCALAR_FLAG,        /* bool: true if the file has the one word */
	SCALAR_ADDRESS,     /* struct mx_addr */
	SCALAR_ENDPOINT,    /* struct mx_endpoint */
	SCALAR_LISTEN,      /* struct mx_endpoint; "off" is port 0 */
	SCALAR_PREFIX,      /* struct mx_config_prefix */
	SCALAR_EXPECTATION, /* struct expectation: see expectation.h */
	SCALAR_MAILBOX,     /* char[MAILBOX_TEXT_MAX]: see mailbox.h */
	SCALAR_KINDS,
};

struct scalar {
	enum scalar_kind kind;
	uint32_t min; /* of numbers; of durations in ms; of texts in bytes; of
		       * endpoints the port that they need not have, or 0 */
	uint32_t max; /* the same; of texts in bytes, with a terminator */
	bool or_zero; /* for numbers: 0 is allowed, whatever min
				   * is */
	const char *const *words; /* ends in NULL */
	const char *expected;     /* overrides the usual description */
};

/* Store text's value at out.  Returns 0, or -EINVAL with *out untouched. */
int scalar_parse(const struct scalar *scalar, const char *text, void *out);

/* The description of a right value in the place of `found`, as in "expected
 * ...".  found: the text that scalar_parse() refused, or NULL if it was no
 * text. */
#define SCALAR_EXPECTED_MAX 160
void scalar_expected(const struct scalar *scalar, const char *found,
		     char *text);

#endif /* MX_CONFIG_SCALAR_H */
