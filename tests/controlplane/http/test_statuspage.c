/* SPDX-License-Identifier: BSD-3-Clause */
/* The status page needs no other server, and a browser runs its own script alone.
 * Method: the page as the server sends it. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "serving.h"
#include "statuspage.h"
#include "webclient.h"

#define PAGE_BYTES_MAX (64 * 1024)

static char *reply;
static char *body;

static void
setup(void)
{
	webclient_start(&plane, "");
	reply = webclient_get(&plane, "/", 200);
	body = strstr(reply, "\r\n\r\n");
	ck_assert_ptr_nonnull(body);
	body += 4;
}

static void
teardown(void)
{
	free(reply);
	serving_teardown();
}

/* Is this in the head of the reply? */
static bool
head_has(const char *text)
{
	const char *found = strstr(reply, text);

	return found != NULL && found < body;
}

START_TEST(headers_bind_the_browser)
{
	ck_assert(head_has("\r\nContent-Type: text/html; charset=utf-8\r\n"));
	ck_assert(head_has("\r\nX-Content-Type-Options: nosniff\r\n"));
	ck_assert(head_has("\r\nReferrer-Policy: no-referrer\r\n"));
	ck_assert(head_has("\r\nX-Frame-Options: DENY\r\n"));
	ck_assert(head_has("\r\nContent-Security-Policy: default-src 'none'; "
			   "script-src 'sha256-"));
	ck_assert(head_has("frame-ancestors 'none'"));
	ck_assert(head_has("require-trusted-types-for 'script'"));
	ck_assert(!head_has("unsafe"));
	const char *policy = strstr(reply, "Content-Security-Policy");
	ck_assert_ptr_null(strstr(policy + 1, "Content-Security-Policy"));
}
END_TEST

/* Write 'sha256-HASH' of what stands between two tags, as policies have it. */
static void
write_source(const char *begin, const char *end, char text[static 64])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size;
	const char *from = strstr(body, begin);

	ck_assert_ptr_nonnull(from);
	from += strlen(begin);
	const char *to = strstr(from, end);
	ck_assert_ptr_nonnull(to);
	ck_assert_int_eq(EVP_Digest(from, (size_t)(to - from), digest, &size,
				    EVP_sha256(), NULL),
			 1);
	strcpy(text, "'sha256-");
	EVP_EncodeBlock((unsigned char *)text + strlen(text), digest,
			(int)size);
	strcat(text, "'");
}

START_TEST(policy_names_the_script_and_the_style_of_the_page)
{
	char source[64];

	write_source("<script>", "</script>", source);
	ck_assert_msg(head_has(source), "script-src %s", source);
	write_source("<style>", "</style>", source);
	ck_assert_msg(head_has(source), "style-src %s", source);
	/* There is no other. */
	ck_assert_ptr_null(strstr(strstr(body, "<script>") + 1, "<script"));
	ck_assert_ptr_null(strstr(strstr(body, "<style>") + 1, "<style"));
	ck_assert_ptr_null(strstr(body, " style="));
	ck_assert_ptr_null(strstr(body, " onclick="));
}
END_TEST

/* What would fetch, or make markup of a text. */
START_TEST(page_asks_no_other_server_and_makes_no_markup_of_texts)
{
	static const char *const words[] = {
		"http://",       "https://",       "//www",   "@import",
		"url(",          "<img",           "<iframe", "innerHTML",
		"outerHTML",     "insertAdjacent", "eval(",   "document.write",
		"new Function(", "@PAGE@",         "@STYLE@", "@SCRIPT@"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		ck_assert_msg(strstr(body, words[i]) == NULL, "%s", words[i]);
}
END_TEST

START_TEST(page_has_its_name_and_a_word_for_readers_without_scripts)
{
	char meta[96];

	snprintf(meta, sizeof(meta), "name=\"mxsteer-page\" content=\"%s\"",
		 statuspage_name);
	ck_assert_ptr_nonnull(strstr(body, meta));
	ck_assert_ptr_nonnull(strstr(body, "<noscript>"));
	ck_assert_ptr_nonnull(strstr(body, "mxsteer status"));
	ck_assert_ptr_nonnull(strstr(body, "href=\"healthz\""));
	ck_assert_uint_lt(strlen(body), PAGE_BYTES_MAX);
	char *snapshot = webclient_get(&plane, "/api/snapshot", 200);
	snprintf(meta, sizeof(meta), "\"page\":\"%s\"", statuspage_name);
	ck_assert_ptr_nonnull(strstr(snapshot, meta));
	free(snapshot);
}
END_TEST

START_TEST(head_has_the_length_alone)
{
	char length[64];
	char *text = webclient_exchange(
		&plane, "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");

	snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n",
		 strlen(body));
	ck_assert_ptr_nonnull(strstr(text, length));
	ck_assert_ptr_nonnull(strstr(text, "script-src 'sha256-"));
	ck_assert_str_eq(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	free(text);
}
END_TEST

/* Other pages have no script. */
START_TEST(other_pages_may_run_nothing)
{
	char *text = webclient_get(&plane, "/metrics", 200);

	ck_assert_ptr_nonnull(
		strstr(text, "Content-Security-Policy: default-src 'none'; "
			     "base-uri 'none'"));
	ck_assert_ptr_null(strstr(text, "sha256"));
	free(text);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("statuspage");
	TCase *t = tcase_create("statuspage");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, headers_bind_the_browser);
	tcase_add_test(t, policy_names_the_script_and_the_style_of_the_page);
	tcase_add_test(t,
		       page_asks_no_other_server_and_makes_no_markup_of_texts);
	tcase_add_test(
		t, page_has_its_name_and_a_word_for_readers_without_scripts);
	tcase_add_test(t, head_has_the_length_alone);
	tcase_add_test(t, other_pages_may_run_nothing);
	suite_add_tcase(s, t);
	return s;
}
