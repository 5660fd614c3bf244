/**
 * Keeps secret files on tmpfs, where containers mount them from, and puts them back from the host's disk after a reboot.
 * Both folders are for root alone. Idempotent.
 */
export const secrets = `#!/bin/sh
# niyanta: secrets room | secrets keep|up ID | secrets boot
set -u
umask 077
disk=/var/lib/niyanta/secrets
mounted=/run/niyanta/secrets

room() { # a folder for root alone, on tmpfs whatever /run is on
  mkdir -p /run/niyanta
  [ -d $mounted ] || mkdir -m 700 $mounted || return 1
  case "$(stat -f -c %T $mounted)" in
    tmpfs | ramfs) ;;
    *) mount -t tmpfs -o size=64m,mode=700,nosuid,nodev,noexec niyanta-secrets $mounted || return 1 ;;
  esac
}

keep() { # ID: a copy on the disk of what is being put onto tmpfs, whole or not at all, also after a power cut
  mkdir -p $disk && chmod 700 $disk || return 1
  cp -a "$mounted/$1.new" "$disk/$1.new" || return 1
  sync "$disk/$1.new"/* "$disk/$1.new" 2>/dev/null || sync
  mv "$disk/$1.new" "$disk/$1"
}

up() { # ID: from the disk onto tmpfs, unless it is there
  [ ! -d "$mounted/$1" ] || return 0
  [ -d "$disk/$1" ] || return 0
  rm -rf "$mounted/$1.new"
  cp -a "$disk/$1" "$mounted/$1.new" && mv "$mounted/$1.new" "$mounted/$1"
}

case "$1" in
  room) room ;;
  keep) keep "$2" ;;
  up) room && up "$2" ;;
  boot)
    failed=0
    for folder in $disk/*; do
      [ -d "$folder" ] || continue
      case "$folder" in *.new) continue ;; esac
      room && up "$(basename "$folder")" || failed=1
    done
    exit $failed
    ;;
  *)
    echo "usage: secrets room, secrets keep|up ID, secrets boot" >&2
    exit 64
    ;;
esac
`;
