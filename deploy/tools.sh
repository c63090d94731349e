#!/bin/sh
# Puts promtool and caddy, which no Python package has, into a folder: those of Debian's packages, unpacked and not
# installed, so that no service starts. Where there is no apt, install them yourself; without them their tests are skipped.
set -eu
folder=$(cd "$1" && pwd)

fetch() { # package, path in it
  name=${2##*/}
  if command -v "$name" >/dev/null || [ -x "$folder/$name" ]; then return; fi
  if ! command -v apt-get >/dev/null; then echo "no $name: install it, or its tests are skipped"; return; fi
  work=$(mktemp -d)
  if (cd "$work" && apt-get download -qq "$1" >/dev/null 2>&1 ||
      { apt-get update -qq && apt-get download -qq "$1"; } >/dev/null 2>&1); then
    dpkg-deb --fsys-tarfile "$work/$1"_*.deb | tar -xO "./$2" > "$folder/$name.new"
    chmod +x "$folder/$name.new" && mv "$folder/$name.new" "$folder/$name"
  else
    echo "no $name: Debian's $1 could not be downloaded, its tests are skipped"
  fi
  rm -r "$work"
}

fetch prometheus usr/bin/promtool
fetch caddy usr/bin/caddy
