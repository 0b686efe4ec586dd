/* SPDX-License-Identifier: BSD-3-Clause */
/* While a list is read, the control plane goes on: it answers, follows health
 * and publishes plans, and says what is in force.  No change of a file is lost,
 * and neither an apply nor an end in the middle of a read leaves harm.
 * Method: a whole control plane (serving.c).  The linker puts a latch behind
 * list_build(), so that a read ends when the test wants it. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "denyfile.h"
#include "listbuild.h"
#include "regionfile.h"
#include "listrig.h"
#include "runner.h"

#define TEXT_BYTES ((size_t)3 << 20)

int __real_list_build(const struct list_job *job, struct list_built *built);
int __wrap_list_build(const struct list_job *job, struct list_built *built);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *), void *arg);

static atomic_bool latched;
static atomic_bool stuck; /* as a disk that does not answer */
static atomic_uint reads;
static bool no_threads;

int
__wrap_list_build(const struct list_job *job, struct list_built *built)
{
	const int error = __real_list_build(job, built);

	while (atomic_load(&stuck) ||
	       (atomic_load(&latched) && !atomic_load(job->stop)))
		usleep(1000);
	atomic_fetch_add(&reads, 1);
	return error;
}

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
		      void *(*run)(void *), void *arg)
{
	return no_threads ? EAGAIN
			  : __real_pthread_create(thread, attributes, run, arg);
}

/* From now on reads do not end, and time passes all the same. */
static void
latch(void)
{
	atomic_store(&latched, true);
	plane.hasty = true;
}

static void
unlatch(void)
{
	atomic_store(&latched, false);
	plane.hasty = false;
}

static void
write_listed(const char *name, const char *more)
{
	char deny[256];

	snprintf(deny, sizeof(deny), "    deny: {file: \"%s\"%s}\n",
		 listrig_path, more);
	listrig_configure(name, deny);
}

static void
apply(const char *name, enum answer wanted, const char *part)
{
	char line[160];

	snprintf(line, sizeof(line), "config apply %s/%s", plane.folder, name);
	plane_answers(&plane, line, wanted, part);
}

static void
setup(void)
{
	unlatch();
	no_threads = false;
	listrig_setup();
	listrig_write("192.0.3.0/24\n");
	write_listed("c.yaml", "");
	apply("c.yaml", ANSWER_OK, "in force");
	atomic_store(&reads, 0);
}

static bool
denies_old(void)
{
	return listrig_denies(0xc0000301);
}

static bool
denies_new(struct plane *p)
{
	return plane_is_settled(p) && listrig_denies(0xc6336401);
}

static bool
denies_newest(struct plane *p)
{
	return plane_is_settled(p) && listrig_denies(0xcb007109);
}

static bool
has_no_list(struct plane *p)
{
	return plane_is_settled(p) && listrig_published()->serial == 0;
}

static bool
is_a_down(struct plane *p)
{
	const uint64_t generation = atomic_load(&p->region->generation);

	return plane_is_settled(p) &&
	       !mx_region_slot(p->region, generation)->backend[1].serves;
}

START_TEST(the_plane_goes_on_while_a_list_is_read)
{
	latch();
	listrig_write("198.51.100.0/24\n");
	plane_answers(&plane, "reload lists", ANSWER_NOTED,
		      "deny.txt is being read, and the list before is in force "
		      "meanwhile");
	plane_expect(&plane, "show denied", true,
		     "deny.txt is being read; the list before is in force");
	json_t *data = plane_json(&plane, "-j show denied");
	ck_assert(json_is_true(
		json_object_get(plane_row(data, "lists", 0), "being_read")));
	json_decref(data);
	plane_seed_hops(&plane);
	plane_answers(&plane, "status", ANSWER_OK, "deny.txt is being read");
	fakeprobe_result("192.0.2.11:25", false);
	ck_assert(plane_run_until(&plane, is_a_down));
	plane_expect(&plane, "weight mx/b 50", true, "100 -> 50");
	ck_assert(denies_old());
	ck_assert_uint_eq(atomic_load(&reads), 0);
	unlatch();
	ck_assert(plane_run_until(&plane, denies_new));
	ck_assert(!denies_old());
	data = plane_json(&plane, "-j show denied");
	ck_assert(json_is_false(
		json_object_get(plane_row(data, "lists", 0), "being_read")));
	json_decref(data);
}
END_TEST

START_TEST(a_file_that_changes_while_it_is_read_is_read_again)
{
	latch();
	listrig_write("198.51.100.0/24\n");
	plane_run(&plane, 15000);
	ck_assert_uint_ne(plane.control->denials.under_way.ticket, 0);
	listrig_write("203.0.113.0/24\n");
	plane_run(&plane, 15000);
	unlatch();
	ck_assert(plane_run_until(&plane, denies_newest));
	ck_assert_uint_eq(atomic_load(&reads), 2);
	plane_expect(&plane, "reload lists", true, "1 list, 1 prefix");
	ck_assert_uint_eq(atomic_load(&reads), 3);
}
END_TEST

START_TEST(a_file_with_new_lists_waits_for_them)
{
	write_listed("one.yaml", ", allow: [\"192.0.3.128/25\"]");
	listrig_configure("two.yaml", "");
	latch();
	apply("one.yaml", ANSWER_NOTED,
	      "one.yaml waits until its lists are read");
	ck_assert(denies_old());
	/* What comes later does not overtake it. */
	apply("two.yaml", ANSWER_NOTED,
	      "two.yaml waits until its lists are read");
	plane_expect(&plane, "drain mx/a", true, "ready -> drain");
	ck_assert(denies_old() && listrig_denies(0xc0000381));
	unlatch();
	ck_assert(plane_run_until(&plane, has_no_list));
	ck_assert(plane_logged("one.yaml applied"));
	ck_assert(plane_logged("two.yaml applied"));
	apply("one.yaml", ANSWER_OK, "in force");
	ck_assert(denies_old() && !listrig_denies(0xc0000381));
}
END_TEST

START_TEST(a_file_that_is_refused_late_is_logged)
{
	listrig_configure("two.yaml", "");
	apply("two.yaml", ANSWER_OK, "in force");
	listrig_write("heavy\n");
	latch();
	apply("c.yaml", ANSWER_NOTED, "no list is in force meanwhile");
	plane_expect(&plane, "show denied", true, "being read");
	unlatch();
	plane_run(&plane, 1000);
	ck_assert(plane_logged("deny.txt:1: expected a prefix"));
	ck_assert(plane_logged("config stays as it was"));
	ck_assert(has_no_list(&plane));
	plane_expect(&plane, "show denied", true, "No service has a deny list");
}
END_TEST

START_TEST(a_list_that_left_while_it_was_read_leaves_nothing)
{
	const uint64_t before = listrig_published()->serial;

	listrig_configure("two.yaml", "");
	latch();
	listrig_write("198.51.100.0/24\n");
	plane_run(&plane, 15000);
	apply("two.yaml", ANSWER_OK, "in force");
	ck_assert(has_no_list(&plane));
	unlatch();
	plane_run(&plane, 25000);
	ck_assert(has_no_list(&plane));
	ck_assert(!mx_deny_file_exists(plane.instance, before));
	apply("c.yaml", ANSWER_OK, "in force");
	ck_assert(denies_new(&plane));
}
END_TEST

START_TEST(an_end_in_the_middle_of_a_read_leaves_no_harm)
{
	latch();
	listrig_write("198.51.100.0/24\n");
	apply("c.yaml", ANSWER_NOTED, "waits");
	plane_stop_control(&plane);
	ck_assert(denies_old());
	/* A start does not wait either, and keeps the list of the plan. */
	plane_start_control(&plane);
	plane_run(&plane, 1000);
	ck_assert(plane_is_settled(&plane) && denies_old());
	unlatch();
	ck_assert(plane_run_until(&plane, denies_new));
}
END_TEST

START_TEST(a_read_that_never_ends_does_not_keep_the_plane)
{
	latch();
	atomic_store(&stuck, true);
	listrig_write("198.51.100.0/24\n");
	apply("c.yaml", ANSWER_NOTED, "waits");
	plane_stop_control(&plane);
	ck_assert_uint_eq(atomic_load(&reads), 0);
	/* Let the thread end before the test does, and with it its memory. */
	unlatch();
	atomic_store(&stuck, false);
	while (atomic_load(&reads) == 0)
		usleep(1000);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, denies_new));
}
END_TEST

START_TEST(a_first_start_says_that_no_list_is_in_force)
{
	plane_stop_control(&plane);
	plane_stop_data(&plane);
	mx_region_unlink(plane.instance);
	mx_plan_unlink(plane.instance);
	latch();
	plane_start_data(&plane);
	plane_start_control(&plane);
	plane_run(&plane, 1000);
	ck_assert(has_no_list(&plane));
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "deny.txt is being read; no list is in force");
	unlatch();
	plane_run(&plane, 1000);
	ck_assert(plane_is_settled(&plane) && denies_old());
}
END_TEST

START_TEST(a_list_is_tried_again_when_there_was_no_thread)
{
	no_threads = true;
	listrig_write("198.51.100.0/24\n");
	plane_expect(&plane, "reload lists", false, "cannot be read now");
	ck_assert(denies_old());
	no_threads = false;
	plane_run(&plane, 15000);
	ck_assert(plane_run_until(&plane, denies_new));
	plane_expect(&plane, "reload lists", true, "1 prefix");
}
END_TEST

START_TEST(a_fault_far_behind_has_its_line)
{
	const uint32_t lines = TEXT_BYTES / 8;
	char part[64];
	char *text = malloc(TEXT_BYTES + 16);

	for (uint32_t i = 0; i < lines; i++)
		memcpy(text + (size_t)i * 8, "# lines\n", 8);
	strcpy(text + TEXT_BYTES, "heavy\n");
	listrig_write(text);
	free(text);
	snprintf(part, sizeof(part), "deny.txt:%u: expected", lines + 1);
	plane_expect(&plane, "reload lists", false, part);
}
END_TEST

START_TEST(a_build_that_is_told_to_stop_stops)
{
	const struct mx_config_deny *deny =
		&plane.control->state->config->service[0].deny;
	atomic_bool stop = true;
	const struct list_job job = {.kind = LIST_DENIES,
				     .instance = plane.instance,
				     .key = &plane.control->state->key,
				     .config = plane.control->state->config,
				     .deny = deny,
				     .stop = &stop};
	struct list_built built;

	ck_assert_int_eq(__real_list_build(&job, &built), -ECANCELED);
	stop = false;
	ck_assert_int_eq(__real_list_build(&job, &built), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("reading");
	TCase *t = tcase_create("reading");

	tcase_add_checked_fixture(t, setup, listrig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_plane_goes_on_while_a_list_is_read);
	tcase_add_test(t, a_file_that_changes_while_it_is_read_is_read_again);
	tcase_add_test(t, a_file_with_new_lists_waits_for_them);
	tcase_add_test(t, a_file_that_is_refused_late_is_logged);
	tcase_add_test(t, a_list_that_left_while_it_was_read_leaves_nothing);
	tcase_add_test(t, an_end_in_the_middle_of_a_read_leaves_no_harm);
	tcase_add_test(t, a_read_that_never_ends_does_not_keep_the_plane);
	tcase_add_test(t, a_first_start_says_that_no_list_is_in_force);
	tcase_add_test(t, a_list_is_tried_again_when_there_was_no_thread);
	tcase_add_test(t, a_fault_far_behind_has_its_line);
	tcase_add_test(t, a_build_that_is_told_to_stop_stops);
	suite_add_tcase(s, t);
	return s;
}
