R"~(# fish completion for zl; made by "zl completion fish"
function __zl_domains
	zl list --all 2>/dev/null | awk 'NR > 1 && $1 != "Domain-0" { print $1 }'
end
function __zl_devices
	set -l args (commandline -opc)
	test (count $args) -gt 2; and zl $argv[1] $args[-1] 2>/dev/null | awk 'NR > 1 { print $1 }'
end
complete -c zl -f
@@)~"
