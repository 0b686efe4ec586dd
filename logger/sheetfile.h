/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_SHEETFILE_H
#define MX_LOGGER_SHEETFILE_H

/* The file of the control plane's sheet (records/logsheet.h), which is replaced
 * now and then.
 *
 * Threads    main. */
#include <stdint.h>
#include <time.h>

#include "logsheet.h"

/* Which file was read last. */
struct sheetfile {
	struct timespec at; /* of its last change */
	uint64_t ino;       /* 0: none was read */
};

/* Read the sheet if there is another one.  text: memory for the file.  Returns 1
 * if it was read, 0 if there is none or no other one, or -EPROTO, with
 * an unknown *sheet, if this version cannot read it. */
int sheetfile_read(struct sheetfile *file, const char *instance,
		   struct logsheet *sheet, char text[static LOGSHEET_TEXT_MAX]);

#endif /* MX_LOGGER_SHEETFILE_H */
