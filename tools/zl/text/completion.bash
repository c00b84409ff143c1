R"~(# bash completion for zl; made by "zl completion bash"
_zl_command()
{
	case $1 in
@@	esac
}
# The first words of a table's lines: names, in which a blank is shown as \x20.
_zl_names()
{
	awk 'NR > 1 && $1 != "Domain-0" { gsub(/\\x20/, " ", $1); print $1 }'
}
# What "@domains,all" stands for; $2 is the argument before, whose devices may be asked for.
_zl_words()
{
	local k
	for k in ${1//,/ }; do
		case $k in
		@files) compgen -f -- "$cur" ;;
		@domains) zl list --all 2>/dev/null | _zl_names ;;
		@pools) zl cpupool-list 2>/dev/null | _zl_names ;;
		@*) k=${k#@}; zl ${k//:/ } "$2" 2>/dev/null | _zl_names ;;
		*) echo "$k" ;;
		esac
	done
}
_zl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} cmd= of= opts=() takes=() set= value= n=0 i w q
	local vals="@@"
	for ((i = 1; i < COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		if [[ $w == = ]]; then
			((i++))
		elif [[ $w == -* && $vals == *" $w="* ]]; then
			[[ ${COMP_WORDS[++i]} == = ]] && ((i++))
			((i < COMP_CWORD)) && continue
			value=1 set=${vals##*" $w="} set=${set%% *}
		elif [[ $w != -* && -z $cmd ]]; then
			cmd=$w
			_zl_command "$cmd"
		elif [[ $w != -* ]]; then
			# It is here as it was typed.
			of=${w//[\\\"\']/}
			((n++))
		fi
	done
	[[ $cur == = ]] && cur=
	[[ -z $value && $cur != -* ]] && set=${takes[n > 3 ? 3 : n]}
	[[ -z $cmd ]] && opts=(@@)
	[[ -n $value$set ]] && mapfile -t opts < <(_zl_words "$set" "$of")
	[[ $set == *@files* ]] && compopt -o filenames
	COMPREPLY=()
	# Not compgen -W, which would run what a name says between backquotes.
	for w in "${opts[@]}"; do
		printf -v q %q "$w"
		[[ -n $w && ( $w == "$cur"* || $q == "$cur"* ) ]] || continue
		[[ $set == *@files* ]] || w=$q
		COMPREPLY+=("$w")
	done
	[[ ${COMPREPLY[0]} == --*= ]] && compopt -o nospace
}
complete -F _zl zl
)~"
