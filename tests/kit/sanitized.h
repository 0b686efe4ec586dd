/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_KIT_SANITIZED_H
#define MX_KIT_SANITIZED_H

/* SANITIZED is true in a build with a sanitizer of gcc or clang: each step of a
 * test takes about ten times as long there.  A test of a large size shows the
 * size in the other builds, and does a part of the steps here. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

#endif
