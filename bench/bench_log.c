/* SPDX-License-Identifier: BSD-3-Clause */
/* How many lines of sessions mxsteer-log writes, and what a line costs.
 * Method: this program plays a worker, and puts 200,000 records a second into a
 * ring of the real size.  The real mxsteer-log, on another core, writes them to a
 * file in memory and to one on a disk.  A line's time is the CPU time of the
 * process, from the kernel, by the lines. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "ended.h"
#include "figure.h"
#include "logged.h"
#include "logsheet.h"
#include "replacefile.h"
#include "ringfile.h"

#define RATE 200000u
#define SLICE_MS 1
#define SECONDS 3
#define RUNS 3
#define LIMIT_S 60

static char instance[MX_NAME_MAX];
static char config_path[64], control[96];
static struct mx_ring_file ring;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench_log: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* Only the instance's name and the user count. */
static void
write_config(void)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "instance: %s\nuser: root\n"
		 "dataplane:\n  workers: [1]\n"
		 "  ports: [{name: p, interface: lo}]\n"
		 "services:\n  - {name: inbound, listen: [\"192.0.2.1:25\"], "
		 "pool: mx, snat: [10.0.0.1], proxy-protocol: v2}\n"
		 "pools:\n  - {name: mx, backends: [{name: mta1, address: "
		 "\"10.0.0.2:25\"}]}\n",
		 instance);
	snprintf(config_path, sizeof(config_path), "/dev/shm/%s.yaml",
		 instance);
	must(replacefile(config_path, text, 0600) == 0, config_path);
}

static void
write_sheet(const char *file)
{
	static struct logsheet sheet;
	static char text[LOGSHEET_TEXT_MAX];
	char path[128];

	memset(&sheet, 0, sizeof(sheet));
	sheet.sessions = LOGSHEET_FILE;
	snprintf(sheet.file, sizeof(sheet.file), "%s", file);
	logsheet_set(&sheet.service[0], "inbound", 0);
	logsheet_set(&sheet.backend[1], "mx/mta1", 0);
	must(logsheet_write(&sheet, text) > 0, "the sheet");
	snprintf(path, sizeof(path), "%s/" LOGSHEET_NAME, control);
	must(replacefile(path, text, 0600) == 0, path);
}

static void
stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	sched_setaffinity(0, sizeof(one), &one); /* as good as it gets */
}

static pid_t
start(const char *program)
{
	const pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid > 0)
		return pid;
	stay_on(1);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(126);
	execl(program, program, "-c", config_path, (char *)NULL);
	_exit(127);
}

static bool
read_logged(struct logged *logged)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" LOGGED_NAME, control);
	FILE *in = fopen(path, "r");
	const bool whole = in != NULL &&
			   fread(logged, sizeof(*logged), 1, in) == 1 &&
			   logged->magic == LOGGED_MAGIC;
	if (in != NULL)
		fclose(in);
	return whole;
}

/* Wait until so many records have become lines, or are lost. */
static struct logged
wait_done(uint64_t records)
{
	const struct timespec look = {.tv_nsec = 10000000};
	struct logged logged;

	memset(&logged, 0, sizeof(logged));
	for (int i = 0; i < LIMIT_S * 100; i++) {
		if (read_logged(&logged) && logged.pid != 0 &&
		    logged.ring[0].tail >= records)
			return logged;
		nanosleep(&look, NULL);
	}
	fprintf(stderr, "bench_log: mxsteer-log is not done\n");
	exit(EXIT_FAILURE);
}

/* Put records at the rate: as many each millisecond as are due by then. */
static uint64_t
put_records(void)
{
	struct mx_ended ended = {
		.at_s = 1000,
		.opened_s = 998,
		.client_port_be = 1,
		.vip_port_be = 25 << 8,
		.wait_us = 2310,
		.bytes_in = 43210,
		.bytes_out = 567,
		.backend = 1,
		.flags = MX_ENDED_BYTES,
	};
	struct timespec due;
	uint64_t put = 0;

	ended.vip = mx_addr_from4(0x016402c0);
	clock_gettime(CLOCK_MONOTONIC, &due);
	for (unsigned ms = SLICE_MS; ms <= SECONDS * 1000; ms += SLICE_MS) {
		due.tv_nsec += SLICE_MS * 1000000;
		if (due.tv_nsec >= 1000000000) {
			due.tv_nsec -= 1000000000;
			due.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		for (; put < (uint64_t)RATE * ms / 1000; put++) {
			ended.at_tsc = __rdtsc();
			ended.client =
				mx_addr_from4((uint32_t)put * 2654435761);
			ended.client_port_be = (uint16_t)(put | 1024);
			mx_ring_put(ring.ring, &ended, MX_ENDED_WORDS);
		}
	}
	return put;
}

/* How many line ends a file has. */
static uint64_t
lines_of(const char *path)
{
	static char bytes[1 << 20];
	uint64_t lines = 0;
	size_t got;
	FILE *in = fopen(path, "r");

	must(in != NULL, path);
	while ((got = fread(bytes, 1, sizeof(bytes), in)) > 0)
		for (size_t i = 0; i < got; i++)
			lines += bytes[i] == '\n';
	fclose(in);
	return lines;
}

/* One run: the share of lines that are lost, and microseconds of CPU a line. */
static void
run(const char *program, const char *file, double *lost, double *us)
{
	const struct mx_ring like = {.kind = MX_RING_ENDED,
				     .words = MX_ENDED_WORDS,
				     .slots = MX_ENDED_SLOTS,
				     .tsc_hz = 2000000000};
	struct mx_folder folder;
	struct rusage usage;
	char path[128];
	int status;

	must(mx_folder_open_control(&folder, instance, true) == 0, control);
	mx_folder_close(&folder);

	must(mx_ring_file_open(&ring, instance, "ended.0", &like) == 0,
	     "the ring");
	snprintf(path, sizeof(path), "%s/" LOGGED_NAME, control);
	unlink(path);
	unlink(file);
	write_sheet(file);
	const pid_t pid = start(program);
	wait_done(0);
	const uint64_t put = put_records();
	struct logged logged = wait_done(put);
	kill(pid, SIGTERM);
	must(wait4(pid, &status, 0, &usage) == pid && status == 0,
	     "mxsteer-log");
	const double cpu_s =
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	must(read_logged(&logged), "the record of what was done");
	errno = 0;
	must(lines_of(file) == logged.lines, "the lines of the file");
	*lost = 100.0 * (double)logged.lost[LOGGED_LOSS_SLOW] / (double)put;
	*us = 1e6 * cpu_s / (double)logged.lines;
	mx_ring_file_close(&ring);
	mx_ring_files_remove(instance);
	unlink(file);
}

static void
measure(struct figures *figures, const char *program, const char *where,
	const char *file)
{
	double lost[RUNS], us[RUNS];
	char name[64];

	for (int i = 0; i < RUNS; i++)
		run(program, file, &lost[i], &us[i]);
	snprintf(name, sizeof(name), "log 200 k lines/s, lost, %s", where);
	figures_add(figures, name, "%", lost, RUNS);
	snprintf(name, sizeof(name), "log a line, %s", where);
	figures_add(figures, name, "us", us, RUNS);
}

/* mxsteer-log of the build that this program, .../bench/bench_log, is of. */
static const char *
beside(const char *self)
{
	static char path[512];
	const char *end = strrchr(self, '/');

	snprintf(path, sizeof(path), "%.*s../logger/mxsteer-log",
		 end == NULL ? 0 : (int)(end - self) + 1, self);
	return path;
}

int
main(int argc, char **argv)
{
	struct figures figures = figures_begin(argc, argv);
	const char *program =
		figures_argument(argc, argv, "--program", beside(argv[0]));
	const char *disk =
		figures_argument(argc, argv, "--disk", "/var/tmp/mxsteer.log");
	char memory[64];

	snprintf(instance, sizeof(instance), "bench-%d", (int)getpid());
	snprintf(control, sizeof(control), "/dev/shm/mxsteer-control.%s",
		 instance);
	snprintf(memory, sizeof(memory), "/dev/shm/%s.log", instance);
	write_config();
	stay_on(0);
	measure(&figures, program, "memory", memory);
	measure(&figures, program, "disk", disk);
	figures_end(&figures);
	unlink(config_path);
	return EXIT_SUCCESS;
}
