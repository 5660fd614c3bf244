/**
 * Part of the toolkit's `overlay`: who of an environment may talk to whom, and to the outside, as rules of iptables
 * about addresses. A chain a closed service, which only those who are let in leave; and one for who stays inside.
 */
export const policies = String.raw`
guarded() { grep -q '^policy ' "$overlays/$1"; } # BRIDGE

guards() { # BRIDGE, as read: what iptables-restore reads of its policies; before all else that it reads
  own=NIYANTA-\${1#ny} n=0 closed= inside=
  while read -r key one two three; do
    case $key in
      policy)
        [ -z "$closed" ] || echo "-A $own-$n -j DROP"
        n=$((n + 1)) egress=$two closed=
        [ "$three" = open ] || { closed=1; entrance "$own-$n"; }
        [ "$egress" = any ] || [ -n "$inside" ] || { inside=1; exits "$1" "$own-out"; }
        ;;
      at)
        [ -z "$closed" ] || echo "-A NIYANTA-FORWARD -d $one/32 -i $1 -o $1 -j $own-$n"
        [ -z "$closed" ] || [ -z "$device" ] || echo "-A NIYANTA-FORWARD -d $one/32 -i $device -o $1 -j $own-$n"
        if [ "$egress" = none ]; then
          echo "-A NIYANTA-FORWARD -s $one/32 -i $1 -j $own-out"
          echo "-A NIYANTA-INPUT -s $one/32 -i $1 -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP"
        fi
        ;;
      from) echo "-A $own-$n -s $one/32 -j RETURN" ;;
    esac
  done <"$overlays/$1"
  [ -z "$closed" ] || echo "-A $own-$n -j DROP"
}

entrance() { # CHAIN: answers, and what hosts of the environment themselves send
  echo ":$1 - [0:0]"
  echo "-A $1 -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"
  printf %s "$peers" | while read -r host address to lladdr; do echo "-A $1 -s \${to%.*}.1/32 -j RETURN"; done
}

exits() { # BRIDGE CHAIN: answers, and the environment's own containers
  echo ":$2 - [0:0]"
  echo "-A $2 -m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY -j RETURN"
  echo "-A $2 -o $1 -j RETURN"
  [ -z "$device" ] || echo "-A $2 -o $device -j RETURN"
  echo "-A $2 -j DROP"
}

# Networks have no IPv6 but the addresses that each link gives itself: nobody may go around the rules by them.
guards6() {
  echo '*filter'
  echo ':NIYANTA-FORWARD - [0:0]'
  echo ':NIYANTA-INPUT - [0:0]'
  for bridge in $1; do
    echo "-A NIYANTA-FORWARD -i $bridge -j DROP"
    echo "-A NIYANTA-INPUT -i $bridge -j DROP"
  done
  for chain in FORWARD INPUT; do
    case "$now6" in *"-A $chain -j NIYANTA-$chain
"*) ;; *) echo "-I $chain 1 -j NIYANTA-$chain" ;; esac
  done
  echo COMMIT
}

bridged=/proc/sys/net/bridge

sees_bridged() { # whether packets between containers on one bridge pass the firewall
  for setting in bridge-nf-call-iptables bridge-nf-call-ip6tables; do
    passes=
    # The kernel gives such a file in one piece: what "read" takes for its early end is no failure.
    { read -r passes <$bridged/$setting; } 2>/dev/null
    [ "$passes" = 1 ] || return 1
  done
}

watch_bridged() {
  sees_bridged && return 0
  [ -d $bridged ] || modprobe br_netfilter 2>/dev/null
  { echo 1 >$bridged/bridge-nf-call-iptables; echo 1 >$bridged/bridge-nf-call-ip6tables; } 2>/dev/null
  sees_bridged && return 0
  echo "overlay: this kernel lacks br_netfilter, without which network.from and network.egress of services cannot be kept" >&2
  return 1
}

firewall6() { # BRIDGE…: of those that have policies
  [ -d /proc/sys/net/ipv6 ] || return 0
  now6="$(ip6tables-save 2>/dev/null)
"
  if [ -z "$1" ]; then
    case "$now6" in *NIYANTA-*) ;; *) return 0 ;; esac
    for chain in FORWARD INPUT; do
      ip6tables -w -D $chain -j NIYANTA-$chain && ip6tables -w -F NIYANTA-$chain && ip6tables -w -X NIYANTA-$chain
    done 2>/dev/null
    return 0
  fi
  answer=$(guards6 "$1" | ip6tables-restore --wait --noflush 2>&1) || { echo "overlay: cannot set the rules of the firewall: $answer" >&2; return 1; }
}

forget_chains() { # chains of services that are closed no more
  iptables-save 2>/dev/null | sed -n 's/^:\(NIYANTA-[0-9a-f]*-[0-9out]*\) .*/\1/p' | while read -r chain; do
    iptables-save 2>/dev/null | grep -q -e " -j $chain\$" || { iptables -w -F "$chain"; iptables -w -X "$chain"; } 2>/dev/null
  done
}
`;
