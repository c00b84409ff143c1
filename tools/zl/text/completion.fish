R"~(# fish completion for zl; made by "zl completion fish"
function __zl_command
	switch "$argv[1]"
@@	end
end
# The first words of a table's lines: names, in which a blank is shown as \x20.
function __zl_names
	awk 'NR > 1 && $1 != "Domain-0" { gsub(/\\\\x20/, " ", $1); print $1 }'
end
# What "@domains,all" stands for; $argv[2] is the argument before, whose devices may be asked for.
function __zl_words
	for k in (string split , -- $argv[1])
		switch $k
			case @files
				__fish_complete_path (commandline -ct)
			case @domains
				zl list --all 2>/dev/null | __zl_names
			case @pools
				zl cpupool-list 2>/dev/null | __zl_names
			case '@*'
				zl (string split : -- (string sub -s 2 -- $k)) $argv[2] 2>/dev/null | __zl_names
			case '*'
				echo $k
		end
	end
end
# Which command the line has, which of its arguments is next and what the last one was.
function __zl_look
	set -g __zl_line '' 1 ''
	set -g __zl_vals@@
	set -g __zl_takes
	set -l skip
	set -l args (commandline -opc)
	for w in $args[2..-1]
		if set -q skip[1]
			set skip
		else if contains -- $w $__zl_vals
			set skip 1
		else if string match -q -- '-*' $w
			continue
		else if test -z "$__zl_line[1]"
			set __zl_line[1] $w
			__zl_command $w
		else
			set __zl_line[2] (math $__zl_line[2] + 1)
			set __zl_line[3] $w
		end
	end
end
function __zl_in
	__zl_look
	contains -- "$__zl_line[1]" $argv
end
function __zl_arguments
	__zl_look
	set -l at (math min $__zl_line[2], 4)
	set -q __zl_takes[$at]; and __zl_words $__zl_takes[$at] $__zl_line[3]
end
complete -c zl -f
complete -c zl -n 'not __zl_in ""' -a '(__zl_arguments)'
@@)~"
