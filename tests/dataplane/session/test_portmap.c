/* SPDX-License-Identifier: BSD-3-Clause */
/* Local ports by classes: each port is given once, from the class that was
 * asked for, and the port that was returned last stays unused longest.
 * Method: real classes of both families; all shares of 1 to 32 workers. */
#include <stdlib.h>
#include <string.h>

#include "portmap.h"
#include "runner.h"

static struct rss_owner rss_owner;
static struct portmap map;
static uint32_t entry[PORTMAP_ENTRIES(1)];
static const struct mx_class_byte *byte;

/* Errors among millions of ports: an assertion for each would take most of the
 * test's time. */
static uint32_t wrong;

static void
setup(void)
{
	wrong = 0;
}

static void
teardown(void)
{
	ck_assert_uint_eq(wrong, 0);
}

static void
make(bool six, uint16_t worker, uint16_t workers)
{
	const struct mx_hash_key key = {{21, 22}};
	const struct mx_addr local =
		six ? (struct mx_addr){{0xfd, [15] = 1}} : mx_addr_from4(1);

	rss_owner_make(&rss_owner, &key, worker, workers);
	rss_owner.predicted = true;
	byte = rss_owner_port_bytes(&rss_owner, &local);
	portmap_make(&map, &local, worker, workers, entry);
	portmap_sort(&map, byte);
}

static uint64_t
class_of(uint16_t port)
{
	return UINT64_C(1) << (byte[0].class[port >> 8] ^
			       byte[1].class[port & 0xff]);
}

START_TEST(every_port_is_given_once_and_of_the_class_asked_for)
{
	static bool given[65536];
	const uint16_t workers = (uint16_t)(_i / 2 + 1);
	uint32_t count = 0;

	memset(given, 0, sizeof(given));
	for (uint16_t worker = 0; worker < workers; worker++) {
		make(_i % 2, worker, workers);
		portmap_link(&map, 12345);
		const uint32_t least = map.count / RSS_CLASSES - 1;

		for (uint32_t i = 0; i < RSS_CLASSES; i++) {
			const uint64_t set = UINT64_C(1) << i;
			uint32_t of_class = 0;
			uint16_t port;

			while ((port = portmap_take_of(&map, 1, set)) != 0) {
				wrong += given[port];
				wrong += portmap_owner(port, workers) != worker;
				wrong += class_of(port) != set;
				given[port] = true;
				of_class++;
			}
			ck_assert_uint_ge(of_class, least);
			count += of_class;
		}
		ck_assert_uint_eq(portmap_take(&map, 1), 0);
		ck_assert_uint_eq(atomic_load(&map.used), map.count);
	}
	ck_assert_uint_eq(count, MX_LOCAL_PORTS);
}
END_TEST

START_TEST(a_set_is_used_up_before_others_are_touched)
{
	const uint64_t set = UINT64_C(0x00ff00000000ff01);
	uint32_t count = 0;

	make(_i, 1, 4);
	portmap_link(&map, 0);
	for (uint16_t port; (port = portmap_take_of(&map, count, set)) != 0;) {
		wrong += !(class_of(port) & set);
		wrong += portmap_find(&map, port) != count;
		count++;
	}
	ck_assert_uint_eq(count, 17 * map.count / RSS_CLASSES);
	for (; count < map.count; count++)
		wrong += (class_of(portmap_take(&map, count)) & set) != 0;
	ck_assert_uint_eq(portmap_take(&map, 1), 0);
}
END_TEST

START_TEST(the_port_given_back_last_rests_longest)
{
	const uint64_t set = rss_owner.here[_i];
	static uint16_t order[65536];
	uint32_t count = 0;

	make(_i % 2, 0, 2);
	portmap_link(&map, 77);
	while ((order[count] = portmap_take_of(&map, 1, set)) != 0)
		count++;
	for (uint32_t i = 0; i < count; i++)
		portmap_give(&map, order[i]);
	/* The ports of each class come in the order in which they came back. */
	for (uint32_t c = 0; c < RSS_CLASSES; c++) {
		for (uint32_t i = 0; i < count; i++)
			if (class_of(order[i]) == UINT64_C(1) << c)
				wrong += portmap_take_of(&map, 1,
							 UINT64_C(1) << c) !=
					 order[i];
	}
}
END_TEST

START_TEST(classes_that_suit_are_used_in_turn)
{
	uint64_t seen = 0;
	uint32_t taken = 0;

	make(0, 0, 2);
	portmap_link(&map, 0);
	const uint64_t set = rss_owner.here[5];
	for (int i = 0; i < 32; i++)
		seen |= class_of(portmap_take_of(&map, taken++, set));
	ck_assert_uint_eq(seen, set);
	/* A port that is used again and again does not stay the same. */
	const uint16_t first = portmap_take_of(&map, 1, set);
	portmap_give(&map, first);
	for (uint32_t i = 0; i < map.count / 4; i++) {
		const uint16_t port = portmap_take_of(&map, 1, set);
		wrong += port == first;
		portmap_give(&map, port);
	}
}
END_TEST

START_TEST(claimed_ports_are_in_no_class)
{
	uint32_t count = 0;

	make(1, 2, 3);
	for (uint32_t at = 0; at < map.count; at += 3)
		wrong += !portmap_claim(&map, (uint16_t)(map.first + at),
					1000 + at);
	portmap_link(&map, 99999);
	portmap_sort(&map,
		     rss_owner.owners.byte); /* too late: changes nothing */
	for (uint16_t port; (port = portmap_take(&map, 1)) != 0;) {
		wrong += (port - map.first) % 3 == 0;
		count++;
	}
	ck_assert_uint_eq(count, map.count - (map.count + 2) / 3);
	for (uint32_t at = 0; at < map.count; at += 3) {
		const uint16_t port = (uint16_t)(map.first + at);

		wrong += portmap_find(&map, port) != 1000 + at;
		portmap_give(&map, port);
		wrong += portmap_take_of(&map, 2, class_of(port)) != port;
	}
}
END_TEST

START_TEST(without_classes_ports_are_used_in_order)
{
	const struct mx_addr local = mx_addr_from4(1);
	const uint32_t start = (uint32_t)_i * 4000;

	portmap_make(&map, &local, 1, 4, entry);
	portmap_link(&map, start);
	for (uint32_t i = 0; i < map.count; i++)
		wrong += portmap_take(&map, i) !=
			 map.first + (start + i) % map.count;
	ck_assert_uint_eq(portmap_take(&map, 1), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("portmap");
	TCase *t = tcase_create("portmap");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(
		t, every_port_is_given_once_and_of_the_class_asked_for, 0, 64);
	tcase_add_loop_test(t, a_set_is_used_up_before_others_are_touched, 0,
			    2);
	tcase_add_loop_test(t, the_port_given_back_last_rests_longest, 0, 8);
	tcase_add_test(t, classes_that_suit_are_used_in_turn);
	tcase_add_test(t, claimed_ports_are_in_no_class);
	tcase_add_loop_test(t, without_classes_ports_are_used_in_order, 0, 9);
	suite_add_tcase(s, t);
	return s;
}
