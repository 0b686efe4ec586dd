/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan of a group has the key of its secret, and without a group a random one.
 * Method: a whole control plane (serving.c) gets configurations whose group the test
 * fills in. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"
#include "runner.h"
#include "serving.h"
#include "statefile.h"

#define TEXT "0123456789abcdef0123456789abcdef\n"

/* Of TEXT; see test_secret.c */
static const struct mx_hash_key group_key = {
	{0xab5ce86fef3755d9, 0xd9972fbe7ff30386}};
static struct mx_config_errors errors;
static char secret[96];

static void
setup(void)
{
	serving_setup();
	snprintf(secret, sizeof(secret), "%s/secret", plane.folder);
	memset(&errors, 0, sizeof(errors));
}

static void
write_secret(mode_t mode)
{
	const int fd = open(secret, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, TEXT, strlen(TEXT)), (ssize_t)strlen(TEXT));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

/* Put the file in force, with a group or without.  A group comes and goes with a
 * restart, so the one in force is made to be the same. */
static int
apply(bool group)
{
	struct mx_config *config = mx_config_load(plane.config, &errors);

	ck_assert_ptr_nonnull(config);
	config->group.box = group ? 1 : 0;
	snprintf(config->group.secret, sizeof(config->group.secret), "%s",
		 secret);
	plane.control->state->config->group = config->group;
	const int error = apply_config(&plane.control->applier, plane.config,
				       config, &errors);
	plane_run(&plane, 1000);
	ck_assert(plane_is_settled(&plane));
	return error;
}

static struct mx_hash_key
plan_key(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation))
		->key;
}

static bool
is_key(const struct mx_hash_key *wanted)
{
	const struct mx_hash_key key = plan_key();

	return memcmp(&key, wanted, sizeof(key)) == 0;
}

static bool
is_in_status(void)
{
	bool ok;
	char *reply = plane_ask(&plane, "status", &ok);
	const bool is = strstr(reply, "the secret of the group cannot be "
				      "read") != NULL;

	free(reply);
	return is;
}

START_TEST(a_group_brings_its_key_and_takes_it_away)
{
	const struct mx_hash_key first = plan_key();

	ck_assert_int_eq(apply(false), 0);
	ck_assert(is_key(&first));
	write_secret(0640);
	ck_assert_int_eq(apply(true), 0);
	ck_assert(is_key(&group_key));
	ck_assert_int_eq(apply(false), 0);
	const struct mx_hash_key last = plan_key();
	ck_assert(!is_key(&group_key) && !is_key(&first));
	ck_assert_int_eq(apply(false), 0);
	ck_assert(is_key(&last));
}
END_TEST

START_TEST(a_secret_that_cannot_be_read_refuses_an_apply)
{
	const struct mx_hash_key first = plan_key();

	if (_i == 1)
		write_secret(0644);
	ck_assert_int_lt(apply(true), 0);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_ptr_nonnull(strstr(errors.text[0], ": group: secret: "));
	ck_assert_ptr_nonnull(
		strstr(errors.text[0], _i == 1 ? "chmod 640" : "No such file"));
	ck_assert(is_key(&first));
	ck_assert(!is_in_status());
}
END_TEST

/* As at the start, and where a trial ends. */
START_TEST(mail_goes_on_with_the_last_key)
{
	struct applier *applier = &plane.control->applier;

	write_secret(0640);
	ck_assert_int_eq(apply(true), 0);
	ck_assert_int_eq(unlink(secret), 0);
	applier->coming_back = true;
	ck_assert_int_eq(apply(true), 0);
	applier->coming_back = false;
	ck_assert(is_key(&group_key));
	ck_assert(plane_logged("group the secret cannot be read"));
	ck_assert(is_in_status());
	write_secret(0640);
	ck_assert_int_eq(apply(true), 0);
	ck_assert(!is_in_status());
}
END_TEST

START_TEST(a_restart_knows_whose_key_it_is)
{
	char fault[STATEFILE_FAULT_MAX];
	const char *path = plane.control->saver.path;
	struct state *next = state_new();

	write_secret(0640);
	ck_assert_int_eq(apply(true), 0);
	ck_assert_int_eq(statefile_load(path, next, fault), 0);
	ck_assert(next->key_shared);
	ck_assert_mem_eq(&next->key, &group_key, sizeof(group_key));
	ck_assert_int_eq(apply(false), 0);
	ck_assert_int_eq(statefile_load(path, next, fault), 0);
	ck_assert(!next->key_shared);
	state_free(next);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("plankey");
	TCase *t = tcase_create("plankey");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, a_group_brings_its_key_and_takes_it_away);
	tcase_add_loop_test(t, a_secret_that_cannot_be_read_refuses_an_apply, 0,
			    2);
	tcase_add_test(t, mail_goes_on_with_the_last_key);
	tcase_add_test(t, a_restart_knows_whose_key_it_is);
	suite_add_tcase(s, t);
	return s;
}
