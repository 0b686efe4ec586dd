/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory that a data plane needs follows its configuration, and huge pages
 * that lack are found.  test_machine.c has the simple cases of these.
 * Method: files as the kernel has them (fakesys.h). */
#include "fakesys.h"
#include "findings.h"
#include "memory.h"
#include "runner.h"
#include "smallfile.h"

static const char file[] = SMALLFILE(
	"x", "[1]", "1000", "name: wan, driver: dpdk, device: \"65:00.0\"");

#define PAGES "/sys/devices/system/node/node0/hugepages/"

static void
check(void)
{
	struct mx_config *config = smallfile_parse(file, "", "");

	findings = (struct hazards){.count = 0};
	memory_check(fakesys_root, &config->dataplane, 0, &findings);
	mx_config_free(config);
}

START_TEST(huge_pages_of_1_gib_count)
{
	fakesys_file(PAGES "hugepages-2048kB/nr_hugepages", "0\n");
	fakesys_file(PAGES "hugepages-2048kB/free_hugepages", "0\n");
	fakesys_file(PAGES "hugepages-1048576kB/nr_hugepages", "1\n");
	fakesys_file(PAGES "hugepages-1048576kB/free_hugepages", "1\n");
	check();
	findings_none();
}
END_TEST

/* Pages of 1 GiB that others use are no reason to reserve as much again. */
START_TEST(huge_pages_that_are_in_use_stay)
{
	fakesys_file(PAGES "hugepages-2048kB/free_hugepages", "10\n");
	fakesys_file(PAGES "hugepages-1048576kB/nr_hugepages", "4\n");
	check();
	findings_one(false,
		     "the data plane needs 93 MiB in huge pages, and 20 MiB of "
		     "4224 MiB are free on NUMA node 0: it uses pages of 4 "
		     "KiB, which is slower: `echo 101 >/sys/devices/system/"
		     "node/node0/hugepages/hugepages-2048kB/nr_hugepages`");
}
END_TEST

/* The cards, their pages and the worker are on node 0, and the only core that is
 * left is on node 1. */
START_TEST(the_main_thread_needs_a_page_on_its_own_node)
{
	static const char free[] = "/sys/devices/system/node/node1/hugepages/"
				   "hugepages-2048kB/free_hugepages";

	fakesys_file("/sys/devices/system/cpu/cpu0/node0", NULL);
	fakesys_file("/sys/devices/system/cpu/cpu0/node1", "");
	check();
	findings_none();
	fakesys_file(free, "0\n");
	check();
	findings_one(false,
		     "no huge page is free on NUMA node 1, where the main "
		     "thread runs: the data plane uses pages of 4 KiB, which "
		     "is slower: `echo 65 >/sys/devices/system/node/node1/"
		     "hugepages/hugepages-2048kB/nr_hugepages`");
}
END_TEST

static const struct {
	const char *from, *to;
	unsigned frames;
} pools[] = {
	{"", "", 2 * 8192 + 2 * 1024},
	{"[1]", "[1, 2, 3]", 4 * 8192 + 3 * 2 * 1024},
	{"[1]\n  sessions-max: 1000\n  ports:\n    - {",
	 "[1, 2, 3]\n  ports:\n    - {queues: 1, ", 4 * 8192 + 2 * 1024},
	{"65:00.0\"", "65:00.0\", interface: wan0",
	 2 * 8192 + 2 * 1024 + 2 * 256},
	{"device: \"65:00.0\"", "bond: {members: [\"65:00.0\", \"66:00.0\"]}",
	 2 * 8192 + 3 * 2 * 1024},
	{"65:00.0\"}",
	 "65:00.0\", vlan: 42}\n"
	 "    - {name: lan, driver: dpdk, device: \"65:00.0\", vlan: 43}",
	 2 * 8192 + 2 * 1024},
	{"driver: dpdk, device: \"65:00.0\"", "driver: af_xdp, interface: a",
	 2 * 8192 + 4096},
	{"driver: dpdk, device: \"65:00.0\"", "driver: af_packet, interface: a",
	 2 * 8192},
};

START_TEST(the_pool_has_frames_for_all_workers_and_queues)
{
	struct mx_config *config =
		smallfile_parse(file, pools[_i].from, pools[_i].to);

	ck_assert_uint_eq(memory_frames(&config->dataplane), pools[_i].frames);
	mx_config_free(config);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("memory");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, fakesys_setup, fakesys_teardown);
	tcase_add_test(t, huge_pages_of_1_gib_count);
	tcase_add_test(t, huge_pages_that_are_in_use_stay);
	tcase_add_test(t, the_main_thread_needs_a_page_on_its_own_node);
	tcase_add_loop_test(t, the_pool_has_frames_for_all_workers_and_queues,
			    0, sizeof(pools) / sizeof(pools[0]));
	suite_add_tcase(s, t);
	return s;
}
