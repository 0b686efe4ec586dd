/* SPDX-License-Identifier: BSD-3-Clause */
/* Deny lists: the cost of a look-up for clients that are not on a list of two
 * million prefixes, and the time to read and build such a list.
 *
 *   empty, address   two million IPv4 addresses; or mixed lengths; or IPv6
 *   calm             64 clients take turns: the table's words for them stay in
 *                    the cache
 *   flood            each client is another one
 *
 *   taskset -c 1 build/bench/bench_deny [--json] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denybuild.h"
#include "denytext.h"
#include "timed.h"

#define CLIENTS (1u << 16)
#define CALM 64u
#define OPS 4096u
#define LIST (2u * 1000 * 1000)
#define LINE_MAX 64

enum shape { SHAPE_HOSTS4, SHAPE_MIXED4, SHAPE_MIXED6, SHAPES };

static const char *const shape_name[] = {"IPv4 addresses", "IPv4 mixed",
					 "IPv6 mixed"};

static const struct mx_hash_key key = {
	{0x243f6a8885a308d3u, 0x13198a2e03707344u}};
static struct mx_addr client[CLIENTS];
static uint32_t next;
static char *text;
static size_t text_bytes;

/* An address that no list below has: of another first byte. */
static void
draw_clients(enum shape shape)
{
	for (uint32_t i = 0; i < CLIENTS; i++) {
		const uint64_t half[2] = {timed_draw(), timed_draw()};

		if (shape != SHAPE_MIXED6) {
			client[i] = mx_addr_from4((uint32_t)half[0]);
			client[i].byte[12] |= 1;
			continue;
		}
		memcpy(&client[i], half, sizeof(half));
		client[i].byte[0] = 0x20;
		client[i].byte[1] = 2;
	}
}

static int
write_line(char *line, enum shape shape)
{
	static const uint8_t long6[] = {32, 48, 48, 56, 64, 64, 64, 128};
	const uint64_t a = timed_draw(), b = timed_draw();
	const uint32_t addr = (uint32_t)a & ~0x01000000u;

	if (shape == SHAPE_HOSTS4 || (shape == SHAPE_MIXED4 && b % 100 < 85))
		return sprintf(line, "%u.%u.%u.%u\n", addr >> 24,
			       addr >> 16 & 255, addr >> 8 & 255, addr & 255);
	if (shape == SHAPE_MIXED4) {
		const uint32_t bits = 20 + (uint32_t)(b >> 32) % 12;
		const uint32_t cut = addr >> (32 - bits) << (32 - bits);
		return sprintf(line, "%u.%u.%u.%u/%u\n", cut >> 24,
			       cut >> 16 & 255, cut >> 8 & 255, cut & 255,
			       bits);
	}
	const uint32_t bits = long6[b % 8];
	const uint16_t word[3] = {
		bits > 32 ? (uint16_t)(a >> 16) : 0,
		bits > 48 ? (uint16_t)(a >> 32 & (bits > 56 ? 0xffff : 0xff00))
			  : 0,
		bits > 64 ? (uint16_t)(a >> 48) : 0};
	return sprintf(line, "2a%02x:%x:%x:%x::%x/%u\n",
		       (unsigned)(b >> 8 & 15), (unsigned)(a & 0xffff), word[0],
		       word[1], word[2], bits);
}

static void
write_text(enum shape shape)
{
	text_bytes = 0;
	for (uint32_t i = 0; i < LIST; i++)
		text_bytes += (size_t)write_line(text + text_bytes, shape);
}

static void
look_calm(void *arg)
{
	for (uint32_t i = 0; i < OPS; i++)
		timed_use(mx_deny_find(arg, &client[i % CALM]));
}

static void
look_flood(void *arg)
{
	for (uint32_t i = 0; i < OPS; i++)
		timed_use(mx_deny_find(arg, &client[next++ % CLIENTS]));
}

/* The same with the words loaded eight clients ahead, as by a burst. */
static void
look_ahead(void *arg)
{
	for (uint32_t i = 0; i < OPS; i++) {
		mx_deny_prefetch(arg, &client[(next + 8) % CLIENTS]);
		timed_use(mx_deny_find(arg, &client[next++ % CLIENTS]));
	}
}

static void
build(void *arg)
{
	struct mx_deny_list list = {0};
	struct mx_deny_fault fault;
	struct mx_deny_table **table = arg;

	free(*table);
	if (mx_deny_read(&list, text, text_bytes, MX_DENY_DENIED, &fault) != 0)
		abort();
	*table = mx_deny_build(&list, MX_DENY_BY_FILES, &key);
	mx_deny_list_free(&list);
}

static void
measure(struct figures *figures, enum shape shape)
{
	struct mx_deny_table *table = NULL;
	char name[4][80];
	static const char *const what[] = {"read and build", "calm", "flood",
					   "flood, loaded ahead"};
	void (*const run[])(void *) = {build, look_calm, look_flood,
				       look_ahead};

	draw_clients(shape);
	write_text(shape);
	for (int i = 0; i < 4; i++) {
		snprintf(name[i], sizeof(name[i]), "%s, %s", shape_name[shape],
			 what[i]);
		timed_add(figures,
			  &(struct timed){.name = name[i],
					  .run = run[i],
					  .arg = i == 0 ? (void *)&table
							: (void *)table,
					  .ops = i == 0 ? 1 : OPS,
					  .rounds = i == 0 ? 1 : 200});
	}
	if (!figures->json)
		printf("%s: %u prefixes, %" PRIu64 " bytes\n",
		       shape_name[shape], table->prefixes, table->size_bytes);
	free(table);
}

int
main(int argc, char **argv)
{
	struct figures figures = figures_begin(argc, argv);

	text = malloc((size_t)LIST * LINE_MAX);
	if (text == NULL)
		return EXIT_FAILURE;
	for (uint32_t shape = 0; shape < SHAPES; shape++)
		measure(&figures, (enum shape)shape);
	free(text);
	figures_end(&figures);
	return EXIT_SUCCESS;
}
