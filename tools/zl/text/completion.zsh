R"~(#compdef zl
# zsh completion for zl; made by "zl completion zsh"
_zl() {
	local cmd kind list dom w
	local -a opts words_
	for w in ${words[2,CURRENT-1]}; do
		[[ $w == -* ]] && continue
		if [[ -z $cmd ]]; then cmd=$w; else dom=$w; fi
	done
	case $cmd in
	'')
		opts=(
@@		) ;;
@@	esac
	if [[ -n $list && -n $dom ]]; then
		words_=(${(f)"$(zl $list $dom 2>/dev/null | awk 'NR > 1 { print $1 }')"})
	elif [[ $kind == domains ]]; then
		words_=(${(f)"$(zl list --all 2>/dev/null | awk 'NR > 1 && $1 != "Domain-0" { print $1 }')"})
	fi
	(( $#opts )) && _describe -o zl opts
	(( $#words_ )) && compadd -a words_
	[[ $kind == files ]] && _files
}
_zl "$@"
)~"
