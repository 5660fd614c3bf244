import {policies} from './policies.ts';

/**
 * Joins the networks that one environment has on several hosts, and keeps everyone else out. Each host's part is a file
 * of lines in /var/lib/niyanta/overlays, named after the bridge; devices and rules are made from it, again after a
 * reboot. One VXLAN device an environment, which learns nothing and floods nothing: for each peer there is one route,
 * one neighbour and one forwarding entry, so that a packet goes to the one host that has the address. Idempotent.
 */
export const overlay = String.raw`#!/bin/sh
# niyanta: overlay connect|disconnect BRIDGE | overlay boot | overlay status
set -u
overlays=/var/lib/niyanta/overlays
nets=/var/lib/niyanta/networks
run=/run/niyanta

read_file() { # BRIDGE: sets subnet, mtu, device, vni, local, mac, port; and peers, a line each: HOST ADDRESS SUBNET MAC
  subnet= mtu=1450 proxy= device= vni= local= mac= port= peers= pending=
  while read -r key one two three four five; do
    case $key in
      subnet) subnet=$one ;;
      mtu) mtu=$one ;;
      proxy) proxy=1 ;;
      vxlan) device=$one vni=$two local=$three mac=$four port=$five ;;
      peer) peers="$peers$one $two $three $four
" ;;
      pending) pending=1 ;;
    esac
  done <"$overlays/$1"
}

# The device is made anew only where something of it differs that cannot be changed.
make_device() {
  shown=$(ip -d -o link show dev "$device" 2>/dev/null) || shown=
  case "$shown" in
    *" vxlan id $vni local $local "*" dstport $port nolearning "*) stale_entries ;;
    *)
      [ -z "$shown" ] || echo "link del $device"
      echo "link add $device address $mac mtu $mtu type vxlan id $vni dstport $port local $local nolearning"
      ;;
  esac
  echo "link set $device address $mac mtu $mtu up"
  # From this address its proxy asks containers on other hosts, which let their own network in; without, nobody here does.
  if [ -n "$proxy" ]; then echo "addr replace \${subnet%.*}.1/32 dev $device"; else echo "addr flush dev $device"; fi
  while read -r host address to lladdr; do
    [ -z "$host" ] || printf '%s\n' "neigh replace \${to%/*} lladdr $lladdr dev $device nud permanent" "route replace $to via \${to%/*} dev $device onlink"
  done <<END
$peers
END
}

# What was there before goes, unless a peer still has it.
stale_entries() {
  ip -4 neigh show dev "$device" nud permanent | while read -r to rest; do
    case "$peers" in *" $to/24 "*) ;; *) echo "neigh del $to dev $device" ;; esac
  done
  ip -4 route show dev "$device" | while read -r to rest; do
    case "$peers" in *" $to "*) ;; *) echo "route del $to dev $device" ;; esac
  done
}

# Where each peer's packets go. One address a MAC: to "replace" it is to change it.
forwarding() {
  bridge fdb show dev "$device" | while read -r lladdr rest; do
    case "$peers" in *" $lladdr
"*) ;; *) echo "fdb del $lladdr dev $device" ;; esac
  done
  while read -r host address to lladdr; do
    [ -z "$host" ] || echo "fdb replace $lladdr dev $device dst $address"
  done <<END
$peers
END
}

up() { # BRIDGE
  read_file "$1"
  other=nv\${1#ny}
  if [ -n "$device" ]; then
    make_device | ip -batch - && forwarding | bridge -batch - || return 1
    # Only IPv4 goes through it; the kernel shall not look for IPv6 neighbours there.
    { echo 1 >"/proc/sys/net/ipv6/conf/$device/disable_ipv6"; } 2>/dev/null
  elif [ -e "/sys/class/net/$other" ]; then ip link del "$other"
  fi
}

# Containers that run take the size of a smaller link with them; those that are made anew, too.
resize() { # BRIDGE
  read -r now 2>/dev/null <"/sys/class/net/$1/mtu" || now=$mtu
  for file in "$nets"/*/bridge; do
    [ -e "$file" ] || continue
    read -r bridge rest <"$file"
    [ "$bridge" = "$1" ] || continue
    net=\${file%/bridge}
    read -r json 2>/dev/null <"$net/bridge.json" || continue
    case "$json" in
      *'"mtu":'$mtu,*) [ "$now" = "$mtu" ] && continue ;;
      *'"mtu":'*) sed -i 's/"mtu":[0-9]*/"mtu":'"$mtu/" "$net/bridge.json" ;;
      *'"type":"bridge"'*) sed -i 's/"type":"bridge"/"type":"bridge","mtu":'"$mtu/" "$net/bridge.json" ;;
    esac
    ip -n "\${net##*/}" link set eth0 mtu "$mtu" 2>/dev/null
  done
  for link in "/sys/class/net/$1/brif"/*; do
    [ -e "$link" ] || continue
    ip link set "\${link##*/}" mtu "$mtu"
  done
  [ ! -e "/sys/class/net/$1" ] || ip link set "$1" mtu "$mtu"
}

${policies}
rules() { # what iptables-restore reads: our chains of all environments, whole
  echo '*filter'
  echo ':NIYANTA-FORWARD - [0:0]'
  echo ':NIYANTA-INPUT - [0:0]'
  for bridge in $guarded; do read_file "$bridge"; guards "$bridge"; done
  for file in "$overlays"/ny*; do
    [ -e "$file" ] || continue
    bridge=\${file##*/}
    case $bridge in *.new) continue ;; esac
    read_file "$bridge"
    # Into the network: answers, neighbours, published ports, and containers of the same environment elsewhere.
    echo "-A NIYANTA-FORWARD -o $bridge -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    echo "-A NIYANTA-FORWARD -i $bridge -o $bridge -j ACCEPT"
    echo "-A NIYANTA-FORWARD -o $bridge -m conntrack --ctstate DNAT -j ACCEPT"
    printf %s "$peers" | while read -r host address to lladdr; do
      echo "-A NIYANTA-FORWARD -s $to -i $device -o $bridge -j ACCEPT"
      echo "-A NIYANTA-FORWARD -s $subnet -d $to -i $bridge -o $device -j ACCEPT"
      echo "-A NIYANTA-INPUT -s $address -p udp -m udp --dport $port -j ACCEPT"
    done
    echo "-A NIYANTA-FORWARD -o $bridge -j DROP"
    if [ -n "$device" ]; then
      echo "-A NIYANTA-FORWARD -o $device -j DROP"
      echo "-A NIYANTA-FORWARD -i $device -j DROP"
      [ -z "$proxy" ] || echo "-A NIYANTA-INPUT -i $device -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
      echo "-A NIYANTA-INPUT -i $device -j DROP"
      closed=$port
    fi
    outward="\${outward:-}-A NIYANTA-FORWARD -i $bridge ! -o ny+ -j ACCEPT
"
  done
  if [ -n "\${closed:-}" ]; then
    # A container's packet to another host would come there with this host's address, as a peer's.
    echo "-A NIYANTA-FORWARD -i ny+ -p udp -m udp --dport $closed -j DROP"
    echo "-A NIYANTA-INPUT -p udp -m udp --dport $closed -j DROP"
  fi
  # Last: by now every network that is not its own was refused.
  printf %s "\${outward:-}"
  jump FORWARD; jump INPUT
  echo COMMIT
  echo '*nat'
  echo ':NIYANTA-POSTROUTING - [0:0]'
  # Between hosts of an environment addresses stay as they are.
  echo '-A NIYANTA-POSTROUTING -o nv+ -j ACCEPT'
  jump POSTROUTING
  echo COMMIT
}

jump() { # CHAIN: to ours first, unless it is there
  case "$now" in
    *"-A $1 -j NIYANTA-$1
"*) ;;
    *) echo "-I $1 1 -j NIYANTA-$1" ;;
  esac
}

ours() {
  iptables-save 2>/dev/null | grep -e '^-A NIYANTA-' -e ' -j NIYANTA-'
  [ ! -e $run/guarded ] || ip6tables-save 2>/dev/null | grep -e '^-A NIYANTA-' -e ' -j NIYANTA-'
}

firewall() {
  now="$(iptables-save 2>/dev/null)
"
  guarded=
  for file in "$overlays"/ny*; do
    case $file in *.new) continue ;; esac
    [ ! -e "$file" ] || ! guarded "\${file##*/}" || guarded="$guarded \${file##*/}"
  done
  [ -z "$guarded" ] || watch_bridged || return 1
  firewall6 "$guarded" || return 1
  if [ -n "$guarded" ]; then : >$run/guarded; else rm -f $run/guarded; fi
  if ! ls "$overlays"/ny* >/dev/null 2>&1; then open_up; return 0; fi
  answer=$(rules | iptables-restore --wait --noflush 2>&1) || { echo "overlay: cannot set the rules of the firewall: $answer" >&2; return 1; }
  case "$now" in *":NIYANTA-"[0-9a-f]*) forget_chains ;; esac
  ours >$run/firewall
}

open_up() { # nothing of ours stays when no network does
  for chain in FORWARD INPUT; do
    iptables -w -D $chain -j NIYANTA-$chain && iptables -w -F NIYANTA-$chain && iptables -w -X NIYANTA-$chain
  done 2>/dev/null
  forget_chains
  { iptables -w -t nat -D POSTROUTING -j NIYANTA-POSTROUTING && iptables -w -t nat -F NIYANTA-POSTROUTING &&
    iptables -w -t nat -X NIYANTA-POSTROUTING; } 2>/dev/null
  rm -f $run/firewall
}

wrong() { # BRIDGE: what of it is not as its file says, a line each
  ! guarded "$1" || sees_bridged || echo "$1 packets on the bridge pass by the firewall"
  if [ -n "$device" ]; then
    case "$seen" in
      *" $device: "*" link/ether $mac "*" vxlan id $vni local $local "*" dstport $port "*"nolearning "*) ;;
      *" $device: "*) echo "$1 device $device was changed" ;;
      *) echo "$1 device $device is missing"; return ;;
    esac
    read -r now 2>/dev/null <"/sys/class/net/$device/mtu"
    [ "$now" = "$mtu" ] || echo "$1 MTU of $device is $now"
    expected=0
    while read -r host address to lladdr; do
      [ -n "$host" ] || continue
      expected=$((expected + 3))
      case "$seen" in *"$to via \${to%/*} dev $device "*) ;; *) echo "$1 route to $host is missing" ;; esac
      case "$seen" in *"
\${to%/*} dev $device lladdr $lladdr "*) ;; *) echo "$1 neighbour $host is missing" ;; esac
      case "$seen" in *"$lladdr dev $device dst $address "*) ;; *) echo "$1 forwarding to $host is missing" ;; esac
    done <<END
$peers
END
    found=0
    while read -r line; do
      case "$line" in *" via "*" dev $device "* | *" dev $device lladdr "* | *" dev $device dst "*) found=$((found + 1)) ;; esac
    done <<END
$seen
END
    [ $found -le $expected ] || echo "$1 device $device has entries that nobody asked for"
  fi
  for link in "/sys/class/net/$1/brif"/*; do
    # A bridge that nobody is on has no size of its own.
    [ -e "$link" ] || continue
    read -r now <"/sys/class/net/$1/mtu"
    [ "$now" = "$mtu" ] || echo "$1 MTU of $1 is $now"
    break
  done
}

status() {
  set -- "$overlays"/ny*
  [ -e "$1" ] || return 0
  seen=$(printf 'link show type vxlan\nneigh show nud permanent\nroute show\n' | ip -4 -d -o -batch - 2>/dev/null; bridge fdb show 2>/dev/null)
  [ "$(ours)" = "$(cat $run/firewall 2>/dev/null)" ] && open= || open=1
  for file; do
    bridge=\${file##*/}
    case $bridge in *.new) continue ;; esac
    read_file "$bridge"
    wrong "$bridge"
    [ -z "$open" ] || echo "$bridge rules of the firewall were changed"
  done
}

locked() { # COMMAND ARGUMENT…: one at a time
  [ -d $run ] || mkdir -p $run
  ( flock 9; "$@" ) 9>$run/overlay.lock
}

connect() { # BRIDGE, its file on standard input
  mkdir -p $overlays
  # Pending until all of it is done, so that the next look finds what was cut short.
  { cat; echo pending; } >"$overlays/$1.new" && mv -f "$overlays/$1.new" "$overlays/$1" || return 1
  firewall && up "$1" && resize "$1" || return 1
  grep -v '^pending$' "$overlays/$1" >"$overlays/$1.new" && mv -f "$overlays/$1.new" "$overlays/$1"
}

disconnect() { # BRIDGE
  rm -f "$overlays/$1" "$overlays/$1.new"
  other=nv\${1#ny}
  if [ -e "/sys/class/net/$other" ]; then ip link del "$other"; fi
  firewall
}

boot() {
  failed=0
  firewall || failed=1
  for file in "$overlays"/ny*; do
    [ -e "$file" ] || continue
    bridge=\${file##*/}
    case $bridge in *.new) rm -f "$file"; continue ;; esac
    up "$bridge" || failed=1
  done
  return $failed
}

case "$1" in
  connect) locked connect "$2" ;;
  disconnect) locked disconnect "$2" ;;
  boot) locked boot ;;
  status) status ;;
  *)
    echo "usage: overlay connect|disconnect BRIDGE, overlay boot, overlay status" >&2
    exit 64
    ;;
esac
`.replaceAll('\\${', '${');
