/**
 * Brings the network of a container up and down from the configurations that stand in its folder (CNI spec 0.4): the
 * link by ip(8), published ports by the CNI plugin. A named namespace outlives the container's restarts, containerd's too. Idempotent.
 */
export const network = String.raw`#!/bin/sh
# niyanta: network up|down|unpublish|rejoin|rules ID | network name ID PID | network boot
set -u
nets=/var/lib/niyanta/networks
plugins=/usr/lib/cni
[ -x $plugins/portmap ] || plugins=/opt/cni/bin
lock=/run/niyanta/network.lock
[ -d /run/niyanta ] || mkdir -p /run/niyanta

cni() { # COMMAND PLUGIN ID
  CNI_COMMAND=$1 CNI_CONTAINERID=$3 CNI_NETNS=/run/netns/$3 CNI_IFNAME=eth0 CNI_PATH=$plugins \
    "$plugins/$2" <"$nets/$3/$2.json" 2>&1
}

why() { # ANSWER: what a plugin says, as one line
  printf '%s' "$1" | tr '\n\t' '  ' | sed 's/.*"msg": *"\(.*\)"[^"]*$/\1/; s/\\"/"/g'
}

# Whoever leaves a network for the outside does so with the host's address: one rule a network. (The plugin's ipMasq
# is a chain a container, and seven calls of iptables.)
masquerade() { # -C|-A|-D BRIDGE SUBNET
  iptables -w -t nat "$1" POSTROUTING -s "$3" ! -d 224.0.0.0/4 ! -o "$2" -m comment --comment "niyanta $2" -j MASQUERADE 2>&1
}

masqueraded() { # BRIDGE SUBNET
  masquerade -C "$1" "$2" >/dev/null || masquerade -A "$1" "$2"
}

sweep() { # BRIDGE SUBNET: gone when nobody is on it, since its address may be another environment's next time
  # Workloads' bridges stay: they are nobody else's, and jobs come and go.
  case $1 in nyw*) return 0 ;; esac
  [ -d "/sys/class/net/$1/brif" ] || return 0
  for port in "/sys/class/net/$1/brif"/*; do [ -e "$port" ] && return 0; done
  ip link del "$1" 2>/dev/null
  masquerade -D "$1" "$2" >/dev/null
  return 0
}

wanted() { # ID: sets bridge, subnet, cidr, gateway, mac and mtu, and link, the name of its end on the host
  read -r bridge subnet <"$nets/$1/bridge" && read -r json <"$nets/$1/bridge.json" || return 1
  cidr=\${json#*'"address":"'} gateway=\${json#*'"gateway":"'} mac=\${json#*'"mac":"'} mtu=
  cidr=\${cidr%%'"'*} gateway=\${gateway%%'"'*} mac=\${mac%%'"'*}
  case "$json" in *'"mtu":'*) mtu=\${json#*'"mtu":'} mtu="mtu \${mtu%%[!0-9]*}" ;; esac
  link=$(IFS=:; set -- $mac; echo "ne$3$4$5$6")
}

# What the bridge plugin does, in one process on the host's side and one in the namespace: it takes three times as long.
connect() { # ID, as wanted
  if [ ! -e "/sys/class/net/$bridge" ]; then
    # An address of its own: else it would take that of a port, another one whenever ports come and go.
    (IFS=.; set -- $gateway; printf 'link add %s address 02:6e:%02x:%02x:%02x:%02x type bridge\n' "$bridge" "$1" "$2" "$3" "$4") | ip -batch - 2>&1 || return 1
    echo 1 >/proc/sys/net/ipv4/ip_forward
  fi
  [ ! -e "/sys/class/net/$link" ] || ip link del "$link"
  # Jobs do not know each other: their links reach the host, not their neighbours.
  case $bridge in nyw*) apart="isolated on" ;; *) apart= ;; esac
  ip -batch - <<end 2>&1 || return 1
addr replace $gateway/\${subnet#*/} brd + dev $bridge
link set $bridge up
link add $link $mtu type veth peer name eth0 address $mac $mtu netns $1
link set $link master $bridge up
link set $link type bridge_slave hairpin on $apart
end
  ip -n "$1" -batch - <<end 2>&1
link set lo up
addr add $cidr brd + dev eth0
link set eth0 up
route add default via $gateway dev eth0
end
}

is_up() { # ID: the namespace is there and has its address
  [ -e "/run/netns/$1" ] || return 1
  read -r address <"$nets/$1/address" || return 1
  case "$(ip -n "$1" -4 -o addr show dev eth0 up 2>/dev/null)" in
    *" $address/"*) return 0 ;;
  esac
  return 1
}

forget() { # ID: takes everything away, whatever of it there is
  [ -f "$nets/$1/portmap.json" ] && cni DEL portmap "$1" >/dev/null
  if [ -e "/run/netns/$1" ]; then
    # The namespace may be held by a process: its link goes now.
    ip -n "$1" link del eth0 2>/dev/null
    ip netns del "$1" 2>/dev/null || { umount "/run/netns/$1" 2>/dev/null; rm -f "/run/netns/$1"; }
  fi
  return 0
}

join() { # ID: a namespace with eth0 on the bridge; sets $fresh when it was made anew
  fresh=
  is_up "$1" && return 0
  [ -e "/run/netns/$1" ] && forget "$1"
  fresh=1
  wanted "$1" && ip netns add "$1" || return 1
  # Who came first on a bridge saw to its masquerading; asking iptables each time is a sixth of all this.
  answer=$(flock 9; sweep "$bridge" "$subnet"; [ -e "/sys/class/net/$bridge" ] && old=1 || old=; connect "$1" && { [ -n "$old" ] || masqueraded "$bridge" "$subnet"; }) 9>"$lock" && return 0
  echo "network: cannot connect $1: $(why "$answer")" >&2
  forget "$1"
  return 1
}

# A port is one container's: two environments may have planned for it at the same moment, and the first rule would win.
claim() { # ID: says who has one of its ports; else they are its own from now on
  asked=$(tr '{' '\n' <"$nets/$1/portmap.json" | sed -n 's/^"hostPort":\([0-9]*\),"containerPort":[0-9]*,"protocol":"\([a-z]*\)"\(,"hostIP":"\([^"]*\)"\)\{0,1\}.*/\1 \2 \4/p')
  for file in "$nets"/*/published; do
    other=\${file%/published} other=\${other##*/}
    [ -e "$file" ] && [ "$other" != "$1" ] || continue
    case $other in workload.*) ;; *) [ -e "/var/lib/niyanta/containers/$other.json" ] || continue ;; esac
    while read -r port protocol address; do
      while read -r own kind at; do
        [ "$own/$kind" = "$port/$protocol" ] || continue
        [ -z "$at" ] || [ -z "$address" ] || [ "$at" = "$address" ] || continue
        echo "port $port/$protocol of this host is published by $other"
        return 1
      done <<END
$asked
END
    done <"$file"
  done
  printf '%s\n' "$asked" >"$nets/$1/published"
}

publish() { # ID: its ports on the host; done anew when it was up before, since its rules may be there
  if [ -e "$nets/$1/unpublished" ]; then rm -f "$nets/$1/unpublished"; fi
  [ -f "$nets/$1/portmap.json" ] || return 0
  answer=$(flock 9; claim "$1") 9>"$lock" || { echo "network: $answer" >&2; return 1; }
  [ -n "$fresh" ] || cni DEL portmap "$1" >/dev/null
  answer=$(cni ADD portmap "$1") && return 0
  echo "network: cannot publish the ports of $1: $(why "$answer")" >&2
  return 1
}

name() { # ID PID: gives the namespace of a running container its name back
  [ "/proc/$2/ns/net" -ef "/run/netns/$1" ] && return 0
  umount "/run/netns/$1" 2>/dev/null
  rm -f "/run/netns/$1"
  ip netns attach "$1" "$2"
}

rejoin() { # ID: a new link for the namespace that there is; its address and its ports stay as they are
  wanted "$1" || return 1
  ip -n "$1" link del eth0 2>/dev/null
  answer=$(flock 9; sweep "$bridge" "$subnet"; connect "$1" && masqueraded "$bridge" "$subnet") 9>"$lock" && return 0
  echo "network: cannot connect $1: $(why "$answer")" >&2
  return 1
}

rules() { # ID: what the host translates for it
  read -r bridge subnet <"$nets/$1/bridge" || return 1
  fresh=
  masqueraded "$bridge" "$subnet" && publish "$1"
}

case "$1" in
  up) join "$2" && publish "$2" ;;
  name) name "$2" "$3" ;;
  rejoin) rejoin "$2" ;;
  rules) rules "$2" ;;
  unpublish)
    [ -d "$nets/$2" ] || exit 0
    : >"$nets/$2/unpublished"
    rm -f "$nets/$2/published"
    if [ -f "$nets/$2/portmap.json" ]; then cni DEL portmap "$2" >/dev/null; fi
    exit 0
    ;;
  down)
    bridge=
    if [ -r "$nets/$2/bridge" ]; then read -r bridge subnet <"$nets/$2/bridge"; fi
    forget "$2" && rm -rf "$nets/$2"
    if [ -n "$bridge" ]; then (flock 9; sweep "$bridge" "$subnet") 9>"$lock"; fi
    exit 0
    ;;
  boot)
    failed=0
    for net in "$nets"/*/; do
      [ -d "$net" ] || continue
      id=$(basename "$net")
      # A job is not started again.
      case $id in workload.*) continue ;; esac
      join "$id" || { failed=1; continue; }
      [ -e "$net/unpublished" ] || publish "$id" || failed=1
    done
    exit $failed
    ;;
  *)
    echo "usage: network up|down|unpublish|rejoin|rules ID, network name ID PID, network boot" >&2
    exit 64
    ;;
esac
`.replaceAll('\\${', '${');
