/* SPDX-License-Identifier: BSD-3-Clause */
/* The peer of a memif client: whether a process listens for it, which that
 * process does not notice.
 * Method: real sockets, of the type that memif has. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "memifpeer.h"
#include "runner.h"

static char path[64];
static char device[256];

/* A socket of that path, or of that abstract name. */
static int
bind_to(const char *name, bool abstract)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path + abstract, sizeof(address.sun_path) - 1,
		 "%s", name);
	const socklen_t size =
		abstract ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				       1 + strlen(name))
			 : sizeof(address);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	return fd;
}

static bool
listens(const char *arguments)
{
	snprintf(device, sizeof(device), "net_memif0,socket=%s%s", path,
		 arguments);
	return memifpeer_listens(device);
}

static void
setup(void)
{
	snprintf(path, sizeof(path), "/tmp/memifpeer.%d", getpid());
}

START_TEST(a_listener_at_a_file_is_found_and_gets_no_connection)
{
	ck_assert(!listens(",socket-abstract=no"));
	const int fd = bind_to(path, false);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert(listens(",socket-abstract=no"));
	ck_assert(listens(",role=client,socket-abstract=no"));
	ck_assert_int_lt(accept(fd, NULL, NULL), 0);
	ck_assert(!listens(""));
	close(fd);
	/* A process that was killed leaves the file. */
	ck_assert(!listens(",socket-abstract=no"));
	unlink(path);
}
END_TEST

START_TEST(a_listener_at_an_abstract_name_is_found)
{
	const int fd = bind_to(path, true);

	ck_assert(!listens(""));
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert(listens(""));
	ck_assert(listens(",socket-abstract=yes"));
	ck_assert(!listens("x"));
	ck_assert_int_lt(accept(fd, NULL, NULL), 0);
	close(fd);
	ck_assert(!listens(""));
}
END_TEST

START_TEST(a_server_has_no_listener)
{
	const int fd = bind_to(path, true);

	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert(!listens(",role=server"));
	ck_assert(!memifpeer_listens("net_tap0,iface=dev0"));
	ck_assert(!memifpeer_listens(""));
	close(fd);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("memifpeer");
	TCase *t = tcase_create("memifpeer");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_listener_at_a_file_is_found_and_gets_no_connection);
	tcase_add_test(t, a_listener_at_an_abstract_name_is_found);
	tcase_add_test(t, a_server_has_no_listener);
	suite_add_tcase(s, t);
	return s;
}
