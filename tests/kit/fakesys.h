/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FAKESYS_H
#define MX_TESTS_FAKESYS_H

/* A folder with files of /sys, /proc, /lib and /usr, as the kernel of a server
 * has them: four cores, of which 1 to 3 are isolated; 64 huge pages on each of two
 * NUMA nodes; an X710 at 0000:65:00.0 bound to vfio-pci, on NUMA node 0, alone in
 * IOMMU group 42; the drivers of DPDK for i40e, ice, mlx5, memif and twins.
 * Nothing is wrong there. */

#define FAKESYS_CARD "0000:65:00.0"

extern const char *fakesys_root; /* the folder */

/* Make it, and remove it. */
void fakesys_setup(void);
void fakesys_teardown(void);

/* Write a file, with its folders.  NULL as text: remove the file. */
void fakesys_file(const char *path, const char *text);

/* Make a symbolic link whose target's last part is `name`; "": remove it. */
void fakesys_link(const char *path, const char *name);

/* Add a PCI device.  class_code: "0x020000" is a network card.  driver, group:
 * "" for none. */
struct fakesys_device {
	const char *address, *class_code, *vendor, *device, *driver, *group;
};
void fakesys_device(const struct fakesys_device *device);

/* Add a thread: its name, its state, the core where it is, and the cores where
 * it may run.  flags: 0x200000 for a thread of the kernel. */
struct fakesys_thread {
	unsigned process;
	const char *name;
	char state;
	unsigned flags, core;
	const char *allowed;
};
void fakesys_thread(const struct fakesys_thread *thread);

/* Let a process have a file open, which is made unless it is there. */
void fakesys_open(unsigned process, unsigned descriptor, const char *path);

#endif /* MX_TESTS_FAKESYS_H */
