/* SPDX-License-Identifier: BSD-3-Clause */
#include "capabilities.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NUMBERS 64

int
capabilities_bound(uint64_t keep)
{
	for (unsigned long i = 0; i < NUMBERS; i++) {
		if ((keep & CAPABILITY(i)) != 0 ||
		    prctl(PR_CAPBSET_READ, i, 0, 0, 0) != 1)
			continue;
		/* A thread without CAP_SETPCAP cannot.  Then no_new_privs and
		 * its own sets stand for the bound. */
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return errno == EPERM ? 0 : -errno;
	}
	return 0;
}

int
capabilities_keep(uint64_t keep)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* Of those that the thread has. */
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		const uint32_t kept =
			data[i].permitted & (uint32_t)(keep >> 32 * i);

		data[i].permitted = data[i].effective = kept;
		data[i].inheritable = 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    syscall(SYS_capset, &header, data) < 0)
		return -errno;
	return 0;
}
