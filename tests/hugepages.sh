# Huge pages for a data plane under test; to be sourced.  What was there before
# is there again afterwards.

hugepages_file=/proc/sys/vm/nr_hugepages
hugepages_before=$(cat $hugepages_file 2>/dev/null || echo 0)

hugepages_free() { awk '/HugePages_Free/ {print $2}' /proc/meminfo; }

# The lab's data plane wants 96 MiB; it says itself what it means to have none.
hugepages_reserve() {
	local free wanted=64
	free=$(hugepages_free)
	[ "${free:-0}" -ge $wanted ] && return
	echo $((hugepages_before + wanted - ${free:-0})) 2>/dev/null >$hugepages_file || true
	free=$(hugepages_free)
	[ "${free:-0}" -ge $wanted ] ||
		echo "warning: huge pages are not to be had here; going on without, which is slower"
}

hugepages_restore() {
	echo "$hugepages_before" 2>/dev/null >$hugepages_file || true
}
