/* SPDX-License-Identifier: BSD-3-Clause */
/* The pool of frames: a network card that uses physical addresses finds every
 * byte of each frame where the frame's address says.
 * Method: the addresses of the pages, as the kernel tells them.  It tells them
 * to root alone, and the pool must be in huge pages.  Without either, the test
 * looks at virtual addresses, which are adjacent. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_memory.h>

#include "framepool.h"
#include "runner.h"

#define FRAMES 4096u /* 10 MiB */
/* EAL takes all of this at its start, so that no page is missing later. */
#define MIB "32"
#define PAGES 16
#define SMALL_PAGES "MXSTEER_TEST_SMALL_PAGES"
#define FREE_PAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"

static int
free_pages(void)
{
	FILE *file = fopen(FREE_PAGES, "r");
	int pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages;
}

static void
setup(void)
{
	char *physical[] = {"test",
			    "--in-memory",
			    "--iova-mode=pa",
			    "-m",
			    MIB,
			    "--no-pci",
			    "--lcores=0",
			    "--no-telemetry",
			    "--log-level=4",
			    NULL};
	char *virtual[] = {"test",
			   "--no-huge",
			   "--no-shconf",
			   "-m",
			   "64",
			   "--no-pci",
			   "--lcores=0",
			   "--no-telemetry",
			   "--log-level=4",
			   NULL};
	const bool can = geteuid() == 0 && free_pages() >= PAGES &&
			 getenv(SMALL_PAGES) == NULL;

	if (!can) {
		ck_assert_int_ge(rte_eal_init(RTE_DIM(virtual) - 1, virtual),
				 0);
		return;
	}
	if (rte_eal_init(RTE_DIM(physical) - 1, physical) >= 0)
		return;
	/* Another program took the pages that were free.  EAL starts once in a
	 * process, so that this one begins again. */
	ck_assert_int_eq(setenv(SMALL_PAGES, "1", true), 0);
	execl("/proc/self/exe", "test_framepool", NULL);
	ck_abort_msg("the test cannot begin again");
}

/* The address that a card uses for a byte. */
static rte_iova_t
address_of(const void *byte)
{
	return rte_eal_iova_mode() == RTE_IOVA_PA ? rte_mem_virt2phy(byte)
						  : (rte_iova_t)byte;
}

static void
look_at_frame(struct rte_mempool *pool, void *unused, void *object,
	      unsigned index)
{
	const struct rte_mbuf *frame = object;
	const char *first = frame->buf_addr;

	(void)pool, (void)unused, (void)index;
	ck_assert_uint_eq(address_of(first), frame->buf_iova);
	ck_assert_uint_eq(address_of(first + frame->buf_len - 1),
			  frame->buf_iova + frame->buf_len - 1);
}

START_TEST(a_card_finds_every_byte_of_each_frame)
{
	struct rte_mempool *pool = frame_pool_make(FRAMES, -1);

	ck_assert_ptr_nonnull(pool);
	ck_assert_uint_eq(rte_mempool_obj_iter(pool, look_at_frame, NULL),
			  FRAMES);
	rte_mempool_free(pool);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("framepool");
	TCase *t = tcase_create("framepool");

	tcase_add_unchecked_fixture(t, setup, NULL);
	tcase_add_test(t, a_card_finds_every_byte_of_each_frame);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
