/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PLANFILE_H
#define MX_PLANFILE_H

/* The control plane's file of the region: `plan` in its folder (folder.h).  It
 * has the last two plans and the number of the last one.
 *
 * The control plane writes to the file by a mapping.  The data plane reads the
 * file into its region, and believes nothing of it: the file may change, shrink
 * or vanish at any time.  mx_plan_check() judges the copy.
 *
 * Threads    main. */
#include <stdbool.h>

#include "bounds.h"
#include "region.h"

/* The control plane's end, behind a region of mx_region_attach(). */
struct mx_plan_writer {
	int fd; /* -1: none */
	char path[MX_PATH_MAX];
};

/* Map the file behind the region for writing.  Makes the file if there is none,
 * and anew if it has another layout.  The caller holds the control plane's role.
 * Returns 0 or -errno: -ENOSPC if there is no memory for it, or an error of
 * mx_folder_open() or mx_folder_file(). */
int mx_plan_writer_open(struct mx_plan_writer *writer, const char *instance,
			struct mx_region *region);

/* Write the file anew if its name was removed.
 * Returns 0, 1 if it was written anew, or -errno with nothing changed. */
int mx_plan_writer_keep(struct mx_plan_writer *writer, const char *instance,
			struct mx_region *region);

void mx_plan_writer_close(struct mx_plan_writer *writer);

/* The data plane's end, or that of a process that only looks. */
struct mx_plan_reader {
	int fd;    /* -1: there is no file */
	int error; /* of the last look; -EPERM was logged */
	const char *instance;
	char path[MX_PATH_MAX];
};

/* Begin without a file. */
void mx_plan_reader_init(struct mx_plan_reader *reader, const char *instance);

/* Look for the file, a few times a second: another file may have its name. */
void mx_plan_reader_look(struct mx_plan_reader *reader);

/* Read the generation, and if it is new its plan, into the region of this
 * process alone.  A file that cannot be read changes nothing. */
void mx_plan_reader_poll(struct mx_plan_reader *reader,
			 struct mx_region *region);

void mx_plan_reader_close(struct mx_plan_reader *reader);

/* Remove the file, and its folder if that is empty then.
 * Returns 0 or -errno. */
int mx_plan_unlink(const char *instance);

#endif /* MX_PLANFILE_H */
