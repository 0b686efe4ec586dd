/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands for libcheck's function of this name: the linker is told so.
 *
 * libcheck writes the place of each assertion that holds into a file, by a
 * system call, for the report on a process that died.  The tests run in the
 * process that would write the report, so nobody would read the file, and many
 * tests assert a million times. */

void __wrap__mark_point(const char *file, int line);

void
__wrap__mark_point(const char *file, int line)
{
	(void)file;
	(void)line;
}
