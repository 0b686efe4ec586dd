/* SPDX-License-Identifier: BSD-3-Clause */
/* `lookup` reads the tables that the plan in force names.  It does not read the
 * operator's files, which may have changed since, and may be slow to read. */
#include "denials.h"
#include "denyfile.h"

bool
denials_allow(const struct denials *denials, const struct mx_service *row,
	      const struct mx_addr *addr)
{
	return mx_deny_file_find(denials->instance, row->allow.serial,
				 row->allow.size_bytes, addr) == MX_DENY_DENIED;
}

bool
denials_deny(const struct denials *denials, const struct mx_service *row,
	     const struct mx_addr *addr)
{
	return mx_deny_file_find(denials->instance, row->deny.serial,
				 row->deny.size_bytes, addr) == MX_DENY_DENIED;
}
