/* SPDX-License-Identifier: BSD-3-Clause */
#include "findings.h"

#include <check.h>
#include <string.h>

struct hazards findings;

void
findings_none(void)
{
	ck_assert_msg(findings.count == 0, "%s", findings.list[0].text);
}

void
findings_one(bool stops_mail, const char *line)
{
	char text[HAZARD_LINE_MAX];

	ck_assert_uint_ge(findings.count, 1);
	ck_assert_str_eq(hazard_line(&findings.list[0], text), line);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_int_eq(findings.list[0].stops_mail, stops_mail);
}

bool
findings_have(const char *part)
{
	char line[HAZARD_LINE_MAX];

	for (uint32_t i = 0; i < findings.count; i++)
		if (strstr(hazard_line(&findings.list[i], line), part) != NULL)
			return true;
	return false;
}
