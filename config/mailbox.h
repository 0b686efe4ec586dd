/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_MAILBOX_H
#define MX_CONFIG_MAILBOX_H

/* A mail address as RCPT TO: takes it (RFC 5321 4.1.2), without quotes:
 * local@domain.
 * Threads    pure functions: any. */

#define MAILBOX_TEXT_MAX 255 /* RFC 5321 4.5.3.1.3: 256 with < and > */

/* Store text, which becomes part of a command.  Returns 0, or -EINVAL with *out
 * untouched. */
int mailbox_parse(const char *text, char out[static MAILBOX_TEXT_MAX]);

#endif /* MX_CONFIG_MAILBOX_H */
