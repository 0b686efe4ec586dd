/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_WORDS_H
#define MX_CONFIG_WORDS_H

/* The words of the enums of config.h as the file spells them, in the order of
 * their values.  NULL ends each list. */
extern const char *const driver_words[];
extern const char *const twin_words[];
extern const char *const idle_words[];
extern const char *const direction_words[];
extern const char *const snat_by_words[];
extern const char *const hash_words[];
extern const char *const check_words[];
extern const char *const starttls_words[];
extern const char *const balance_words[];
extern const char *const forward_words[];
extern const char *const proxy_words[];
extern const char *const tunnel_words[];
extern const char *const hidden_words[];
extern const char *const sources_words[];
extern const char *const refusal_words[];
extern const char *const cookie_words[];
extern const char *const early_words[];
extern const char *const fail_over_words[];
extern const char *const switch_words[];
extern const char *const bond_words[];

#endif /* MX_CONFIG_WORDS_H */
