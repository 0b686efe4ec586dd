/* SPDX-License-Identifier: BSD-3-Clause */
#include "syscalls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
/* The bit of the calls of the x32 interface. */
#define OTHER_INTERFACE 0x40000000
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#define OTHER_INTERFACE 0x80000000
#else
#define MACHINE 0
#define OTHER_INTERFACE 0
#endif

/* bpf() stands last.  ptrace() is not here: the sanitizers use it at the end,
 * and the kernel refuses it towards processes that have more privileges. */
static const uint32_t refused[] = {
	SYS_execve,
	SYS_execveat,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_open_by_handle_at,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_quotactl,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_bpf,
};
#define REFUSED (sizeof(refused) / sizeof(refused[0]))

#define LOAD(field)                                                            \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_NOT(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

int
syscalls_refuse(bool bpf)
{
	const size_t calls = bpf ? REFUSED - 1 : REFUSED;
	struct sock_filter code[2 * REFUSED + 8] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
		REFUSE,
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_INTERFACE, 0, 1),
		REFUSE,
	};
	uint16_t length = 6;

	if (MACHINE == 0)
		return -ENOSYS;
	for (size_t i = 0; i < calls; i++) {
		code[length++] = (struct sock_filter)IF_NOT(refused[i], 1);
		code[length++] = (struct sock_filter)REFUSE;
	}
	code[length++] = (struct sock_filter)ALLOW;
	const struct sock_fprog program = {.len = length, .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		return errno == EINVAL ? -ENOSYS : -errno;
	return 0;
}
