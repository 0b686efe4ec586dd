/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ASKING_H
#define MX_ASKING_H

/* A command is sent to the control plane, and its answer is printed.
 * Threads    main. */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit statuses: done and in force; refused; wrong usage, or no control plane
 * answers; done and not in force yet. */
enum status { DONE, FAILED, NOT_ASKED, NOTED };

struct asking {
	char path[PATH_MAX];
	bool json;
	bool all;            /* rows */
	const char *columns; /* "KEY,KEY", or NULL: as the control plane has */
	int fd;              /* -1: not connected yet */
	bool lost;           /* no control plane answers */
	bool plugin;         /* the command's caller is a monitoring system */
	const char *text;    /* of a file, for the next command; or NULL */
	size_t text_size;    /* bytes */
	bool compares;       /* FAILED means a difference, and no trouble */
};

/* Send a command, and print the answer. */
enum status asking_ask(struct asking *asking, const char *command);

/* Connect, unless it is connected.  Returns DONE, or NOT_ASKED, and says why. */
enum status asking_connect(struct asking *asking);

/* Print a complaint, as JSON if that was asked for.  Returns the status of
 * trouble: FAILED; or NOT_ASKED if the command compares. */
enum status asking_complain(const struct asking *asking, const char *text);

/* The same for a command that is wrong.  Returns NOT_ASKED. */
enum status asking_misused(const struct asking *asking, const char *text);

/* Say that no control plane answers at a path, or that a command is too long.
 * error: of client.h.  Return NOT_ASKED. */
enum status asking_lost(struct asking *asking, const char *path, int error);
enum status asking_too_long(const struct asking *asking);

/* The exit status of trouble: see asking_complain(). */
enum status asking_trouble(const struct asking *asking);

#endif /* MX_ASKING_H */
