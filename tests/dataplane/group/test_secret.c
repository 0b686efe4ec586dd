/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of a group follow from the bytes of a file that no stranger can read
 * or write.
 * Method: real files.  The expected keys were computed by Python's hmac:
 *
 *   prk = hmac.new(bytes(32), secret, "sha256").digest()
 *   key = hmac.new(prk, b"mxsteer sessions" + b"\1", "sha256").digest()[:16] */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "owner.h"
#include "runner.h"
#include "secret.h"
#include "tempfolder.h"

#define TEXT "0123456789abcdef0123456789abcdef"

static char path[PATH_MAX], other[PATH_MAX];
static struct mx_secret secret;

static void
setup(void)
{
	const char *folder = tempfolder_make();

	snprintf(path, sizeof(path), "%s/secret", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	memset(&secret, 0, sizeof(secret));
	mx_owner_believe(geteuid(), getegid());
}

static void
teardown(void)
{
	tempfolder_remove();
}

static void
write_file(const void *bytes, size_t length, mode_t mode)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void
check_keys(void)
{
	static const uint8_t stream[MX_SECRET_STREAM_BYTES] = {
		0xfe, 0x34, 0x90, 0xf3, 0xf4, 0x2a, 0x2b, 0x50,
		0x40, 0x81, 0xb8, 0x51, 0xa0, 0xef, 0x0f, 0x47,
		0x9f, 0xfb, 0xd1, 0x8a, 0xc5, 0x3c, 0xd6, 0x89,
		0xa8, 0xee, 0xfb, 0x8d, 0x99, 0x2a, 0xa6, 0x3a};
	static const uint8_t check[MX_SECRET_CHECK_BYTES] = {
		0xb5, 0x4b, 0x5a, 0x99, 0x77, 0x80, 0x43, 0x25};

	ck_assert_uint_eq(secret.sessions.word[0], 0x104ab34809cccaf1);
	ck_assert_uint_eq(secret.sessions.word[1], 0xcb2ffae1768b2b53);
	ck_assert_uint_eq(secret.plan.word[0], 0xab5ce86fef3755d9);
	ck_assert_uint_eq(secret.plan.word[1], 0xd9972fbe7ff30386);
	ck_assert_mem_eq(secret.stream, stream, sizeof(stream));
	ck_assert_mem_eq(secret.check, check, sizeof(check));
}

START_TEST(the_keys_are_those_of_the_standard)
{
	write_file(TEXT, strlen(TEXT), 0600);
	ck_assert_int_eq(mx_secret_read(&secret, path), 0);
	check_keys();
}
END_TEST

START_TEST(white_space_at_the_end_does_not_count)
{
	static const char text[] = TEXT " \t\r\n\n";

	write_file(text, strlen(text), 0640);
	ck_assert_int_eq(mx_secret_read(&secret, path), 0);
	check_keys();
}
END_TEST

START_TEST(another_byte_makes_other_keys)
{
	struct mx_secret before;

	write_file(TEXT "0", strlen(TEXT) + 1, 0600);
	ck_assert_int_eq(mx_secret_read(&before, path), 0);
	write_file(TEXT "1", strlen(TEXT) + 1, 0600);
	ck_assert_int_eq(mx_secret_read(&secret, path), 0);
	ck_assert_mem_ne(&before.sessions, &secret.sessions,
			 sizeof(secret.sessions));
	ck_assert_mem_ne(&before.plan, &secret.plan, sizeof(secret.plan));
	ck_assert_mem_ne(before.stream, secret.stream, sizeof(secret.stream));
	ck_assert_mem_ne(before.check, secret.check, sizeof(secret.check));
}
END_TEST

static void
expect_refusal(int error)
{
	const struct mx_secret before = secret;

	ck_assert_int_eq(mx_secret_read(&secret, path), error);
	ck_assert_mem_eq(&secret, &before, sizeof(before));
	ck_assert_uint_gt(strlen(mx_secret_error(error)), 0);
}

START_TEST(a_file_that_strangers_can_read_or_write_is_refused)
{
	static const mode_t modes[] = {0604, 0602, 0601, 0620, 0666, 0644};

	write_file(TEXT, strlen(TEXT), modes[_i]);
	expect_refusal(-EPERM);
}
END_TEST

START_TEST(a_file_of_a_stranger_is_refused)
{
	if (geteuid() != 0)
		return; /* only root can give a file away */
	write_file(TEXT, strlen(TEXT), 0600);
	ck_assert_int_eq(chown(path, 12345, (gid_t)-1), 0);
	expect_refusal(-EPERM);
	mx_owner_believe(12345, 12345);
	ck_assert_int_eq(mx_secret_read(&secret, path), 0);
}
END_TEST

START_TEST(a_secret_has_32_to_4096_bytes)
{
	static char text[MX_SECRET_BYTES_MAX + 1];

	memset(text, 'x', sizeof(text));
	write_file(text, MX_SECRET_BYTES_MAX, 0600);
	ck_assert_int_eq(mx_secret_read(&secret, path), 0);
	write_file(text, MX_SECRET_BYTES_MIN, 0600);
	ck_assert_int_eq(mx_secret_read(&secret, path), 0);
	write_file(text, MX_SECRET_BYTES_MAX + 1, 0600);
	expect_refusal(-EMSGSIZE);
	write_file(text, MX_SECRET_BYTES_MIN - 1, 0600);
	expect_refusal(-EMSGSIZE);
	memset(text, '\n', sizeof(text));
	write_file(text, MX_SECRET_BYTES_MAX, 0600);
	expect_refusal(-EMSGSIZE);
	write_file("", 0, 0600);
	expect_refusal(-EMSGSIZE);
}
END_TEST

START_TEST(a_link_is_followed_and_its_file_is_judged)
{
	write_file(TEXT, strlen(TEXT), 0600);
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert_int_eq(mx_secret_read(&secret, path), 0);
	check_keys();
	ck_assert_int_eq(chmod(other, 0644), 0);
	expect_refusal(-EPERM);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	expect_refusal(-ENOENT);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_refusal(-EINVAL);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	expect_refusal(-EINVAL);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("secret");
	TCase *t = tcase_create("secret");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_keys_are_those_of_the_standard);
	tcase_add_test(t, white_space_at_the_end_does_not_count);
	tcase_add_test(t, another_byte_makes_other_keys);
	tcase_add_loop_test(
		t, a_file_that_strangers_can_read_or_write_is_refused, 0, 6);
	tcase_add_test(t, a_file_of_a_stranger_is_refused);
	tcase_add_test(t, a_secret_has_32_to_4096_bytes);
	tcase_add_test(t, a_link_is_followed_and_its_file_is_judged);
	tcase_add_test(t, what_is_no_file_is_refused);
	suite_add_tcase(s, t);
	return s;
}
