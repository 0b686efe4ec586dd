/* SPDX-License-Identifier: BSD-3-Clause */
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver.h"
#include "redirect.h"

/* The object file that clang made. */
static const uint8_t program[] = {
#include "redirect.bpf.h"
};

#define MAPS_MAX 8 /* of the program */

static int
refuse(char *text, int error, const char *why)
{
	snprintf(text, DRIVER_TEXT_MAX, "%s: %s", why, strerror(-error));
	return error;
}

/* Does the kernel support what the program needs? */
static int
try_kernel(char *text)
{
	struct bpf_object *object;
	const int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return refuse(text, -errno,
			      errno == EPERM
				      ? "AF_XDP takes root or CAP_NET_RAW"
				      : "the kernel has no AF_XDP");
	close(fd);
	object = bpf_object__open_mem(program, sizeof(program), NULL);
	if (object == NULL)
		return refuse(text, -errno, "XDP program");
	const int error = bpf_object__load(object);
	bpf_object__close(object);
	return error == 0 ? 0
			  : refuse(text, error,
				   error == -EPERM
					   ? "XDP takes root, or CAP_BPF, "
					     "CAP_PERFMON and CAP_NET_ADMIN"
					   : "the kernel refuses our program");
}

int
program_file(char text[static DRIVER_TEXT_MAX])
{
	static int file = -1;

	if (file >= 0)
		return file;
	libbpf_set_print(NULL); /* errors are reported by this file */
	const int error = try_kernel(text);
	if (error != 0)
		return error;
	const int fd = memfd_create("redirect.bpf.o", MFD_CLOEXEC);
	if (fd < 0)
		return refuse(text, -errno, "file in memory");
	if (write(fd, program, sizeof(program)) != (ssize_t)sizeof(program)) {
		close(fd);
		return refuse(text, -EIO, "file in memory");
	}
	file = fd;
	return file;
}

/* Read what the kernel knows of a loaded program; maps: room for MAPS_MAX
 * numbers, which the kernel writes. */
static int
/* NOLINTNEXTLINE(readability-non-const-parameter) */
read_program(uint32_t id, struct bpf_prog_info *info, uint32_t *maps)
{
	uint32_t size = sizeof(*info);
	const int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return -errno;
	*info = (struct bpf_prog_info){
		.nr_map_ids = MAPS_MAX,
		.map_ids = (uintptr_t)maps,
	};
	const int error = bpf_obj_get_info_by_fd(fd, info, &size);
	close(fd);
	return error;
}

int
program_detach_leftover(const char *interface,
			char text[static DRIVER_TEXT_MAX])
{
	const int index = (int)if_nametoindex(interface);
	struct bpf_prog_info info;
	uint32_t maps[MAPS_MAX];
	uint32_t id = 0;

	int error = bpf_xdp_query_id(index, 0, &id);
	if (error != 0)
		return refuse(text, error, "XDP");
	if (id == 0)
		return 0;
	error = read_program(id, &info, maps);
	if (error != 0)
		return refuse(text, error,
			      "its XDP program cannot be looked at, which "
			      "takes root or CAP_SYS_ADMIN");
	if (strcmp(info.name, REDIRECT_PROGRAM) != 0) {
		snprintf(text, DRIVER_TEXT_MAX,
			 "interface %s has an XDP program already, \"%s\", "
			 "which is not mxsteer's: `ip link set %s xdp off`",
			 interface, info.name, interface);
		return -EBUSY;
	}
	error = bpf_xdp_detach(index, 0, NULL);
	return error == 0 ? 0 : refuse(text, error, "XDP program left behind");
}

/* Open the map of that number if it is the map of owned addresses; otherwise
 * -errno. */
static int
open_owned(uint32_t id)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	const int fd = bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
	    strcmp(info.name, REDIRECT_MAP) == 0)
		return fd;
	close(fd);
	return -ENOENT;
}

int
program_open_owned(const char *interface)
{
	struct bpf_prog_info info = {0};
	uint32_t maps[MAPS_MAX];
	uint32_t id = 0;

	int error = bpf_xdp_query_id((int)if_nametoindex(interface), 0, &id);
	if (error == 0)
		error = read_program(id, &info, maps);
	if (error != 0)
		return error;
	for (uint32_t i = 0; i < info.nr_map_ids && i < MAPS_MAX; i++) {
		const int fd = open_owned(maps[i]);
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}
