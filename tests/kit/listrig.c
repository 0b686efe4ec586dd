/* SPDX-License-Identifier: BSD-3-Clause */
#include "listrig.h"

#include <stdio.h>

#include "denyfile.h"
#include "runner.h"

char listrig_path[128];

void
listrig_setup(void)
{
	serving_setup();
	snprintf(listrig_path, sizeof(listrig_path), "%s/deny.txt",
		 plane.folder);
}

void
listrig_teardown(void)
{
	mx_deny_files_prune(plane.instance, NULL, 0);
	serving_teardown();
}

void
listrig_write(const char *text)
{
	char draft[160];

	snprintf(draft, sizeof(draft), "%s.new", listrig_path);
	FILE *file = fopen(draft, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	ck_assert_int_eq(rename(draft, listrig_path), 0);
}

void
listrig_configure(const char *name, const char *deny)
{
	char rest[1024];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - name: inbound\n"
		 "    listen: [\"198.51.100.25:25\"]\n"
		 "    pool: mx\n"
		 "    snat: [\"10.0.2.100\"]\n"
		 "    client-address: hidden\n%s"
		 "pools:\n"
		 "  - name: mx\n"
		 "    check: {type: smtp, interval: 10s, timeout: 20s, "
		 "rise: 1, fall: 1, helo: lb.example.net}\n"
		 "    backends:\n" PLANE_BACKENDS,
		 deny);
	plane_write_rest(&plane, name, rest);
}

const struct mx_plan *
listrig_plan(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation));
}

const struct mx_service_deny *
listrig_published(void)
{
	return &listrig_plan()->service[0].deny;
}

bool
listrig_denies(uint32_t addr)
{
	const struct mx_addr at = mx_addr_from4(htobe32(addr));
	struct mx_deny_table *table;

	if (listrig_published()->serial == 0)
		return false;
	ck_assert_int_eq(
		mx_deny_file_read(plane.instance, listrig_published()->serial,
				  listrig_published()->size_bytes, &table),
		0);
	const bool denied = mx_deny_find(table, &at) == MX_DENY_DENIED;
	mx_deny_file_free(table);
	return denied;
}
