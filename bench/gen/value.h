/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_VALUE_H
#define MX_GEN_VALUE_H

/* Values of the command line, as people write them: "300k", "0.05" or "5%",
 * "10s", "1-5".  All return false, with nothing written, if they cannot read
 * the text.  `field` has the type that the name says; a range has two of
 * them. */
#include <stdbool.h>

#define VALUE_DEVICE_MAX 256

bool value_u16(void *field, const char *text);
bool value_u32(void *field, const char *text);
bool value_u64(void *field, const char *text);
bool value_rate(void *field, const char *text);    /* double */
bool value_share(void *field, const char *text);   /* double */
bool value_ms(void *field, const char *text);      /* uint32_t */
bool value_long_ms(void *field, const char *text); /* uint64_t */
bool value_range8(void *field, const char *text);
bool value_range16(void *field, const char *text);
bool value_range32(void *field, const char *text);
bool value_range_ms(void *field, const char *text); /* uint32_t */
bool value_mac(void *field, const char *text);      /* struct rte_ether_addr */
bool value_device(void *field, const char *text);   /* char[VALUE_DEVICE_MAX] */
bool value_text(void *field, const char *text);     /* const char * */

#endif /* MX_GEN_VALUE_H */
