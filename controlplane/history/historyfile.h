/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HISTORYFILE_H
#define MX_HISTORYFILE_H

/* The history on disk: a list, STATE/INSTANCE.history.json, and the text of each
 * revision in a file beside it, STATE/INSTANCE.history.SLOT.yaml.
 *
 * A text is written before the list that names it, under a name that the list
 * before does not have.  So a crash at any instant leaves the old list or the new
 * one, with its texts.  The list has the SHA-256 of each text: another text is
 * refused.
 *
 * Threads    the event loop. */
#include "history.h"

/* Write what has changed.  Returns 0; or -errno, kept in history->error, and the
 * files tell of the state before. */
int historyfile_save(struct history *history);

/* Read the files at history->path into an empty history.  Returns 0, also if there
 * are none; -EINVAL if the list makes no sense, or -errno.  Then the history is
 * empty.  A revision whose text is not the one that was applied has a fault. */
int historyfile_load(struct history *history);

#endif /* MX_HISTORYFILE_H */
