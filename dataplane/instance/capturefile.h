/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAPTUREFILE_H
#define MX_CAPTUREFILE_H

/* The file of a capture (capturering.h): `capture` in the folder of the
 * instance.  The control plane makes it and removes it.  The data plane looks
 * for it a few times a second, and removes one that nobody renews.
 *
 * Threads    the main thread of either plane. */
#include <stdbool.h>

#include "capturering.h"

struct mx_capture {
	struct mx_capture_file *file;
	struct mx_capture_filter filter; /* a copy; of attach, checked */
	size_t size_bytes;
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

/* Map the file of a capture that has a ring for each worker.
 * Returns 0 or -errno: -ENOENT if there is none, -EPROTO if it has another
 * version, another number of rings, or a length of frames out of its limits. */
int mx_capture_attach(struct mx_capture *capture, const char *instance,
		      uint16_t workers);

/* Has the file still its name? */
bool mx_capture_is_named(const struct mx_capture *capture);

void mx_capture_close(struct mx_capture *capture);

/* Take the file's name away, so that the capture ends.  Returns 0 or -errno. */
int mx_capture_unlink(const char *instance);

#endif /* MX_CAPTUREFILE_H */
