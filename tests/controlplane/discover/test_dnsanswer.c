/* SPDX-License-Identifier: BSD-3-Clause */
/* What is read from the messages of name servers, right and wrong ones.
 * Method: messages made record by record; then each cut of one, and each of its
 * bytes changed. */
#include <arpa/nameser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnsanswer.h"
#include "dnsmessage.h"
#include "endpoint.h"
#include "runner.h"

#define DOMAIN "example.test"

static struct dnsmessage message;
static struct dns_mx mx;
static struct dns_addresses found;

static void
read_mx(void)
{
	dns_read_mx(message.byte, message.size, DOMAIN, &mx);
}

static void
begin_mx(void)
{
	dnsmessage_begin(&message, DOMAIN, ns_t_mx, 0);
}

static void
is_target(uint16_t i, uint16_t preference, const char *host)
{
	ck_assert_uint_gt(mx.count, i);
	ck_assert_uint_eq(mx.target[i].preference, preference);
	ck_assert_str_eq(mx.target[i].host, host);
}

START_TEST(targets_are_sorted_however_a_resolver_rotates_them)
{
	static const struct {
		uint16_t preference;
		const char *host;
	} row[] = {{10, "B.Example.Test"},
		   {20, "c.example.test"},
		   {10, "a.example.test"}};

	for (int turn = 0; turn < 3; turn++) {
		begin_mx();
		for (int i = 0; i < 3; i++)
			dnsmessage_mx(&message, DOMAIN, 77,
				      row[(i + turn) % 3].preference,
				      row[(i + turn) % 3].host);
		read_mx();
		ck_assert_int_eq(mx.end, DNS_ANSWERED);
		ck_assert_uint_eq(mx.count, 3);
		ck_assert_uint_eq(mx.ttl_s, 77);
		is_target(0, 10, "a.example.test");
		is_target(1, 10, "b.example.test");
		is_target(2, 20, "c.example.test");
		ck_assert(!mx.alias && !mx.null_mx && mx.refused == 0);
	}
}
END_TEST

START_TEST(a_null_mx_is_no_target)
{
	begin_mx();
	dnsmessage_mx(&message, DOMAIN, 60, 0, ".");
	read_mx();
	ck_assert_int_eq(mx.end, DNS_ANSWERED);
	ck_assert(mx.null_mx);
	ck_assert_uint_eq(mx.count, 0);

	dnsmessage_mx(&message, DOMAIN, 60, 10, "a.example.test");
	read_mx();
	ck_assert(mx.null_mx);
	ck_assert_uint_eq(mx.count, 1);
	is_target(0, 10, "a.example.test");
}
END_TEST

START_TEST(a_chain_of_cnames_is_followed_and_its_least_ttl_counts)
{
	begin_mx();
	/* The last link comes first: the order means nothing. */
	dnsmessage_cname(&message, "b.test", 30, "c.test");
	dnsmessage_cname(&message, DOMAIN, 500, "b.test");
	dnsmessage_mx(&message, "c.test", 300, 5, "a.example.test");
	dnsmessage_mx(&message, "other.test", 1, 1, "evil.test");
	read_mx();
	ck_assert_int_eq(mx.end, DNS_ANSWERED);
	ck_assert(mx.alias);
	ck_assert_uint_eq(mx.ttl_s, 30);
	ck_assert_uint_eq(mx.count, 1);
	is_target(0, 5, "a.example.test");
}
END_TEST

START_TEST(a_circle_of_cnames_is_broken)
{
	begin_mx();
	dnsmessage_cname(&message, DOMAIN, 500, "b.test");
	dnsmessage_cname(&message, "b.test", 500, DOMAIN);
	read_mx();
	ck_assert_int_eq(mx.end, DNS_BROKEN);
}
END_TEST

START_TEST(records_of_other_names_are_passed_over)
{
	begin_mx();
	dnsmessage_mx(&message, "other.test", 60, 1, "evil.test");
	dnsmessage_address(&message, DOMAIN, 60, "10.0.0.1");
	read_mx();
	ck_assert_int_eq(mx.end, DNS_EMPTY);
	ck_assert_uint_eq(mx.count, 0);
}
END_TEST

START_TEST(each_code_has_its_end)
{
	static const struct {
		int code;
		enum dns_end end;
	} row[] = {{ns_r_nxdomain, DNS_NO_NAME}, {ns_r_servfail, DNS_FAILED},
		   {ns_r_refused, DNS_REFUSED},  {ns_r_formerr, DNS_OTHER},
		   {ns_r_notimpl, DNS_OTHER},    {ns_r_noerror, DNS_EMPTY}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		dnsmessage_begin(&message, DOMAIN, ns_t_mx, row[i].code);
		read_mx();
		ck_assert_int_eq(mx.end, row[i].end);
		ck_assert_str_ne(dns_end_text(mx.end), "");
	}
}
END_TEST

START_TEST(an_answer_to_another_question_is_broken)
{
	dnsmessage_begin(&message, "other.test", ns_t_mx, 0);
	read_mx();
	ck_assert_int_eq(mx.end, DNS_BROKEN);
	dnsmessage_begin(&message, DOMAIN, ns_t_a, 0);
	read_mx();
	ck_assert_int_eq(mx.end, DNS_BROKEN);
	begin_mx();
	message.byte[2] &= 0x7f; /* a question */
	read_mx();
	ck_assert_int_eq(mx.end, DNS_BROKEN);
	begin_mx();
	message.byte[2] |= 0x02; /* truncated */
	read_mx();
	ck_assert_int_eq(mx.end, DNS_BROKEN);
}
END_TEST

START_TEST(of_many_targets_the_best_are_kept)
{
	char host[32];

	for (int reverse = 0; reverse < 2; reverse++) {
		begin_mx();
		for (uint16_t i = 0; i < DNS_TARGETS_MAX + 20; i++) {
			const uint16_t n = reverse ? 119 - i : i;
			snprintf(host, sizeof(host), "m%03u.example.test", n);
			dnsmessage_mx(&message, DOMAIN, 60, n, host);
		}
		read_mx();
		ck_assert_uint_eq(mx.count, DNS_TARGETS_MAX);
		ck_assert_uint_eq(mx.cut, 20);
		is_target(0, 0, "m000.example.test");
		is_target(99, 99, "m099.example.test");
	}
}
END_TEST

START_TEST(a_host_with_two_preferences_has_the_better_one)
{
	begin_mx();
	dnsmessage_mx(&message, DOMAIN, 60, 20, "a.example.test");
	dnsmessage_mx(&message, DOMAIN, 60, 10, "A.example.test");
	dnsmessage_mx(&message, DOMAIN, 60, 30, "a.example.test");
	read_mx();
	ck_assert_uint_eq(mx.count, 1);
	is_target(0, 10, "a.example.test");
}
END_TEST

START_TEST(a_target_that_is_no_host_name_is_refused)
{
	begin_mx();
	dnsmessage_mx(&message, DOMAIN, 60, 10, "a b.example.test");
	dnsmessage_mx(&message, DOMAIN, 60, 10, "a\\027[2J.example.test");
	dnsmessage_mx(&message, DOMAIN, 60, 10, "a\\.b.example.test");
	dnsmessage_mx(&message, DOMAIN, 60, 10, "-.example.test");
	dnsmessage_mx(&message, DOMAIN, 60, 20, "10.0.2.11.example.test");
	read_mx();
	ck_assert_int_eq(mx.end, DNS_ANSWERED);
	ck_assert_uint_eq(mx.refused, 4);
	ck_assert_uint_eq(mx.count, 1);
	is_target(0, 20, "10.0.2.11.example.test");
}
END_TEST

static void
is_address(uint16_t i, const char *text)
{
	char own[MX_ENDPOINT_TEXT_MAX];

	ck_assert_uint_gt(found.count, i);
	ck_assert_str_eq(mx_addr_format(&found.addr[i], own), text);
}

START_TEST(addresses_of_one_family_are_read_and_sorted)
{
	dnsmessage_begin(&message, DOMAIN, ns_t_a, 0);
	dnsmessage_address(&message, DOMAIN, 90, "10.0.2.12");
	dnsmessage_address(&message, DOMAIN, 80, "10.0.2.11");
	dnsmessage_address(&message, DOMAIN, 90, "10.0.2.12");
	dnsmessage_address(&message, DOMAIN, 70, "fd00::1");
	dns_read_addresses(message.byte, message.size, DOMAIN, DNS_A, &found);
	ck_assert_int_eq(found.end, DNS_ANSWERED);
	ck_assert_uint_eq(found.count, 2);
	ck_assert_uint_eq(found.ttl_s, 80);
	is_address(0, "10.0.2.11");
	is_address(1, "10.0.2.12");
	ck_assert(!found.alias);

	dnsmessage_begin(&message, DOMAIN, ns_t_aaaa, 0);
	dnsmessage_cname(&message, DOMAIN, 40, "b.test");
	dnsmessage_address(&message, "b.test", 90, "fd00::1");
	dnsmessage_address(&message, "b.test", 90, "::ffff:10.0.2.11");
	dns_read_addresses(message.byte, message.size, DOMAIN, DNS_AAAA,
			   &found);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_uint_eq(found.refused, 1);
	ck_assert_uint_eq(found.ttl_s, 40);
	ck_assert(found.alias);
	is_address(0, "fd00::1");
}
END_TEST

START_TEST(of_many_addresses_the_least_are_kept)
{
	char text[32];

	dnsmessage_begin(&message, DOMAIN, ns_t_a, 0);
	for (int i = 200; i > 0; i--) {
		snprintf(text, sizeof(text), "10.0.2.%d", i);
		dnsmessage_address(&message, DOMAIN, 90, text);
	}
	dns_read_addresses(message.byte, message.size, DOMAIN, DNS_A, &found);
	ck_assert_uint_eq(found.count, DNS_ADDRESSES_MAX);
	ck_assert_uint_eq(found.cut, 200 - DNS_ADDRESSES_MAX);
	is_address(0, "10.0.2.1");
	is_address(15, "10.0.2.16");
}
END_TEST

START_TEST(a_ttl_with_the_top_bit_is_zero)
{
	begin_mx();
	dnsmessage_mx(&message, DOMAIN, 0x80000000u, 10, "a.example.test");
	read_mx();
	ck_assert_uint_eq(mx.ttl_s, 0);
}
END_TEST

/* A chain of CNAMEs behind thousands of records would be looked for among all of
 * them, again and again. */
START_TEST(of_thousands_of_records_the_first_are_looked_at)
{
	begin_mx();
	dnsmessage_mx(&message, DOMAIN, 60, 10, "a.example.test");
	while (message.size < 65000)
		dnsmessage_mx(&message, "other.test", 60, 10, DOMAIN);
	const uint32_t records = ns_get16(&message.byte[6]);

	ck_assert_uint_gt(records, 2000);
	dnsmessage_mx(&message, DOMAIN, 60, 10, "b.example.test");
	read_mx();
	ck_assert_uint_eq(mx.count, 1);
	ck_assert_uint_eq(mx.cut, records + 1 - DNS_RECORDS_MAX);

	dnsmessage_begin(&message, DOMAIN, ns_t_a, 0);
	while (message.size < 65000)
		dnsmessage_address(&message, "other.test", 60, "10.0.2.11");
	const uint32_t others = ns_get16(&message.byte[6]);

	dnsmessage_address(&message, DOMAIN, 60, "10.0.2.12");
	dns_read_addresses(message.byte, message.size, DOMAIN, DNS_A, &found);
	ck_assert_int_eq(found.end, DNS_EMPTY);
	ck_assert_uint_eq(found.cut, others + 1 - DNS_RECORDS_MAX);
}
END_TEST

/* Whatever came, what is read is in bounds and fit for a terminal. */
static void
is_sound(void)
{
	ck_assert_uint_le(mx.count, DNS_TARGETS_MAX);
	ck_assert(mx.end == DNS_ANSWERED || mx.count == 0);
	for (uint16_t i = 0; i < mx.count; i++)
		ck_assert(dns_is_host(mx.target[i].host));
}

START_TEST(a_cut_or_changed_message_is_read_without_harm)
{
	struct dnsmessage whole;

	begin_mx();
	dnsmessage_cname(&message, DOMAIN, 30, "c.test");
	dnsmessage_mx(&message, "c.test", 77, 10, "a.example.test");
	dnsmessage_mx(&message, "c.test", 77, 20, "b.example.test");
	whole = message;
	for (size_t size = 0; size < whole.size; size++) {
		/* A copy of its size, so that the sanitizer sees its end. */
		uint8_t *copy = malloc(size + 1);

		memcpy(copy, whole.byte, size);
		dns_read_mx(copy, size, DOMAIN, &mx);
		ck_assert_int_eq(mx.end, DNS_BROKEN);
		free(copy);
		for (int value = 0; value < 256; value++) {
			message = whole;
			message.byte[size] = (uint8_t)value;
			read_mx();
			is_sound();
		}
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("dnsanswer");
	TCase *t = tcase_create("messages");

	tcase_add_test(t, targets_are_sorted_however_a_resolver_rotates_them);
	tcase_add_test(t, a_null_mx_is_no_target);
	tcase_add_test(t,
		       a_chain_of_cnames_is_followed_and_its_least_ttl_counts);
	tcase_add_test(t, a_circle_of_cnames_is_broken);
	tcase_add_test(t, records_of_other_names_are_passed_over);
	tcase_add_test(t, each_code_has_its_end);
	tcase_add_test(t, an_answer_to_another_question_is_broken);
	tcase_add_test(t, of_many_targets_the_best_are_kept);
	tcase_add_test(t, a_host_with_two_preferences_has_the_better_one);
	tcase_add_test(t, a_target_that_is_no_host_name_is_refused);
	tcase_add_test(t, addresses_of_one_family_are_read_and_sorted);
	tcase_add_test(t, of_many_addresses_the_least_are_kept);
	tcase_add_test(t, of_thousands_of_records_the_first_are_looked_at);
	tcase_add_test(t, a_ttl_with_the_top_bit_is_zero);
	tcase_add_test(t, a_cut_or_changed_message_is_read_without_harm);
	suite_add_tcase(s, t);
	return s;
}
