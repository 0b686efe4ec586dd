# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Completion of mxsteer in bash.  The program knows its commands, and asks the
# control plane for names, for a second at most.

_mxsteer() {
	local line=${COMP_LINE:0:COMP_POINT} word said status
	word=${line##*[[:blank:]]}
	said=$("$1" --complete "$line" 2>/dev/null)
	status=$?
	# bash replaces what is behind the last of these, which names contain.
	local kept=${word%"${word##*[:=@]}"}
	COMPREPLY=()
	while IFS= read -r line; do
		[[ -z $line ]] || COMPREPLY+=("${line#"$kept"}")
	done <<<"$said"
	if ((status == 3)); then
		compopt -o filenames
		while IFS= read -r line; do
			[[ -z $line ]] || COMPREPLY+=("$line")
		done < <(compgen -f -- "$word")
	fi
}
complete -F _mxsteer mxsteer
