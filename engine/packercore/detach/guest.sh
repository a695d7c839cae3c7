# The half of package detach that runs on a guest with a POSIX shell. It is sent to /bin/sh on its standard input,
# between braces, so that one which is cut on the way does nothing at all. These are set before it:
#
#   mode   start, follow, kill or forget
#   id     of the command; its directory is .ingot-$id
#   old    ids of commands whose directories are not needed any more
#   o, e   how many bytes of standard output and error have arrived
#   cmd    the command line
#   known  the boot id that the guest had when the command was started; empty in mode start
#   beat   centiseconds between two signs of life
#   magic  what the answer begins with; before it, a login shell may have said anything

boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)

# place finds the directory of a command: $d. Its name begins with a dot, so that a step that empties /tmp does not take
# it away.
place() {
	for d in /var/tmp /tmp "$HOME"; do
		d=$d/.ingot-$1
		[ -d "$d" ] && return 0
	done
	return 1
}

# The supervisor, in a session of its own, has the command write into pipes and not into files: what opens /dev/stderr
# again would empty a file. It runs the command in the foreground, since a shell has its background processes ignore
# SIGINT. Where the machine goes down, both are told to end, and then there must not be an exit code: hence the trap,
# and the moment after a death by signal. Pipes that the command has handed on to something that stays in the background
# are not waited for longer than they are in use.
super='
	mkdir "$1/run" 2>/dev/null || exit 0
	trap "exit 0" TERM
	trap : USR1
	mkfifo "$1/to" "$1/te"
	: >"$1/o"
	: >"$1/e"
	exec 9>"$1/exit"
	cat <"$1/to" >"$1/o" 9>&- & a=$!
	cat <"$1/te" >"$1/e" 9>&- & b=$!
	echo "$$ $4" >"$1/pid"
	(exec setsid /bin/sh -c "$3" ingot "$1" "$2" </dev/null >"$1/to" 2>"$1/te" 9>&-) # or dash tells of its death there
	x=$?
	[ $x -le 128 ] || [ $x -gt 192 ] || sleep 1
	(
		exec 9>&-
		while n=$(wc -c <"$1/o")-$(wc -c <"$1/e"); [ "$n" != "$m" ]; do m=$n; sleep 1; done
		kill -USR1 $$
	) & w=$!
	wait $a && wait $b
	kill $w 2>/dev/null
	echo $x >&9
'

# inner becomes the command, run by the login shell as sshd runs it: by the last part of its name, which is in what a
# shell complains of. The login shell has read its profile already, before this, and bash would read it twice where it
# is not told by its level.
inner='
	echo $$ >"$1/cmd"
	[ -z "$SHLVL" ] || SHLVL=1
	s=${SHELL:-/bin/sh}
	[ "$(command -v "${s##*/}")" -ef "$s" ] && s=${s##*/}
	exec "$s" -c "$2"
'

# skip moves a file descriptor on by some bytes.
skip() {
	[ "$2" -gt 0 ] || return 0
	dd bs=65536 skip=$(($2 / 65536)) count=0 <&"$1" 2>/dev/null
	[ $(($2 % 65536)) -eq 0 ] || dd bs=$(($2 % 65536)) count=1 <&"$1" >/dev/null 2>&1
}

nap() {
	case $1 in ?) sleep ".0$1" ;; *) sleep ".$1" ;; esac 2>/dev/null || sleep 1
	t=$((t + $1))
}

# attach opens the files of the command, before it begins. They stay open, so that nothing is lost when a step removes
# them.
attach() {
	for x in o e exit pid; do : >>"$d/$x"; done
	exec 3<"$d/o" 4<"$d/e" 5<"$d/exit" 6<"$d/pid"
}

# follow tells what there is from $o and $e on, until the command has ended.
follow() {
	t=0
	until read -r sup was <&6; do
		[ $t -lt 1000 ] || { echo "g start"; return; }
		nap 2
	done
	echo "s ${was:--}"
	f3=/proc/self/fd/3 f4=/proc/self/fd/4
	[ -e /proc/self/fd/0 ] || f3=$d/o f4=$d/e
	skip 3 "$o"
	skip 4 "$e"
	w=1 t=0 c='' gone=''
	while :; do
		# In this order: what there is after the end was seen is all that there will be.
		[ -n "$c$gone" ] || read -r c <&5
		if [ -z "$c$gone" ]; then
			if [ "$was" != "$boot" ]; then gone=reboot; elif ! kill -0 "$sup" 2>/dev/null; then gone=killed; fi
			[ -z "$gone" ] || { nap 20; read -r c <&5; } # what is in the pipes still comes
		fi
		n=$(($(wc -c <$f3) - o)) m=$(($(wc -c <$f4) - e))
		[ $n -le 1048576 ] || n=1048576
		[ $m -le 1048576 ] || m=1048576
		[ $n -le 0 ] || { echo "o $n"; dd bs=$n count=1 <&3 2>/dev/null; o=$((o + n)); }
		[ $m -le 0 ] || { echo "e $m"; dd bs=$m count=1 <&4 2>/dev/null; e=$((e + m)); }
		case $n,$m in
		0,0)
			[ -z "$c" ] || { echo "x $c"; return; }
			[ -z "$gone" ] || { echo "g $gone"; return; }
			nap $w
			[ $w -ge 50 ] || w=$((w * 2))
			;;
		*1048576*) continue ;;
		*)
			w=5
			[ -n "$c$gone" ] || nap $w
			;;
		esac
		[ $t -lt "$beat" ] || { echo b; t=0; }
	done
}

# end ends all that the command has started, or says that it cannot.
end() {
	read -r p <"$d/cmd" && for s in TERM TERM KILL; do
		kill -$s "-$p" 2>/dev/null
		sudo -n kill -$s "-$p" 2>/dev/null # what runs as root
		for i in 1 2 3 4 5 6 7 8 9 10; do
			sudo -n kill -0 "-$p" 2>/dev/null || kill -0 "-$p" 2>/dev/null || break 2
			sleep .1 2>/dev/null || sleep 1
		done
	done
	read -r sup was <"$d/pid" && kill -KILL "$sup" 2>/dev/null
}

echo
echo "$magic"
for x in $old; do place "$x" && rm -rf "$d"; done
case $mode in
start)
	if [ -t 0 ] || [ -t 1 ]; then
		echo "n it has a terminal (ssh_pty)"
		exit 0
	fi
	for x in setsid mkfifo dd wc; do
		command -v $x >/dev/null || { echo "n it has no $x"; exit 0; }
	done
	place "$id" || for d in /var/tmp /tmp "$HOME" ''; do
		d=$d/.ingot-$id
		(umask 077; mkdir "$d") 2>/dev/null && break
	done
	[ -w "$d" ] || { echo "n none of /var/tmp, /tmp and the home directory can be written to"; exit 0; }
	attach
	if [ -d "$d/run" ]; then
		follow
	else
		setsid /bin/sh -c "$super" ingot "$d" "$cmd" "$inner" "$boot" </dev/null >/dev/null 2>&1 3<&- 4<&- 5<&- 6<&- | follow
	fi
	;;
follow)
	if place "$id"; then attach && follow; elif [ "$known" != "$boot" ]; then echo "g reboot"; else echo "g removed"; fi
	;;
kill)
	place "$id" && end && rm -rf "$d"
	echo k
	;;
forget) echo k ;;
esac
