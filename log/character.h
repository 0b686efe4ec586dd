/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHARACTER_H
#define MX_CHARACTER_H

/* Characters of texts that strangers wrote, such as an MTA's reply, a name in DNS
 * or the reason of a command.  Terminals, logs and pages show such texts, and a
 * reader must see what is there: no character moves the cursor, begins a line,
 * turns the direction of other text, or has no width.
 *
 * Source     RFC 3629 (UTF-8); Unicode TR 36, 2.10 (bidirectional text).
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>

/* Read the character at text[0], which may be the terminator.
 * Returns its bytes, 1 to 4, or 0 if the text is not UTF-8 there; *character is
 * then unknown. */
unsigned character_read(const char *text, uint32_t *character);

/* Does it show as itself, and leave the text around it alone? */
bool character_is_shown(uint32_t character);

/* Returns the bytes of the character at text[0], which is not the terminator, if
 * it is shown; else 0. */
unsigned character_shown_bytes(const char *text);

/* Returns the bytes of what a "?" stands for, if the character at text[0] is not
 * shown: those of a whole character, or one that is not UTF-8. */
unsigned character_hidden_bytes(const char *text);

/* Put a "?" in place of each character that is not shown, so that the text can
 * neither forge a line nor move a cursor, and is UTF-8. */
void character_make_shown(char *text);

#endif /* MX_CHARACTER_H */
