/* SPDX-License-Identifier: BSD-3-Clause */
#include "doubts.h"

int
doubts_make(struct doubts *doubts, uint32_t entries,
	    const uint16_t delay_ms[static RESEND_STAGES], uint64_t tsc_hz)
{
	int error = 0;

	for (int i = 0; i < RESEND_STAGES; i++)
		error |= resend_make(&doubts->wait.stage[i], entries,
				     tsc_hz / 1000 * delay_ms[i]);
	return error;
}

void
doubts_free(struct doubts *doubts)
{
	for (int i = 0; i < RESEND_STAGES; i++)
		resend_free(&doubts->wait.stage[i]);
}
