/* SPDX-License-Identifier: BSD-3-Clause */
#include "caller.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>

#define NOBODY ((uid_t)-1)

/* The login uid of the audit system, which stays the same through su and
 * sudo. */
static uid_t
login_of(pid_t pid)
{
	char path[64];
	unsigned login;

	snprintf(path, sizeof(path), "/proc/%d/loginuid", (int)pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return NOBODY;
	const bool read = fscanf(file, "%u", &login) == 1;
	fclose(file);
	return read ? login : NOBODY;
}

struct caller
caller_of(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return (struct caller){.known = false};
	return (struct caller){
		.known = true, .uid = peer.uid, .login = login_of(peer.pid)};
}

/* "alice (uid 1000)", or "uid 1000" if the uid has no name here. */
static int
write_user(uid_t uid, char *text, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry = NULL;
	int length;

	while (file != NULL && (entry = fgetpwent(file)) != NULL)
		if (entry->pw_uid == uid)
			break;
	if (entry != NULL)
		length = snprintf(text, size, "%.32s (uid %u)", entry->pw_name,
				  uid);
	else
		length = snprintf(text, size, "uid %u", uid);
	if (file != NULL)
		fclose(file);
	return length;
}

char *
caller_text(const struct caller *caller, char text[CALLER_TEXT_MAX])
{
	int used;

	if (!caller->known) {
		snprintf(text, CALLER_TEXT_MAX, "somebody unknown");
		return text;
	}
	used = write_user(caller->uid, text, CALLER_TEXT_MAX);
	if (caller->login == NOBODY || caller->login == caller->uid)
		return text;
	used += snprintf(text + used, CALLER_TEXT_MAX - (size_t)used,
			 ", logged in as ");
	write_user(caller->login, text + used, CALLER_TEXT_MAX - (size_t)used);
	return text;
}
