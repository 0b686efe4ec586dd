/* SPDX-License-Identifier: BSD-3-Clause */
#include "besidewriter.h"

#include <pthread.h>
#include <stddef.h>

#include "runner.h"

struct writer {
	void (*put)(uint64_t number);
	uint64_t records;
};

static void *
write_all(void *arg)
{
	const struct writer *writer = arg;

	for (uint64_t i = 1; i <= writer->records; i++)
		writer->put(i);
	return NULL;
}

uint64_t
take_beside_writer(void (*put)(uint64_t number), uint64_t (*take)(void),
		   uint64_t records)
{
	struct writer writer = {put, records};
	pthread_t thread;
	uint64_t came = 0, last = 0;

	ck_assert_int_eq(pthread_create(&thread, NULL, write_all, &writer), 0);
	while (last < records) {
		const uint64_t next = take();

		if (next == 0)
			continue;
		ck_assert_uint_gt(next, last);
		last = next;
		came++;
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	return came;
}
