/* SPDX-License-Identifier: BSD-3-Clause */
#include "runner.h"

#include <stdlib.h>

int
main(void)
{
	SRunner *runner = srunner_create(suite());

	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
