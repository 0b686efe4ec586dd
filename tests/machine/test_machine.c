/* SPDX-License-Identifier: BSD-3-Clause */
/* What hinders a data plane on a machine is found, with what mends it, and
 * nothing is found on a machine that is right.
 * Method: files as the kernel has them (fakesys.h), with one change for each
 * hazard. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakesys.h"
#include "findings.h"
#include "machine.h"
#include "runner.h"
#include "smallfile.h"

/* A file that fits the machine, but for a change. */
static const char right[] = SMALLFILE(
	"x", "[1]", "1000", "name: wan, driver: dpdk, device: \"65:00.0\"");

/* Check the machine with `from` written as `to`; "" for as it is. */
static void
check(const char *from, const char *to)
{
	struct mx_config *config = smallfile_parse(right, from, to);

	findings = (struct hazards){.count = 0};
	machine_check(fakesys_root, config, &findings);
	mx_config_free(config);
}

START_TEST(nothing_is_wrong_with_a_machine_that_is_right)
{
	check("", "");
	findings_none();
}
END_TEST

#define CPU "/sys/devices/system/cpu/"
#define LOCK(instance) "/dev/shm/mxsteer." instance "/dataplane.lock"
#define PAGES "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/"

static const struct {
	const char *path, *text;
	bool stops_mail;
	const char *wanted;
} changes[] = {
	{CPU "cpu1/online", "0\n", true,
	 "dataplane.workers: core 1 is turned off: `chcpu -e 1`"},
	{CPU "cpu1/cpufreq/scaling_governor", "powersave\n", false,
	 "the clock of worker core 1 follows the governor powersave, which may "
	 "slow it down: `echo performance >/sys/devices/system/cpu/cpu1/cpufreq/"
	 "scaling_governor`"},
	{PAGES "nr_hugepages", "0\n", false,
	 "no huge pages are reserved on NUMA node 0: the data plane uses pages "
	 "of 4 KiB, which is slower: `echo 47 >/sys/devices/system/node/node0/"
	 "hugepages/hugepages-2048kB/nr_hugepages`"},
	{PAGES "free_hugepages", "46\n", false,
	 "the data plane needs 93 MiB in huge pages, and 92 MiB of 128 MiB are "
	 "free on NUMA node 0: it uses pages of 4 KiB, which is slower: `echo "
	 "65 >/sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
	 "nr_hugepages`"},
	{"/proc/cpuinfo", "flags : fpu constant_tsc not_nonstop_tsc\n", false,
	 "the processor's clock is not invariant (no nonstop_tsc): time limits "
	 "of sessions may be wrong: in a virtual machine, give it the host's "
	 "processor, as with qemu's `-cpu host,+invtsc`"},
	{"/sys/devices/system/clocksource/clocksource0/current_clocksource",
	 "hpet\n", false,
	 "the kernel uses the clock hpet, since it does not trust that of the "
	 "processor, which mxsteer uses: `dmesg | grep -i tsc` says why"},
	{"/proc/sys/kernel/numa_balancing", "1\n", false,
	 "the kernel moves memory between NUMA nodes, which stops workers again "
	 "and again: `sysctl kernel.numa_balancing=0`"},
};

START_TEST(each_hazard_is_found_alone_with_what_mends_it)
{
	fakesys_file(changes[_i].path, changes[_i].text);
	check("", "");
	findings_one(changes[_i].stops_mail, changes[_i].wanted);
}
END_TEST

START_TEST(a_core_that_does_not_exist_stops_mail)
{
	check("[1]", "[4]");
	ck_assert(
		findings_have("dataplane.workers: this host has no core 4: see "
			      "`lscpu`"));
	ck_assert(hazards_stop_mail(&findings));
}
END_TEST

START_TEST(workers_on_threads_of_one_core_are_found)
{
	fakesys_file(CPU "cpu1/topology/thread_siblings_list", "0-1\n");
	fakesys_file(CPU "isolated", "0-1\n");
	check("[1]", "[0, 1]");
	findings_one(false,
		     "dataplane.workers: cores 0 and 1 are threads of one "
		     "core, and slow each other down: write other cores: "
		     "`lscpu -e` shows threads of one core under CORE");
}
END_TEST

START_TEST(worker_cores_that_are_not_isolated_are_found)
{
	fakesys_file(CPU "isolated", "\n");
	check("[1]", "[0, 1]");
	ck_assert_uint_eq(findings.count, 2);
	ck_assert(findings_have(
		"other programs can run on worker cores 0,1: boot with "
		"`isolcpus=0,1`"));
	ck_assert(findings_have(
		"a busy session can stop a worker of cores 0,1 for "
		"seconds: `sysctl kernel.sched_autogroup_enabled=0`"));
	fakesys_file("/proc/sys/kernel/sched_autogroup_enabled", "0\n");
	fakesys_file(CPU "isolated", "0\n");
	check("[1]", "[0, 1]");
	findings_one(false,
		     "other programs can run on worker cores 1: boot with "
		     "`isolcpus=0,1`, and the same list for nohz_full and "
		     "rcu_nocbs");
}
END_TEST

START_TEST(programs_on_the_core_of_a_worker_are_named)
{
	fakesys_thread(
		&(struct fakesys_thread){10, "pinned) R 1", 'S', 0, 0, "1"});
	fakesys_thread(&(struct fakesys_thread){11, "busy", 'R', 0, 1, "0-3"});
	fakesys_thread(
		&(struct fakesys_thread){12, "asleep", 'S', 0, 1, "0-3"});
	fakesys_thread(
		&(struct fakesys_thread){13, "elsewhere", 'R', 0, 2, "0-3"});
	fakesys_thread(
		&(struct fakesys_thread){14, "kernel", 'R', 0x200000, 1, "1"});
	check("", "");
	ck_assert_uint_eq(findings.count, 2);
	ck_assert(findings_have(
		"pinned) R 1 (process 10) is pinned to worker core 1: "
		"`taskset -acp CORES 10` gives it other cores"));
	ck_assert(findings_have("busy (process 11) runs now on worker core 1"));
}
END_TEST

/* A program chooses its name. */
START_TEST(a_name_can_neither_move_a_cursor_nor_break_json)
{
	fakesys_thread(&(struct fakesys_thread){10, "\033[2J\xff\xc3", 'S', 0,
						0, "1"});
	check("", "");
	findings_one(false, "?[2J?? (process 10) is pinned to worker core 1: "
			    "`taskset -acp CORES 10` gives it other cores");
}
END_TEST

/* On a machine with few cores the check itself may run there. */
START_TEST(the_check_does_not_name_itself)
{
	fakesys_thread(&(struct fakesys_thread){(unsigned)getpid(), "check",
						'R', 0, 1, "0-1"});
	check("", "");
	findings_none();
}
END_TEST

/* The pages that it has are as good as free; it may have none. */
START_TEST(the_own_data_plane_is_no_stranger)
{
	fakesys_thread(&(struct fakesys_thread){20, "mxsteer-datapla", 'R', 0,
						1, "1"});
	fakesys_open(20, 3, LOCK("x"));
	fakesys_file("/proc/20/status",
		     "Name:\tHugetlbPages: 9\nHugetlbPages:\t   95232 kB\n");
	fakesys_file(PAGES "free_hugepages", "0\n");
	check("", "");
	findings_none();
	fakesys_file("/proc/20/status", "HugetlbPages:\t   0 kB\n");
	check("", "");
	findings_one(false,
		     "the data plane needs 93 MiB in huge pages, and 0 MiB of "
		     "128 MiB are free on NUMA node 0: it uses pages of 4 KiB, "
		     "which is slower: `echo 111 >/sys/devices/system/node/"
		     "node0/hugepages/hugepages-2048kB/nr_hugepages`");
	fakesys_open(20, 3, LOCK("y"));
	check("", "");
	ck_assert_uint_eq(findings.count, 2);
	ck_assert(findings_have(
		"mxsteer-datapla (process 20) is pinned to worker core "
		"1"));
}
END_TEST

/* A process chooses its name, and any user can make a file of that name. */
START_TEST(a_program_that_poses_as_the_data_plane_is_found)
{
	fakesys_file(LOCK("x"), "");
	fakesys_thread(&(struct fakesys_thread){20, "mxsteer-datapla", 'R', 0,
						1, "1"});
	fakesys_open(20, 3, "/tmp" LOCK("x"));
	fakesys_file(PAGES "free_hugepages", "0\n");
	check("", "");
	ck_assert_uint_eq(findings.count, 2);
	ck_assert(findings_have(
		"mxsteer-datapla (process 20) is pinned to worker core "
		"1"));
	ck_assert(findings_have("the data plane needs 93 MiB in huge pages"));
}
END_TEST

START_TEST(a_card_that_another_program_has_is_found)
{
	fakesys_thread(&(struct fakesys_thread){30, "testpmd", 'S', 0, 0, "0"});
	fakesys_open(30, 7, "/dev/vfio/4");
	check("", "");
	findings_none();
	fakesys_open(30, 8, "/dev/vfio/42");
	check("", "");
	findings_one(true, "port wan: device 0000:65:00.0 is in use by testpmd "
			   "(process 30): end that program, or write another "
			   "device");
	fakesys_thread(&(struct fakesys_thread){30, "mxsteer-datapla", 'S', 0,
						0, "0"});
	fakesys_open(30, 3, LOCK("x"));
	check("", "");
	findings_none();
}
END_TEST

START_TEST(a_file_of_that_name_elsewhere_is_no_card)
{
	fakesys_file("/dev/vfio/42", "");
	fakesys_thread(&(struct fakesys_thread){30, "liar", 'S', 0, 0, "0"});
	fakesys_open(30, 8, "/tmp/dev/vfio/42");
	check("", "");
	findings_none();
}
END_TEST

START_TEST(without_an_iommu_another_program_is_found_too)
{
	fakesys_thread(&(struct fakesys_thread){30, "testpmd", 'S', 0, 0, "0"});
	fakesys_open(30, 8, "/dev/vfio/noiommu-42");
	check("", "");
	ck_assert(findings_have(
		"device 0000:65:00.0 is in use by testpmd (process 30)"));
}
END_TEST

#define TWIN(kind) "65:00.0\", interface: wan0, twin: " kind "}\n#"

START_TEST(what_a_twin_needs_is_looked_for)
{
	check("65:00.0\"}", TWIN("auto"));
	findings_none();
	fakesys_file("/dev/vhost-net", NULL);
	check("65:00.0\"}", TWIN("tap"));
	findings_none();
	check("65:00.0\"}", TWIN("auto"));
	findings_one(false,
		     "port wan: without /dev/vhost-net the twin wan0 costs a "
		     "system call for each frame: `modprobe vhost_net`");
	check("65:00.0\"}", TWIN("vhost"));
	findings_one(true,
		     "port wan: the twin wan0 needs /dev/vhost-net: `modprobe "
		     "vhost_net`");
	fakesys_file("/dev/net/tun", NULL);
	check("65:00.0\"}", TWIN("tap"));
	findings_one(true,
		     "port wan: the twin wan0 needs /dev/net/tun: `modprobe "
		     "tun`");
	check("65:00.0\"}", TWIN("off"));
	findings_none();
}
END_TEST

START_TEST(announce_needs_a_tun)
{
	check("pools:", "announce: {interface: mxsteer0}\npools:");
	findings_none();
	fakesys_file("/dev/net/tun", NULL);
	check("pools:", "announce: {interface: mxsteer0}\npools:");
	findings_one(true, "announce: interface mxsteer0 needs /dev/net/tun: "
			   "`modprobe tun`");
}
END_TEST

START_TEST(an_interface_that_is_no_tap_cannot_be_a_twin)
{
	check("65:00.0\"}", "65:00.0\", interface: lo}\n#");
	findings_one(true,
		     "port wan: interface lo exists and is no TAP, as a twin "
		     "must be: write another `interface`, or `twin: off`");
}
END_TEST

START_TEST(the_driver_of_a_twin_must_be_installed)
{
	fakesys_file(MX_PMD_FOLDER "/librte_net_virtio.so.23", NULL);
	check("65:00.0\"}", TWIN("auto"));
	findings_one(true,
		     "port wan: no driver of DPDK is installed for device "
		     "net_virtio_user0: `apt install librte-meta-net`");
	check("65:00.0\"}", TWIN("tap"));
	findings_none();
}
END_TEST

/* No file of the machine may end the program. */
START_TEST(a_machine_without_files_is_no_fault_of_the_program)
{
	struct mx_config *config = smallfile_parse(right, "", "");

	findings = (struct hazards){.count = 0};
	machine_check("/nowhere", config, &findings);
	mx_config_free(config);
	ck_assert(findings_have("port wan: there is no device 0000:65:00.0 on "
				"this host"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("machine");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, fakesys_setup, fakesys_teardown);
	tcase_add_test(t, nothing_is_wrong_with_a_machine_that_is_right);
	tcase_add_loop_test(t, each_hazard_is_found_alone_with_what_mends_it, 0,
			    sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(t, a_core_that_does_not_exist_stops_mail);
	tcase_add_test(t, workers_on_threads_of_one_core_are_found);
	tcase_add_test(t, worker_cores_that_are_not_isolated_are_found);
	tcase_add_test(t, programs_on_the_core_of_a_worker_are_named);
	tcase_add_test(t, a_name_can_neither_move_a_cursor_nor_break_json);
	tcase_add_test(t, the_check_does_not_name_itself);
	tcase_add_test(t, the_own_data_plane_is_no_stranger);
	tcase_add_test(t, a_program_that_poses_as_the_data_plane_is_found);
	tcase_add_test(t, a_card_that_another_program_has_is_found);
	tcase_add_test(t, a_file_of_that_name_elsewhere_is_no_card);
	tcase_add_test(t, without_an_iommu_another_program_is_found_too);
	tcase_add_test(t, what_a_twin_needs_is_looked_for);
	tcase_add_test(t, announce_needs_a_tun);
	tcase_add_test(t, an_interface_that_is_no_tap_cannot_be_a_twin);
	tcase_add_test(t, the_driver_of_a_twin_must_be_installed);
	tcase_add_test(t, a_machine_without_files_is_no_fault_of_the_program);
	suite_add_tcase(s, t);
	return s;
}
