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
	struct caller caller = {.known = true,
				.uid = peer.uid,
				.group = {peer.gid},
				.groups = 1,
				.login = login_of(peer.pid)};
	/* A process of more groups gets none of them here: ERANGE. */
	size = (CALLER_GROUPS_MAX - 1) * sizeof(caller.group[0]);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &caller.group[1],
		       &size) == 0)
		caller.groups = (uint16_t)(1 + size / sizeof(caller.group[0]));
	return caller;
}

bool
caller_is_member(const struct caller *caller, gid_t group)
{
	for (uint16_t i = 0; i < caller->groups; i++)
		if (caller->group[i] == group)
			return true;
	return false;
}

/* A name is a part of texts in JSON, which are UTF-8.  Any other byte would cost
 * the whole text. */
static void
make_plain(char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < 0x20 || (unsigned char)*name >= 0x7f)
			*name = '?';
}

/* "alice (uid 1000)", or "uid 1000" if the uid has no name here. */
static int
write_user(uid_t uid, char *text, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry = NULL;
	int length;

	while (file != NULL && (entry = fgetpwent(file)) != NULL)
		if (entry->pw_uid == uid)
			break;
	if (entry != NULL) {
		make_plain(entry->pw_name);
		length = snprintf(text, size, "%.32s (uid %u)", entry->pw_name,
				  uid);
	} else {
		length = snprintf(text, size, "uid %u", uid);
	}
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
