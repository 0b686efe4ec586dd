/* SPDX-License-Identifier: BSD-3-Clause */
/* Deny tables that come from elsewhere: no content of a table makes a look-up
 * read outside of it.
 * Method: tables that are cut, that lie in their headers, or that are filled with
 * noise, each sealed as a writer that means harm would. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "plainlist.h"
#include "runner.h"

/* The table as a file may have it: `size` bytes, in memory of exactly that
 * size, so that the sanitizer sees what is read beyond. */
static int
check_copy(const struct mx_deny_table *table, size_t size)
{
	void *copy = aligned_alloc(64, (size + 63) / 64 * 64);

	memcpy(copy, table, size);
	const int error = mx_deny_check(copy, size);
	free(copy);
	return error;
}

START_TEST(a_table_that_was_cut_is_refused)
{
	plain_seed = 11;
	plain_draw_list(MX_DENY_V4);
	struct mx_deny_table *table = plain_build(MX_DENY_BY_FILES);
	const size_t size = table->size_bytes;

	ck_assert_int_eq(check_copy(table, size), 0);
	ck_assert_int_eq(check_copy(table, size - 1), -EBADMSG);
	ck_assert_int_eq(check_copy(table, size - 64), -EBADMSG);
	ck_assert_int_eq(check_copy(table, sizeof(*table)), -EBADMSG);
	ck_assert_int_eq(check_copy(table, 16), -EBADMSG);
	free(table);
}
END_TEST

static void
seal_again(struct mx_deny_table *table, size_t size)
{
	const size_t skip = offsetof(struct mx_deny_table, size_bytes);

	table->crc = mx_crc32c((uint8_t *)table + skip, size - skip);
}

/* A writer that means harm seals what it writes. */
START_TEST(a_header_that_names_what_is_not_there_is_refused)
{
	plain_seed = 12;
	plain_draw_list(MX_DENY_V6);
	struct mx_deny_table *table = plain_build(MX_DENY_BY_FILES);
	const size_t size = table->size_bytes;
	const struct mx_deny_table good = *table;

#define REFUSED(change, error)                                                 \
	do {                                                                   \
		change;                                                        \
		seal_again(table, size);                                       \
		ck_assert_int_eq(check_copy(table, size), error);              \
		memcpy(table, &good, sizeof(good));                            \
	} while (0)

	REFUSED(table->magic++, -EPROTO);
	REFUSED(table->layout++, -EPROTO);
	REFUSED(table->filter_log2++, -EBADMSG);
	REFUSED(table->filter_log2 = 0, -EBADMSG);
	REFUSED(table->filter_log2 = 64, -EBADMSG);
	REFUSED(table->buckets++, -EBADMSG);
	REFUSED(table->buckets = 0, -EBADMSG);
	REFUSED(table->buckets = UINT32_MAX, -EBADMSG);
	REFUSED(table->size_bytes--, -EBADMSG);
	REFUSED(table->dense_at += 64, -EBADMSG);
	REFUSED(table->dense_at = UINT64_MAX, -EBADMSG);
	REFUSED(table->lengths[MX_DENY_V4].beyond[3] = 2, -EBADMSG);
	REFUSED(table->lengths[MX_DENY_V4].beyond[0] = 256, -EBADMSG);
	REFUSED(table->lengths[MX_DENY_V6].beyond[2] = 65536, -EBADMSG);
	REFUSED(table->lengths[MX_DENY_V6].stems = 16, -EBADMSG);
	REFUSED(table->short4[255] = 3, -EBADMSG);
	REFUSED(table->short6[65535] = 255, -EBADMSG);
	REFUSED((void)0, 0);
	table->crc++;
	ck_assert_int_eq(check_copy(table, size), -EBADMSG);
	free(table);
}
END_TEST

/* Filter and buckets of noise, sealed: a look-up ends. */
START_TEST(noise_in_a_table_only_gives_wrong_verdicts)
{
	plain_seed = 13;
	for (int round = 0; round < 20; round++) {
		plain_draw_list(round & 1 ? MX_DENY_V6 : MX_DENY_V4);
		struct mx_deny_table *table = plain_build(MX_DENY_BY_FILES);
		const size_t size = table->size_bytes;
		const size_t words = (size - sizeof(*table)) / 8;

		for (size_t i = 0; i < words; i++)
			table->rest[i] = round < 10 ? plain_draw() : UINT64_MAX;
		for (uint32_t f = 0; f < MX_DENY_FAMILIES; f++) {
			table->lengths[f].stems = 15;
			table->lengths[f].hosts6 = 1;
			for (uint32_t s = 0; s < 3; s++)
				table->lengths[f].beyond[s] = 255;
		}
		seal_again(table, size);
		ck_assert_int_eq(mx_deny_check(table, size), 0);
		for (int i = 0; i < 10000; i++) {
			const struct mx_deny_key at = plain_near(
				plain_draw() & 1 ? MX_DENY_V6 : MX_DENY_V4);
			const struct mx_addr addr = plain_addr(&at);

			mx_deny_prefetch(table, &addr);
			ck_assert_int_lt((int)mx_deny_find(table, &addr),
					 (int)MX_DENY_VERDICTS);
		}
		free(table);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("denytable");
	TCase *t = tcase_create("denytable");

	tcase_add_test(t, a_table_that_was_cut_is_refused);
	tcase_add_test(t, a_header_that_names_what_is_not_there_is_refused);
	tcase_add_test(t, noise_in_a_table_only_gives_wrong_verdicts);
	suite_add_tcase(s, t);
	return s;
}
