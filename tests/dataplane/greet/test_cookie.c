/* SPDX-License-Identifier: BSD-3-Clause */
/* Cookies: who got one can bring it back for a time, and nobody else can.
 * Method: the hash against results of OpenSSL; then cookies of random clients,
 * each changed in one part.  The clock is an argument. */
#include <stdlib.h>

#include "cookie.h"
#include "offer.h"
#include "runner.h"
#include "siphash.h"

static const struct mx_hash_key secret = {
	{0x0706050403020100u, 0x0f0e0d0c0b0a0908u}};

static struct cookies cookies;

static void
setup(void)
{
	srand(11);
	cookie_begin(&cookies, &secret);
}

static uint32_t
random32(void)
{
	return (uint32_t)rand() << 16 ^ (uint32_t)rand();
}

static struct mx_flow
random_flow(bool six)
{
	struct mx_flow flow = {mx_addr_from4(random32()),
			       mx_addr_from4(random32()), (uint16_t)rand(),
			       (uint16_t)rand()};

	for (int i = 0; six && i < 16; i++) {
		flow.src.byte[i] = (uint8_t)rand();
		flow.dst.byte[i] = (uint8_t)rand();
	}
	return flow;
}

START_TEST(the_hash_is_siphash_2_4)
{
	/* The bytes 0, 1, 2... under the key 0, 1, ... 15:
	 * openssl mac -macopt hexkey:... -macopt size:8 -in FILE SIPHASH */
	static const struct {
		unsigned words;
		uint64_t hash;
	} results[] = {
		{0, 0x726fdb47dd0e0e31u}, {1, 0x93f5f5799a932462u},
		{2, 0x3f2acc7f57c29bdbu}, {3, 0xb8ad50c6f649af94u},
		{4, 0x7127512f72f27cceu}, {6, 0xe612a3cb9ecba951u},
	};
	uint8_t bytes[48];
	uint64_t word[6];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	memcpy(word, bytes, sizeof(word));
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		ck_assert_uint_eq(
			siphash_words(&secret, word, results[i].words),
			results[i].hash);
}
END_TEST

/* A cookie that a client brings back at once, at the end of its slot, and at
 * the end of the next one; then it is over, for ever. */
START_TEST(a_cookie_is_good_for_its_slot_and_the_next)
{
	for (int i = 0; i < 2000; i++) {
		const struct mx_flow flow = random_flow(_i);
		const struct cookie_about about = {&flow, random32()};
		const uint32_t now_s = random32() >> 1;
		const uint32_t slot_s = now_s - now_s % COOKIE_SLOT_S;
		const uint8_t offer = (uint8_t)rand();
		const uint32_t cookie =
			cookie_make(&cookies, &about, offer, now_s);

		ck_assert_uint_eq(cookie_offer(cookie), offer);
		ck_assert(cookie_is_good(&cookies, &about, cookie, now_s));
		ck_assert(cookie_is_good(&cookies, &about, cookie,
					 slot_s + COOKIE_LIFE_S - 1));
		ck_assert(!cookie_is_good(&cookies, &about, cookie,
					  slot_s + COOKIE_LIFE_S));
		ck_assert(!cookie_is_good(&cookies, &about, cookie,
					  slot_s + 1000 * COOKIE_SLOT_S));
		if (slot_s > 0)
			ck_assert(!cookie_is_good(&cookies, &about, cookie,
						  slot_s - 1));
	}
}
END_TEST

/* Each in its turn: the addresses, the ports, the client's number, the byte of
 * the offer, the MAC. */
START_TEST(a_cookie_is_good_for_nobody_else)
{
	const uint32_t now_s = 123456;

	for (int i = 0; i < 2000; i++) {
		const struct mx_flow flow = random_flow(_i);
		const struct cookie_about about = {&flow, random32()};
		const uint32_t cookie =
			cookie_make(&cookies, &about, (uint8_t)i, now_s);
		struct mx_flow other[4] = {flow, flow, flow, flow};
		struct cookie_about wrong = about;

		other[0].src.byte[_i ? rand() % 16 : 15] ^= 1;
		other[1].dst.byte[_i ? rand() % 16 : 15] ^= 0x80;
		other[2].src_port_be ^= (uint16_t)(1 << rand() % 16);
		other[3].dst_port_be ^= (uint16_t)(1 << rand() % 16);
		for (int k = 0; k < 4; k++) {
			wrong.flow = &other[k];
			ck_assert(!cookie_is_good(&cookies, &wrong, cookie,
						  now_s));
		}
		wrong = (struct cookie_about){&flow, about.client_isn + 1};
		ck_assert(!cookie_is_good(&cookies, &wrong, cookie, now_s));
		ck_assert(!cookie_is_good(&cookies, &about,
					  cookie ^ 1u << rand() % 32, now_s));
	}
}
END_TEST

/* Four million guesses: half a hit is to be expected, and ten are not. */
START_TEST(a_guess_is_right_once_in_eight_million)
{
	const struct mx_flow flow = random_flow(false);
	int hits = 0;

	for (uint32_t i = 0; i < 1u << 22; i++) {
		const struct cookie_about about = {&flow, random32()};
		hits += cookie_is_good(&cookies, &about, random32(), 1000);
	}
	ck_assert_int_lt(hits, 10);
}
END_TEST

/* Of 64 slots each: a cookie of the last slot is good in the next period. */
START_TEST(keys_change_and_no_client_notices)
{
	const struct mx_flow flow = random_flow(false);
	const struct cookie_about about = {&flow, 7};
	const uint32_t period_s = 64 * COOKIE_SLOT_S;

	for (uint32_t period = 1; period < 100; period++) {
		const uint32_t begins_s = period * period_s;
		const uint32_t last =
			cookie_make(&cookies, &about, 1, begins_s - 1);
		const uint32_t first =
			cookie_make(&cookies, &about, 1, begins_s);

		ck_assert_uint_ne(last, first);
		ck_assert(cookie_is_good(&cookies, &about, last, begins_s));
		ck_assert(cookie_is_good(&cookies, &about, first, begins_s));
		ck_assert(cookie_is_good(&cookies, &about, last,
					 begins_s + COOKIE_SLOT_S - 1));
	}
}
END_TEST

START_TEST(a_process_that_starts_again_knows_the_cookies_of_the_one_before)
{
	const struct mx_flow flow = random_flow(true);
	const struct cookie_about about = {&flow, 99};
	const uint32_t cookie = cookie_make(&cookies, &about, 3, 5000);
	const struct mx_hash_key another = {{secret.word[0], 1}};
	struct cookies anew;

	cookie_begin(&anew, &secret);
	ck_assert(cookie_is_good(&anew, &about, cookie, 5010));
	cookie_begin(&anew, &another);
	ck_assert(!cookie_is_good(&anew, &about, cookie, 5010));
}
END_TEST

START_TEST(in_the_first_slot_there_is_none_before)
{
	const struct mx_flow flow = random_flow(false);
	const struct cookie_about about = {&flow, 1};
	const uint32_t cookie =
		cookie_make(&cookies, &about, 0, UINT32_MAX); /* slot -1 */

	ck_assert(cookie_is_good(&cookies, &about,
				 cookie_make(&cookies, &about, 0, 0), 0));
	ck_assert(!cookie_is_good(&cookies, &about, cookie, 0));
}
END_TEST

START_TEST(an_offer_is_packed_without_promising_more)
{
	for (unsigned mss = 0; mss <= 9000; mss++) {
		const struct offer offer = {(uint16_t)mss, (uint8_t)(mss % 15),
					    mss % 2};
		const struct offer back =
			offer_unpack(offer_pack(&offer, _i), _i);
		const unsigned least = _i ? 1220 : 536;

		ck_assert_uint_eq(back.scale, offer.scale);
		ck_assert_uint_eq(back.sack, offer.sack);
		ck_assert_uint_le(back.mss, mss < least ? least : mss);
		ck_assert_uint_ge(back.mss, least);
	}
	/* The sizes of Ethernet are kept as they are. */
	const struct offer usual = {_i ? 1440 : 1460, OFFER_NO_SCALE, false};
	ck_assert_uint_eq(offer_unpack(offer_pack(&usual, _i), _i).mss,
			  usual.mss);
	ck_assert_uint_eq(offer_unpack(offer_pack(&usual, _i), _i).scale,
			  OFFER_NO_SCALE);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("cookie");
	TCase *t = tcase_create("cookie");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_hash_is_siphash_2_4);
	tcase_add_loop_test(t, a_cookie_is_good_for_its_slot_and_the_next, 0,
			    2);
	tcase_add_loop_test(t, a_cookie_is_good_for_nobody_else, 0, 2);
	tcase_add_test(t, a_guess_is_right_once_in_eight_million);
	tcase_add_test(t, keys_change_and_no_client_notices);
	tcase_add_test(
		t,
		a_process_that_starts_again_knows_the_cookies_of_the_one_before);
	tcase_add_test(t, in_the_first_slot_there_is_none_before);
	tcase_add_loop_test(t, an_offer_is_packed_without_promising_more, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
