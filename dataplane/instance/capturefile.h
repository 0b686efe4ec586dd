/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAPTUREFILE_H
#define MX_CAPTUREFILE_H

/* The file of a capture (capturering.h): `capture` in the control plane's
 * folder.  The control plane makes it, maps it and removes it.  The data
 * plane looks for it a few times a second, and removes one that nobody renews.
 *
 * The data plane does not map the file, since a file that its owner cuts ends
 * whoever touches its mapping.  The workers write to rings in memory of their
 * process, and the main thread carries the records over to the file.
 *
 * Threads    the main thread of either plane. */
#include <stdbool.h>

#include "capturering.h"

struct mx_capture {
	struct mx_capture_file *file;
	struct mx_capture_filter filter; /* a copy; of attach, checked */
	size_t size_bytes;
	/* Of attach: how far each ring has been carried over. */
	uint64_t carried[MX_WORKERS_MAX];
	int fd;
	char path[MX_PATH_MAX];
};

/* Make the file of a capture, in place of one that is there.  The caller holds
 * the control plane's role.
 * Returns 0 or -errno: -ENOENT if the instance has no folder, -ENOSPC if there
 * is not enough memory for it, or an error of mx_folder_open() or
 * mx_folder_file(). */
int mx_capture_create(struct mx_capture *capture, const char *instance,
		      const struct mx_capture_filter *filter, uint16_t workers,
		      uint32_t lease_s);

/* Open the file of a capture that has a ring for each worker, and make memory
 * for as many rings.
 * Returns 0 or -errno: -ENOENT if there is none, -EPROTO if it has another
 * version, another number of rings, or a length of frames out of its limits. */
int mx_capture_attach(struct mx_capture *capture, const char *instance,
		      uint16_t workers);

/* After attach, many times a second: carry records over to the file, and read
 * how far the control plane has come and until when its lease lasts.
 * Returns 0, or -errno if the file cannot be read or written. */
int mx_capture_carry(struct mx_capture *capture);

/* After attach: tell the control plane that this process captures. */
void mx_capture_take(struct mx_capture *capture);

/* Has the file still its name? */
bool mx_capture_is_named(const struct mx_capture *capture);

void mx_capture_close(struct mx_capture *capture);

/* Take the file's name away, so that the capture ends.  Returns 0 or -errno. */
int mx_capture_unlink(const char *instance);

#endif /* MX_CAPTUREFILE_H */
