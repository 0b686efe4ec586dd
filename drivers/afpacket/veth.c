/* SPDX-License-Identifier: BSD-3-Clause */
#include "veth.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "feature.h"

static bool
is_veth(const char *interface)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	return feature_ethtool(interface, &info) == 0 &&
	       strcmp(info.driver, "veth") == 0;
}

/* return XDP_PASS; */
static int
load_pass(void)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .dst_reg = BPF_REG_0,
		 .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "mx_pass", "BSD", pass,
			     sizeof(pass) / sizeof(pass[0]), NULL);
}

int
veth_split_segments(const char *interface)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);

	if (!is_veth(interface))
		return 0;
	const int program = load_pass();
	if (program < 0)
		return program;
	/* The link holds the program, and ends with this process, which never
	 * closes the descriptor. */
	const int held = bpf_link_create(
		program, (int)if_nametoindex(interface), BPF_XDP, &options);
	const int error = held < 0 ? -errno : 0;
	close(program);
	return error;
}
