/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENCLOSURE_H
#define MX_ENCLOSURE_H

/* A text that a client sends before a request: a configuration file.  The client
 * opens the file, by its own rights.  If the control plane opened it, a caller
 * could read any file of the control plane's user: errors quote what is found.
 *
 *   text LENGTH\n     at most ENCLOSURE_MAX
 *   LENGTH bytes
 *   the line of the request
 *
 * A client asks by the command "text" first: a control plane of before takes no
 * texts, and would take their lines for commands.
 *
 * A text has no reply of its own.  What is wrong with it ends the connection.  The
 * texts of all clients of a socket have ENCLOSURES_MAX bytes together.  A client
 * that has not sent its text for ENCLOSURE_SLOW_MS is closed if another one needs
 * the room.
 *
 * Threads    the event loop. */
#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes: those of a configuration file, MX_CONFIG_FILE_MAX. */
#define ENCLOSURE_MAX (4 * 1024 * 1024)
#define ENCLOSURES_MAX (4 * (size_t)ENCLOSURE_MAX)
#define ENCLOSURE_SLOW_MS 5000

struct enclosure {
	bool begun;
	char *text; /* NULL: it is not kept */
	size_t size, got;
	uint64_t since_ms;
};

/* Does a text begin with this line? */
bool enclosure_is_announced(const char *line);

/* The line announces a text.  It is not kept.  Returns NULL; or why that cannot
 * be. */
const char *enclosure_begin(struct enclosure *enclosure, const char *line);

/* Keep the text that begins.  Returns false if there is no memory. */
bool enclosure_keep(struct enclosure *enclosure);

/* Take what has come of the text.  Returns true if all of it is there, or if there
 * is none. */
bool enclosure_read(struct enclosure *enclosure, struct evbuffer *in);

/* Is it kept, and has been coming for long? */
bool enclosure_is_slow(const struct enclosure *enclosure);

/* Take the whole text over: the caller frees it, and it ends in a zero byte.
 * Returns NULL if none is kept. */
char *enclosure_take(struct enclosure *enclosure, size_t *size);

/* Forget the text. */
void enclosure_end(struct enclosure *enclosure);

#endif /* MX_ENCLOSURE_H */
