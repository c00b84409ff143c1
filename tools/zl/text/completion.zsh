R"~(#compdef zl
# zsh completion for zl; made by "zl completion zsh"
_zl_command() {
	case $1 in
@@	esac
}
# The first words of a table's lines: names, in which a blank is shown as \x20.
_zl_names() {
	awk 'NR > 1 && $1 != "Domain-0" { gsub(/\\x20/, " ", $1); print $1 }'
}
# What "@domains,all" stands for; $2 is the argument before, whose devices may be asked for.
_zl_words() {
	local k
	local -a found
	for k in ${(s:,:)1}; do
		case $k in
		@files) _files ;;
		@domains) found+=(${(f)"$(zl list --all 2>/dev/null | _zl_names)"}) ;;
		@pools) found+=(${(f)"$(zl cpupool-list 2>/dev/null | _zl_names)"}) ;;
		@*) found+=(${(f)"$(zl ${(s.:.)${k#@}} $2 2>/dev/null | _zl_names)"}) ;;
		*) found+=($k) ;;
		esac
	done
	(( $#found )) && compadd -a found
}
_zl() {
	local cmd of w set value vals="@@"
	local -a opts takes
	integer i n=1
	for ((i = 2; i < CURRENT; i++)); do
		w=$words[i]
		if [[ $w == -* && $vals == *" $w="* ]]; then
			((++i < CURRENT)) || value=$w
		elif [[ $w != -* && -z $cmd ]]; then
			cmd=$w
			_zl_command $cmd
		elif [[ $w != -* ]]; then
			of=${(Q)w}
			((n++))
		fi
	done
	w=${words[CURRENT]%%=*}
	if [[ $words[CURRENT] == --*=* && $vals == *" $w="* ]]; then
		value=$w
		compset -P '*='
	fi
	if [[ -n $value ]]; then
		set=${vals##*" $value="}
		_zl_words "${set%% *}" "$of"
		return
	fi
	[[ -z $cmd ]] && opts=(
@@	)
	(( $#opts )) && _describe -o zl opts
	_zl_words "$takes[n > 4 ? 4 : n]" "$of"
}
_zl "$@"
)~"
