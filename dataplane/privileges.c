/* SPDX-License-Identifier: BSD-3-Clause */
#include "privileges.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capabilities.h"
#include "log.h"
#include "owner.h"
#include "port.h"
#include "syscalls.h"
#include "threads.h"

bool
privileges_find(const struct mx_config *config)
{
	if (mx_owner_set(config->user) == MX_OWNER_MISSING) {
		log_line(LOG_LEVEL_ERROR,
			 "user: this host has no user %s, which the control "
			 "plane is to run as",
			 config->user);
		return false;
	}
	if (mx_owner()->gid != getegid() && geteuid() == 0 &&
	    hostuser_join(mx_owner()->gid) != 0)
		log_line(LOG_LEVEL_WARN, "cannot join the group of user %s: %s",
			 mx_owner()->name, strerror(errno));
	return true;
}

int
privileges_drop(const struct mx_config *config)
{
	bool bpf = false;
	uint64_t keep = 0;

	for (uint16_t i = 0; i < config->dataplane.port_count; i++)
		keep |= port_keeps(&config->dataplane.port[i]);
	if (config->announce.interface[0] != '\0')
		keep |= CAPABILITY(CAP_NET_ADMIN); /* to set routes */
	bpf = (keep & CAPABILITY(CAP_BPF)) != 0;
	const int error = threads_confine(keep);
	if (error != 0) {
		log_line(LOG_LEVEL_ERROR,
			 "cannot start: privileges cannot be given up: %s",
			 strerror(-error));
		return error;
	}
	if (syscalls_refuse(bpf) != 0)
		log_line(LOG_LEVEL_WARN,
			 "this kernel cannot refuse system calls (seccomp)");
	return 0;
}
