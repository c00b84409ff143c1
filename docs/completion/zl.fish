# fish completion for zl; made by "zl completion fish"
function __zl_command
	switch "$argv[1]"
		case autostart 
			set -a __zl_vals --delay --order
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case console 
			set -a __zl_vals -e --escape -n --number --timeout -t --type
			set __zl_takes '@domains'
		case create 
			set -a __zl_vals -f --file --set
			set __zl_takes '@files'
		case destroy 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case domid 
			set -a __zl_vals
			set __zl_takes '@domains'
		case domname 
			set -a __zl_vals
			set __zl_takes '@domains'
		case dump-core 
			set -a __zl_vals --format
			set __zl_takes '@domains' '@files'
		case events 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case list ls
			set -a __zl_vals --state --sort
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case managed-save 
			set -a __zl_vals --compress --timeout
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case migrate 
			set -a __zl_vals --downtime --bandwidth --timeout -C --config -s --ssh
			set __zl_takes '@domains'
		case migrate-receive 
			set -a __zl_vals
			set __zl_takes 
		case pause 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case reboot 
			set -a __zl_vals --timeout
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case rename 
			set -a __zl_vals
			set __zl_takes '@domains'
		case restore 
			set -a __zl_vals --name --xml
			set __zl_takes '@files'
		case resume 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case save 
			set -a __zl_vals --compress --timeout
			set __zl_takes '@domains' '@files'
		case save-info 
			set -a __zl_vals
			set __zl_takes '@files'
		case show 
			set -a __zl_vals --section
			set __zl_takes '@domains'
		case shutdown 
			set -a __zl_vals --timeout --then
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case start 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case suspend 
			set -a __zl_vals --timeout
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case sysrq 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case trigger 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains,nmi,reset,power,sleep' '@domains' '@domains'
		case unpause 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case uptime 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case vm-list 
			set -a __zl_vals
			set __zl_takes 
		case wait 
			set -a __zl_vals --for --timeout
			set __zl_takes '@domains'
		case clone 
			set -a __zl_vals
			set __zl_takes '@domains'
		case config-update 
			set -a __zl_vals
			set __zl_takes '@domains' '@files'
		case convert 
			set -a __zl_vals --from --to --target-arch -o --output --report --relative-to
			set __zl_takes '@files'
		case define 
			set -a __zl_vals
			set __zl_takes '@files'
		case desc 
			set -a __zl_vals
			set __zl_takes '@domains'
		case dumpxml 
			set -a __zl_vals
			set __zl_takes '@domains'
		case edit 
			set -a __zl_vals
			set __zl_takes '@domains'
		case metadata 
			set -a __zl_vals --uri --key --set
			set __zl_takes '@domains'
		case snapshot 
			set -a __zl_vals --description --timeout
			set __zl_takes 'create,list,info,revert,delete' '@domains' '@snapshot:list'
		case undefine 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case validate 
			set -a __zl_vals --target-arch
			set __zl_takes '@files' '@files' '@files' '@files'
		case block-attach 
			set -a __zl_vals
			set __zl_takes '@domains' '@files'
		case block-detach 
			set -a __zl_vals --timeout
			set __zl_takes '@domains' '@block-list'
		case block-list 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case block-resize 
			set -a __zl_vals
			set __zl_takes '@domains' '@block-list'
		case cd-eject 
			set -a __zl_vals --timeout
			set __zl_takes '@domains' '@block-list'
		case cd-insert 
			set -a __zl_vals --timeout
			set __zl_takes '@domains' '@block-list' '@files'
		case channel-list 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case device-attach 
			set -a __zl_vals
			set __zl_takes '@domains' '@files'
		case device-detach 
			set -a __zl_vals --timeout
			set __zl_takes '@domains' '@device-list,@files'
		case device-list 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case network-attach 
			set -a __zl_vals
			set __zl_takes '@domains' '@files'
		case network-detach 
			set -a __zl_vals --timeout
			set __zl_takes '@domains' '@network-list'
		case network-list 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case network-set domif-setlink
			set -a __zl_vals --link
			set __zl_takes '@domains' '@network-list' 'up,down'
		case claims 
			set -a __zl_vals
			set __zl_takes 
		case cpu cpu-hotplug
			set -a __zl_vals
			set __zl_takes 'list,online,offline'
		case cpupool-cpu-add 
			set -a __zl_vals
			set __zl_takes '@pools' 'all'
		case cpupool-cpu-remove 
			set -a __zl_vals
			set __zl_takes '@pools' 'all'
		case cpupool-create 
			set -a __zl_vals -f --defconfig --cpus
			set __zl_takes '@files'
		case cpupool-destroy 
			set -a __zl_vals
			set __zl_takes '@pools'
		case cpupool-list 
			set -a __zl_vals
			set __zl_takes '@pools'
		case cpupool-migrate 
			set -a __zl_vals
			set __zl_takes '@domains' '@pools'
		case cpupool-rename 
			set -a __zl_vals
			set __zl_takes '@pools'
		case mem-max 
			set -a __zl_vals
			set __zl_takes '@domains'
		case mem-set 
			set -a __zl_vals --timeout
			set __zl_takes '@domains'
		case sched 
			set -a __zl_vals -d --domain -w --weight -c --cap -p --cpupool -r --ratelimit -P --period -b --budget -e --extratime -v --vcpuid
			set __zl_takes '@domains'
		case sched-credit 
			set -a __zl_vals -d --domain -w --weight -c --cap -p --cpupool -r --ratelimit -P --period -b --budget -e --extratime -v --vcpuid
			set __zl_takes '@domains'
		case sched-credit2 
			set -a __zl_vals -d --domain -w --weight -c --cap -p --cpupool -r --ratelimit -P --period -b --budget -e --extratime -v --vcpuid
			set __zl_takes '@domains'
		case sched-null 
			set -a __zl_vals -d --domain -p --cpupool
			set __zl_takes '@domains'
		case sched-rtds 
			set -a __zl_vals -d --domain -v --vcpuid -p --period -b --budget -e --extratime -c --cpupool
			set __zl_takes '@domains'
		case sharing 
			set -a __zl_vals
			set __zl_takes '@domains'
		case vcpu-list 
			set -a __zl_vals
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case vcpu-pin 
			set -a __zl_vals
			set __zl_takes '@domains' 'all'
		case vcpu-set 
			set -a __zl_vals --timeout
			set __zl_takes '@domains'
		case check 
			set -a __zl_vals
			set __zl_takes 
		case completion 
			set -a __zl_vals
			set __zl_takes 'bash,zsh,fish'
		case debug-keys 
			set -a __zl_vals
			set __zl_takes 
		case dmesg 
			set -a __zl_vals -l --level
			set __zl_takes 
		case help 
			set -a __zl_vals --man
			set __zl_takes 'autostart,console,create,destroy,domid,domname,dump-core,events,list,managed-save,migrate,migrate-receive,pause,reboot,rename,restore,resume,save,save-info,show,shutdown,start,suspend,sysrq,trigger,unpause,uptime,vm-list,wait,clone,config-update,convert,define,desc,dumpxml,edit,metadata,snapshot,undefine,validate,block-attach,block-detach,block-list,block-resize,cd-eject,cd-insert,channel-list,device-attach,device-detach,device-list,network-attach,network-detach,network-list,network-set,claims,cpu,cpupool-cpu-add,cpupool-cpu-remove,cpupool-create,cpupool-destroy,cpupool-list,cpupool-migrate,cpupool-rename,mem-max,mem-set,sched,sched-credit,sched-credit2,sched-null,sched-rtds,sharing,vcpu-list,vcpu-pin,vcpu-set,check,completion,debug-keys,dmesg,help,info,report,set-parameters,stats,top,trace,version'
		case info 
			set -a __zl_vals -s --field
			set __zl_takes 
		case report 
			set -a __zl_vals -o --output -i --interval -n --count --from
			set __zl_takes 
		case set-parameters 
			set -a __zl_vals
			set __zl_takes 
		case stats 
			set -a __zl_vals -w --watch -n --count --format
			set __zl_takes '@domains' '@domains' '@domains' '@domains'
		case top 
			set -a __zl_vals -d --delay -i --iterations
			set __zl_takes 
		case trace 
			set -a __zl_vals -e --events -s --size -o --output
			set __zl_takes 'start,stop,dump,report' '@files'
		case version 
			set -a __zl_vals
			set __zl_takes 
	end
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
	set -g __zl_vals --timeout --config-dir --run-dir
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
complete -c zl -s v -l verbose -d 'say what is being done; twice: in detail'
complete -c zl -s q -l quiet -d 'print only errors'
complete -c zl -s N -l dry-run -d 'check everything, change nothing, print the plan'
complete -c zl -s f -l force -d 'as behind a command that has it: where it would be refused, do it'
complete -c zl -l json -d 'print JSON; errors too, on stderr'
complete -c zl -s t -l progress -d 'show how far long steps are, also when stderr is no terminal'
complete -c zl -s T -l timestamps -d 'time and process id before every message'
complete -c zl -l timeout -x -d 'upper bound of all waiting (60)'
complete -c zl -l no-color -d 'no colours, not even on a terminal'
complete -c zl -l pager -d 'on a terminal through $PAGER (less, or more)'
complete -c zl -l config-dir -x -a '(__zl_words @files)' -d 'configuration directory (/etc/zl)'
complete -c zl -l run-dir -x -a '(__zl_words @files)' -d 'run-time directory (/run/zl), with log/ and xenstored/ in it'
complete -c zl -s h -l help -d 'help on zl or on a command'
complete -c zl -l version -d 'print the version'
complete -c zl -n '__zl_in ""' -a autostart -d 'let a defined domain start with the host'
complete -c zl -n '__zl_in autostart' -l disable -d 'it does not start with the host any more'
complete -c zl -n '__zl_in autostart' -l delay -x -d 'seconds to wait before it starts'
complete -c zl -n '__zl_in autostart' -l order -x -d 'lower numbers start first and end last; 0: behind all others'
complete -c zl -n '__zl_in autostart' -l start-all -d 'start all that are to start with the host'
complete -c zl -n '__zl_in autostart' -l stop-all -d 'end all domains in the reverse order'
complete -c zl -n '__zl_in ""' -a console -d 'attach to a domain'\''s console'
complete -c zl -n '__zl_in console' -s e -l escape -x -d 'escape character instead of ^]'
complete -c zl -n '__zl_in console' -s n -l number -x -d 'which console: 1 is the guest'\''s hvc1; 0 unless given'
complete -c zl -n '__zl_in console' -l timeout -x -d 'how long to wait for the console'
complete -c zl -n '__zl_in console' -s t -l type -x -d 'pv (the default) or vuart, the emulated serial port'
complete -c zl -n '__zl_in console' -l log -d 'print the console'\''s log and end'
complete -c zl -n '__zl_in console' -l readonly -d 'send nothing to the guest'
complete -c zl -n '__zl_in ""' -a create -d 'start a domain from an XML file or an xl.cfg'
complete -c zl -n '__zl_in create' -s p -l paused -d 'leave the domain paused'
complete -c zl -n '__zl_in create' -s c -l console -d 'attach the console before the first instruction'
complete -c zl -n '__zl_in create' -s F -l foreground -d 'stay until the domain ends; exit with its outcome'
complete -c zl -n '__zl_in create' -s e -l exit -d 'for scripts of xl: nothing stays behind (always so)'
complete -c zl -n '__zl_in create' -s q -l quiet -d 'print only errors'
complete -c zl -n '__zl_in create' -s n -l dryrun -d 'the same as zl --dry-run, as in xl'
complete -c zl -n '__zl_in create' -l print-id -d 'print the new domain'\''s id alone on stdout'
complete -c zl -n '__zl_in create' -s f -l file -x -a '(__zl_words @files)' -d 'the configuration (same as the argument)'
complete -c zl -n '__zl_in create' -l set -x -d 'override a value, as in vcpu=4; without VALUE remove it'
complete -c zl -n '__zl_in ""' -a destroy -d 'end a domain at once'
complete -c zl -n '__zl_in destroy' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in destroy' -s f -l force -d 'for scripts of xl: destroy never asks'
complete -c zl -n '__zl_in ""' -a domid -d 'print the id of a domain'
complete -c zl -n '__zl_in ""' -a domname -d 'print the name of a domain'
complete -c zl -n '__zl_in ""' -a dump-core -d 'write a domain'\''s memory and registers to a file'
complete -c zl -n '__zl_in dump-core' -l live -d 'let the guest run meanwhile'
complete -c zl -n '__zl_in dump-core' -l crash -d 'afterwards it counts as crashed'
complete -c zl -n '__zl_in dump-core' -l reset -d 'afterwards it is rebooted'
complete -c zl -n '__zl_in dump-core' -l format -x -d 'elf, the only one'
complete -c zl -n '__zl_in ""' -a events -d 'print what has happened to domains'
complete -c zl -n '__zl_in events' -s f -l follow -d 'go on with new ones until interrupted'
complete -c zl -n '__zl_in ""' -a list -d 'list domains'
complete -c zl -n '__zl_in list ls' -s l -l long -d 'configurations and states, as JSON'
complete -c zl -n '__zl_in list ls' -s v -l verbose -d 'also UUID, shutdown reason and label'
complete -c zl -n '__zl_in list ls' -s Z -l context -d 'also the security label'
complete -c zl -n '__zl_in list ls' -s c -l cpupool -d 'also the CPU pool'
complete -c zl -n '__zl_in list ls' -s n -l numa -d 'also the NODE affinity'
complete -c zl -n '__zl_in list ls' -s a -l all -d 'also definitions that do not run'
complete -c zl -n '__zl_in list ls' -l inactive -d 'only definitions that do not run'
complete -c zl -n '__zl_in list ls' -l state -x -d 'only those in these states'
complete -c zl -n '__zl_in list ls' -l sort -x -d 'by name, id (the default), mem, vcpus, state or time'
complete -c zl -n '__zl_in list ls' -l long-state -d 'states as words'
complete -c zl -n '__zl_in ""' -a managed-save -d 'save a defined domain for its next start'
complete -c zl -n '__zl_in managed-save' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in managed-save' -l compress -x -d 'none (the default) or zlib'
complete -c zl -n '__zl_in managed-save' -l timeout -x -d 'how long to wait for each guest to suspend'
complete -c zl -n '__zl_in ""' -a migrate -d 'let a domain go on on another host'
complete -c zl -n '__zl_in migrate' -l live -d 'let it run while its memory is sent'
complete -c zl -n '__zl_in migrate' -l downtime -x -d 'with --live: how long it may stop (300)'
complete -c zl -n '__zl_in migrate' -l bandwidth -x -d 'at most so many MiB a second'
complete -c zl -n '__zl_in migrate' -l timeout -x -d 'of all, after which the guest goes on here'
complete -c zl -n '__zl_in migrate' -s p -l paused -d 'leave it paused there'
complete -c zl -n '__zl_in migrate' -s C -l config -x -a '(__zl_words @files)' -d 'its configuration there'
complete -c zl -n '__zl_in migrate' -s s -l ssh -x -d 'this in the place of ssh'
complete -c zl -n '__zl_in ""' -a migrate-receive -d 'take a domain from another host'
complete -c zl -n '__zl_in ""' -a pause -d 'stop a domain'\''s CPUs'
complete -c zl -n '__zl_in pause' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in ""' -a reboot -d 'ask a domain to reboot'
complete -c zl -n '__zl_in reboot' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in reboot' -s F -l force -d 'do not ask the guest: reset it'
complete -c zl -n '__zl_in reboot' -s w -l wait -d 'wait until it runs again'
complete -c zl -n '__zl_in reboot' -l timeout -x -d 'upper bound of the waiting'
complete -c zl -n '__zl_in ""' -a rename -d 'change a domain'\''s name'
complete -c zl -n '__zl_in ""' -a restore -d 'let a saved domain go on'
complete -c zl -n '__zl_in restore' -s p -l paused -d 'leave the domain paused'
complete -c zl -n '__zl_in restore' -s e -l exit -d 'for scripts of xl: nothing stays behind (always so)'
complete -c zl -n '__zl_in restore' -l name -x -d 'call it so'
complete -c zl -n '__zl_in restore' -l xml -x -a '(__zl_words @files)' -d 'this configuration in the place of the saved one'
complete -c zl -n '__zl_in ""' -a resume -d 'let a suspended domain go on'
complete -c zl -n '__zl_in resume' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in ""' -a save -d 'write a running domain to a file, and end it'
complete -c zl -n '__zl_in save' -s c -l checkpoint -d 'let the domain go on afterwards'
complete -c zl -n '__zl_in save' -s p -l paused -d 'keep the domain, paused'
complete -c zl -n '__zl_in save' -l compress -x -d 'none (the default) or zlib'
complete -c zl -n '__zl_in save' -l timeout -x -d 'how long to wait for the guest to suspend'
complete -c zl -n '__zl_in ""' -a save-info -d 'print what a saved domain needs, and its configuration'
complete -c zl -n '__zl_in ""' -a show -d 'print everything about one domain'
complete -c zl -n '__zl_in show' -l section -x -d 'only state, config, memory, vcpus, devices, store or logs'
complete -c zl -n '__zl_in ""' -a shutdown -d 'ask a domain to power off'
complete -c zl -n '__zl_in shutdown' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in shutdown' -s w -l wait -d 'wait for the shutdown; twice: until it is gone'
complete -c zl -n '__zl_in shutdown' -s F -l force -d 'do not ask the guest: power it off'
complete -c zl -n '__zl_in shutdown' -l timeout -x -d 'upper bound of the waiting'
complete -c zl -n '__zl_in shutdown' -l then -x -a '(__zl_words destroy)' -d 'destroy it when the time is up'
complete -c zl -n '__zl_in ""' -a start -d 'start a defined domain'
complete -c zl -n '__zl_in start' -s p -l paused -d 'leave the domain paused'
complete -c zl -n '__zl_in start' -s c -l console -d 'attach the console before the first instruction'
complete -c zl -n '__zl_in start' -s F -l foreground -d 'stay until the domain ends; exit with its outcome'
complete -c zl -n '__zl_in start' -l print-id -d 'print the new domain'\''s id alone on stdout'
complete -c zl -n '__zl_in start' -l fresh -d 'boot it, and drop its saved state'
complete -c zl -n '__zl_in start' -l restore -d 'go on with its saved state, or fail'
complete -c zl -n '__zl_in start' -l unit -d 'as a service of systemd: tell when it runs, stay while it lives'
complete -c zl -n '__zl_in ""' -a suspend -d 'ask a domain to suspend in its own memory'
complete -c zl -n '__zl_in suspend' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in suspend' -l timeout -x -d 'how long to wait for each guest'
complete -c zl -n '__zl_in ""' -a sysrq -d 'press a SysRq key of a Linux guest'
complete -c zl -n '__zl_in sysrq' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in ""' -a trigger -d 'press a button of a domain'\''s machine'
complete -c zl -n '__zl_in trigger' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in ""' -a unpause -d 'let a paused domain run'
complete -c zl -n '__zl_in unpause' -s a -l all -d 'all domains but the control domain'
complete -c zl -n '__zl_in ""' -a uptime -d 'print how long domains have been up'
complete -c zl -n '__zl_in uptime' -s s -l short -d 'one line in the manner of uptime(1)'
complete -c zl -n '__zl_in ""' -a vm-list -d 'list domains by UUID'
complete -c zl -n '__zl_in ""' -a wait -d 'wait for a domain'
complete -c zl -n '__zl_in wait' -l for -x -d 'running, shutdown, gone, agent, console:/RE/ or xenstore:PATH[=VALUE]'
complete -c zl -n '__zl_in wait' -l timeout -x -d 'upper bound of the waiting'
complete -c zl -n '__zl_in ""' -a clone -d 'define a domain like another'
complete -c zl -n '__zl_in clone' -l reflink -d 'share the blocks of disk images, or fail'
complete -c zl -n '__zl_in clone' -l copy -d 'copy all blocks'
complete -c zl -n '__zl_in clone' -l new-mac -d 'new addresses for its interfaces (always done)'
complete -c zl -n '__zl_in clone' -l new-uuid -d 'a new UUID (always done)'
complete -c zl -n '__zl_in ""' -a config-update -d 'change a definition from its next start on'
complete -c zl -n '__zl_in ""' -a convert -d 'translate a configuration'
complete -c zl -n '__zl_in convert' -l from -x -d 'auto (the default), xl, xl-json or libvirt'
complete -c zl -n '__zl_in convert' -l to -x -d 'xml (the default) or xl'
complete -c zl -n '__zl_in convert' -l target-arch -x -d 'only aarch64'
complete -c zl -n '__zl_in convert' -s o -l output -x -a '(__zl_words @files)' -d 'write to a file'
complete -c zl -n '__zl_in convert' -l report -x -d 'text (the default) or json: the changes, on stderr'
complete -c zl -n '__zl_in convert' -l new-uuid -d 'do not keep the UUID'
complete -c zl -n '__zl_in convert' -l drop-filters -d 'leave packet filters out'
complete -c zl -n '__zl_in convert' -l relative-to -x -a '(__zl_words @files)' -d 'where relative paths begin'
complete -c zl -n '__zl_in ""' -a define -d 'store a domain'\''s configuration'
complete -c zl -n '__zl_in define' -l replace -d 'put it in the place of a definition with the same name'
complete -c zl -n '__zl_in ""' -a desc -d 'print or write a definition'\''s description'
complete -c zl -n '__zl_in desc' -l title -d 'the title, which is one line'
complete -c zl -n '__zl_in desc' -l description -d 'the description (the default)'
complete -c zl -n '__zl_in ""' -a dumpxml -d 'print a domain'\''s configuration'
complete -c zl -n '__zl_in dumpxml' -l inactive -d 'the definition; what only a running domain has is left out'
complete -c zl -n '__zl_in dumpxml' -l security-info -d 'with secrets (always done: none are left out)'
complete -c zl -n '__zl_in ""' -a edit -d 'change a definition in an editor'
complete -c zl -n '__zl_in ""' -a metadata -d 'print or write what a program keeps in a definition'
complete -c zl -n '__zl_in metadata' -l uri -x -d 'the namespace of the element'
complete -c zl -n '__zl_in metadata' -l key -x -d 'with --set: the prefix of names that have none'
complete -c zl -n '__zl_in metadata' -l set -x -d 'put this element in its place, into the namespace if it has none'
complete -c zl -n '__zl_in metadata' -l remove -d 'take the element away'
complete -c zl -n '__zl_in ""' -a snapshot -d 'keep a domain'\''s disks as they are, and go back to that'
complete -c zl -n '__zl_in snapshot' -l disk-only -d 'create: without its memory'
complete -c zl -n '__zl_in snapshot' -l with-memory -d 'create: with the memory of a domain that runs'
complete -c zl -n '__zl_in snapshot' -l quiesce -d 'create: have the guest'\''s agent hold its file systems still'
complete -c zl -n '__zl_in snapshot' -l description -x -d 'create: what it is for'
complete -c zl -n '__zl_in snapshot' -l timeout -x -d 'create: how long to wait for the guest to suspend, or for each answer of its agent'
complete -c zl -n '__zl_in snapshot' -s p -l paused -d 'revert: leave it paused, when its memory is there'
complete -c zl -n '__zl_in snapshot' -s f -l force -d 'revert: destroy the domain if it runs'
complete -c zl -n '__zl_in ""' -a undefine -d 'remove a definition'
complete -c zl -n '__zl_in undefine' -l managed-save -d 'with its saved state'
complete -c zl -n '__zl_in undefine' -l snapshots -d 'with its snapshots'
complete -c zl -n '__zl_in ""' -a validate -d 'check configuration files'
complete -c zl -n '__zl_in validate' -l strict -d 'warnings are errors'
complete -c zl -n '__zl_in validate' -l lax -d 'unknown elements and attributes are warnings'
complete -c zl -n '__zl_in validate' -l schema -d 'compare with the RELAX NG schema, too'
complete -c zl -n '__zl_in validate' -l host -d 'check that this host has what is named: files, bridges, scripts, memory, CPUs'
complete -c zl -n '__zl_in validate' -l target-arch -x -d 'what is for another architecture is a warning; only aarch64'
complete -c zl -n '__zl_in ""' -a block-attach -d 'give a domain a disk'
complete -c zl -n '__zl_in ""' -a block-detach -d 'take a disk away'
complete -c zl -n '__zl_in block-detach' -l force -d 'do not wait for the guest to let it go'
complete -c zl -n '__zl_in block-detach' -l timeout -x -d 'how long to wait for the guest'
complete -c zl -n '__zl_in ""' -a block-list -d 'list domains'\'' disks'
complete -c zl -n '__zl_in ""' -a block-resize -d 'make a disk larger while it is in use'
complete -c zl -n '__zl_in ""' -a cd-eject -d 'take a cdrom away'
complete -c zl -n '__zl_in cd-eject' -l force -d 'do not wait for the guest to let it go'
complete -c zl -n '__zl_in cd-eject' -l timeout -x -d 'how long to wait for the guest'
complete -c zl -n '__zl_in ""' -a cd-insert -d 'give a domain a cdrom, or another one'
complete -c zl -n '__zl_in cd-insert' -l force -d 'do not wait for the guest to let it go'
complete -c zl -n '__zl_in cd-insert' -l timeout -x -d 'how long to wait for the guest'
complete -c zl -n '__zl_in ""' -a channel-list -d 'list domains'\'' channels, and consoles besides the first'
complete -c zl -n '__zl_in ""' -a device-attach -d 'give a domain the device in an XML file'
complete -c zl -n '__zl_in ""' -a device-detach -d 'take a device away'
complete -c zl -n '__zl_in device-detach' -l force -d 'do not wait for the guest to let it go'
complete -c zl -n '__zl_in device-detach' -l timeout -x -d 'how long to wait for the guest'
complete -c zl -n '__zl_in ""' -a device-list -d 'list domains'\'' disks, interfaces, channels and consoles besides the first'
complete -c zl -n '__zl_in ""' -a network-attach -d 'give a domain a network interface'
complete -c zl -n '__zl_in ""' -a network-detach -d 'take a network interface away'
complete -c zl -n '__zl_in network-detach' -l force -d 'do not wait for the guest to let it go'
complete -c zl -n '__zl_in network-detach' -l timeout -x -d 'how long to wait for the guest'
complete -c zl -n '__zl_in ""' -a network-list -d 'list domains'\'' network interfaces'
complete -c zl -n '__zl_in ""' -a network-set -d 'let an interface'\''s link be up or down'
complete -c zl -n '__zl_in network-set domif-setlink' -l link -x -d 'up or down; may also be the third argument'
complete -c zl -n '__zl_in network-set domif-setlink' -l config -d 'in the definition, too; alone where the domain does not run'
complete -c zl -n '__zl_in ""' -a claims -d 'list memory that domains have a claim to'
complete -c zl -n '__zl_in ""' -a cpu -d 'switch the host'\''s CPUs off and on'
complete -c zl -n '__zl_in ""' -a cpupool-cpu-add -d 'give free CPUs to a CPU pool'
complete -c zl -n '__zl_in ""' -a cpupool-cpu-remove -d 'take CPUs out of a CPU pool'
complete -c zl -n '__zl_in ""' -a cpupool-create -d 'make a CPU pool of free CPUs'
complete -c zl -n '__zl_in cpupool-create' -s f -l defconfig -x -a '(__zl_words @files)' -d 'the file that describes the pool'
complete -c zl -n '__zl_in cpupool-create' -l cpus -x -d 'its CPUs'
complete -c zl -n '__zl_in ""' -a cpupool-destroy -d 'end a CPU pool'
complete -c zl -n '__zl_in ""' -a cpupool-list -d 'list CPU pools'
complete -c zl -n '__zl_in cpupool-list' -s c -l cpus -d 'the CPUs of each pool'
complete -c zl -n '__zl_in ""' -a cpupool-migrate -d 'move a domain to a CPU pool'
complete -c zl -n '__zl_in ""' -a cpupool-rename -d 'give a CPU pool another name'
complete -c zl -n '__zl_in ""' -a mem-max -d 'limit a domain'\''s memory'
complete -c zl -n '__zl_in ""' -a mem-set -d 'ask a guest to have that much memory'
complete -c zl -n '__zl_in mem-set' -l wait -d 'wait until the guest has done it'
complete -c zl -n '__zl_in mem-set' -l timeout -x -d 'upper bound of the waiting'
complete -c zl -n '__zl_in ""' -a sched -d 'show or set scheduling parameters'
complete -c zl -n '__zl_in sched' -s d -l domain -x -a '(__zl_words @domains)' -d 'the domain (same as the argument)'
complete -c zl -n '__zl_in sched' -s w -l weight -x -d 'its share beside others'\'' (1 to 65535; 256 is usual)'
complete -c zl -n '__zl_in sched' -s c -l cap -x -d 'what it may use of one CPU at most (150: one and a half; 0: all)'
complete -c zl -n '__zl_in sched' -s p -l cpupool -x -a '(__zl_words @pools)' -d 'the CPU pool'
complete -c zl -n '__zl_in sched' -s s -l schedparam -d 'the scheduler'\''s own parameters alone'
complete -c zl -n '__zl_in sched' -s r -l ratelimit -x -d 'time in us for which nobody is interrupted (0: none)'
complete -c zl -n '__zl_in sched' -s P -l period -x -d 'of rtds, as the next three: see sched-rtds'
complete -c zl -n '__zl_in sched' -s b -l budget -x -d 'what it gets of each period'
complete -c zl -n '__zl_in sched' -s e -l extratime -x -a '(__zl_words 0,1)' -d 'whether it may get more'
complete -c zl -n '__zl_in sched' -s v -l vcpuid -x -a '(__zl_words all)' -d 'one of its vCPUs'
complete -c zl -n '__zl_in ""' -a sched-credit -d 'the same, if the scheduler is a credit scheduler'
complete -c zl -n '__zl_in sched-credit' -s d -l domain -x -a '(__zl_words @domains)' -d 'the domain (same as the argument)'
complete -c zl -n '__zl_in sched-credit' -s w -l weight -x -d 'its share beside others'\'' (1 to 65535; 256 is usual)'
complete -c zl -n '__zl_in sched-credit' -s c -l cap -x -d 'what it may use of one CPU at most (150: one and a half; 0: all)'
complete -c zl -n '__zl_in sched-credit' -s p -l cpupool -x -a '(__zl_words @pools)' -d 'the CPU pool'
complete -c zl -n '__zl_in sched-credit' -s s -l schedparam -d 'the scheduler'\''s own parameters alone'
complete -c zl -n '__zl_in sched-credit' -s r -l ratelimit -x -d 'time in us for which nobody is interrupted (0: none)'
complete -c zl -n '__zl_in sched-credit' -s P -l period -x -d 'of rtds, as the next three: see sched-rtds'
complete -c zl -n '__zl_in sched-credit' -s b -l budget -x -d 'what it gets of each period'
complete -c zl -n '__zl_in sched-credit' -s e -l extratime -x -a '(__zl_words 0,1)' -d 'whether it may get more'
complete -c zl -n '__zl_in sched-credit' -s v -l vcpuid -x -a '(__zl_words all)' -d 'one of its vCPUs'
complete -c zl -n '__zl_in ""' -a sched-credit2 -d 'the same, if the scheduler is a credit scheduler'
complete -c zl -n '__zl_in sched-credit2' -s d -l domain -x -a '(__zl_words @domains)' -d 'the domain (same as the argument)'
complete -c zl -n '__zl_in sched-credit2' -s w -l weight -x -d 'its share beside others'\'' (1 to 65535; 256 is usual)'
complete -c zl -n '__zl_in sched-credit2' -s c -l cap -x -d 'what it may use of one CPU at most (150: one and a half; 0: all)'
complete -c zl -n '__zl_in sched-credit2' -s p -l cpupool -x -a '(__zl_words @pools)' -d 'the CPU pool'
complete -c zl -n '__zl_in sched-credit2' -s s -l schedparam -d 'the scheduler'\''s own parameters alone'
complete -c zl -n '__zl_in sched-credit2' -s r -l ratelimit -x -d 'time in us for which nobody is interrupted (0: none)'
complete -c zl -n '__zl_in sched-credit2' -s P -l period -x -d 'of rtds, as the next three: see sched-rtds'
complete -c zl -n '__zl_in sched-credit2' -s b -l budget -x -d 'what it gets of each period'
complete -c zl -n '__zl_in sched-credit2' -s e -l extratime -x -a '(__zl_words 0,1)' -d 'whether it may get more'
complete -c zl -n '__zl_in sched-credit2' -s v -l vcpuid -x -a '(__zl_words all)' -d 'one of its vCPUs'
complete -c zl -n '__zl_in ""' -a sched-null -d 'show the domains, if the scheduler is the null scheduler'
complete -c zl -n '__zl_in sched-null' -s d -l domain -x -a '(__zl_words @domains)' -d 'the domain (same as the argument)'
complete -c zl -n '__zl_in sched-null' -s p -l cpupool -x -a '(__zl_words @pools)' -d 'the CPU pool'
complete -c zl -n '__zl_in ""' -a sched-rtds -d 'show or set periods and budgets, where the scheduler is rtds'
complete -c zl -n '__zl_in sched-rtds' -s d -l domain -x -a '(__zl_words @domains)' -d 'the domain (same as the argument)'
complete -c zl -n '__zl_in sched-rtds' -s v -l vcpuid -x -a '(__zl_words all)' -d 'one of its vCPUs'
complete -c zl -n '__zl_in sched-rtds' -s p -l period -x -d 'its period'
complete -c zl -n '__zl_in sched-rtds' -s b -l budget -x -d 'what it gets of each'
complete -c zl -n '__zl_in sched-rtds' -s e -l extratime -x -a '(__zl_words 0,1)' -d 'whether it may get more'
complete -c zl -n '__zl_in sched-rtds' -s c -l cpupool -x -a '(__zl_words @pools)' -d 'the CPU pool'
complete -c zl -n '__zl_in ""' -a sharing -d 'list memory that domains share'
complete -c zl -n '__zl_in ""' -a vcpu-list -d 'list virtual CPUs'
complete -c zl -n '__zl_in ""' -a vcpu-pin -d 'choose the CPUs of a virtual CPU'
complete -c zl -n '__zl_in vcpu-pin' -s f -l force -d 'also where a temporary affinity holds'
complete -c zl -n '__zl_in ""' -a vcpu-set -d 'ask a guest to have N virtual CPUs online'
complete -c zl -n '__zl_in vcpu-set' -l wait -d 'wait until the guest has done it'
complete -c zl -n '__zl_in vcpu-set' -l timeout -x -d 'upper bound of the waiting'
complete -c zl -n '__zl_in ""' -a check -d 'test whether this host can run guests'
complete -c zl -n '__zl_in check' -l repair -d 'remove what gone domains and half-made changes left'
complete -c zl -n '__zl_in ""' -a completion -d 'print a completion script for the shell'
complete -c zl -n '__zl_in ""' -a debug-keys -d 'press debug keys of the hypervisor'
complete -c zl -n '__zl_in ""' -a dmesg -d 'print the hypervisor'\''s messages'
complete -c zl -n '__zl_in dmesg' -s c -l clear -d 'empty the buffer after reading'
complete -c zl -n '__zl_in dmesg' -s f -l follow -d 'go on with new lines until interrupted'
complete -c zl -n '__zl_in dmesg' -s T -l time -d 'seconds since the start, and the level, of each line'
complete -c zl -n '__zl_in dmesg' -s l -l level -x -d 'only error, or also warning, info, debug'
complete -c zl -n '__zl_in ""' -a help -d 'print help'
complete -c zl -n '__zl_in help' -l long -d 'all commands and global options'
complete -c zl -n '__zl_in help' -l man -x -d 'the source of a manual page, as zl.1'
complete -c zl -n '__zl_in ""' -a info -d 'print facts about host and hypervisor'
complete -c zl -n '__zl_in info' -s s -l field -x -d 'print one field'\''s value alone'
complete -c zl -n '__zl_in info' -s n -l numa -d 'also CPUs and memory by NUMA node'
complete -c zl -n '__zl_in info' -s x -l extended -d 'also the CPU pools, their schedulers, and the store'\''s figures'
complete -c zl -n '__zl_in ""' -a report -d 'draw what domains use as an HTML page'
complete -c zl -n '__zl_in report' -s o -l output -x -a '(__zl_words @files)' -d 'the page; - for stdout'
complete -c zl -n '__zl_in report' -s i -l interval -x -d 'time between two looks (2)'
complete -c zl -n '__zl_in report' -s n -l count -x -d 'how many intervals (30)'
complete -c zl -n '__zl_in report' -l from -x -a '(__zl_words @files)' -d 'draw a recording of zl stats --watch --format=json'
complete -c zl -n '__zl_in ""' -a set-parameters -d 'set parameters of the running hypervisor'
complete -c zl -n '__zl_in ""' -a stats -d 'print counters of domains and host'
complete -c zl -n '__zl_in stats' -s w -l watch -x -d 'again every SEC seconds until interrupted'
complete -c zl -n '__zl_in stats' -s n -l count -x -d 'with --watch: end after N times'
complete -c zl -n '__zl_in stats' -l format -x -d 'table, json or prometheus'
complete -c zl -n '__zl_in stats' -l http -d 'answer an HTTP request on stdin with Prometheus text'
complete -c zl -n '__zl_in ""' -a top -d 'watch what domains use'
complete -c zl -n '__zl_in top' -s b -l batch -d 'print text, block after block'
complete -c zl -n '__zl_in top' -s d -l delay -x -d 'time between two looks (3)'
complete -c zl -n '__zl_in top' -s i -l iterations -x -d 'end after N blocks'
complete -c zl -n '__zl_in top' -s n -l networks -d 'a line for each network device'
complete -c zl -n '__zl_in top' -s x -l vbds -d 'a line for each disk'
complete -c zl -n '__zl_in top' -s r -l repeat-header -d 'the header above each domain'
complete -c zl -n '__zl_in top' -s v -l vcpus -d 'the virtual CPUs of each domain'
complete -c zl -n '__zl_in top' -s f -l full-name -d 'do not cut names'
complete -c zl -n '__zl_in top' -s p -l pcpus -d 'a line for each CPU of the host'
complete -c zl -n '__zl_in top' -s z -l dom0-first -d 'the control domain first'
complete -c zl -n '__zl_in ""' -a trace -d 'record what domains come to the hypervisor for'
complete -c zl -n '__zl_in trace' -s e -l events -x -d 'start: only these, by commas (all)'
complete -c zl -n '__zl_in trace' -s s -l size -x -d 'start: memory for each CPU (256K, 1M at most)'
complete -c zl -n '__zl_in trace' -s o -l output -x -a '(__zl_words @files)' -d 'dump, stop: where to; - for stdout'
complete -c zl -n '__zl_in trace' -l summary -d 'report: sums by domain and event'
complete -c zl -n '__zl_in ""' -a version -d 'print the versions of zl and of the hypervisor'
