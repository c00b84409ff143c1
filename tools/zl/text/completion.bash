R"~(# bash completion for zl; made by "zl completion bash"
_zl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} cmd= opts= kind= list= dom= i
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] && continue
		if [[ -z $cmd ]]; then cmd=${COMP_WORDS[i]}; else dom=${COMP_WORDS[i]}; fi
	done
	case $cmd in
	"") opts="@@" ;;
@@	esac
	if [[ $cur != -* && -n $list && -n $dom ]]; then
		opts=$(zl "$list" "$dom" 2>/dev/null | awk 'NR > 1 { print $1 }')
	elif [[ $kind == domains && $cur != -* ]]; then
		opts=$(zl list --all 2>/dev/null | awk 'NR > 1 && $1 != "Domain-0" { print $1 }')
	fi
	COMPREPLY=($(compgen -W "$opts" -- "$cur"))
	[[ $kind == files && $cur != -* ]] && COMPREPLY=($(compgen -f -- "$cur"))
	[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _zl zl
)~"
