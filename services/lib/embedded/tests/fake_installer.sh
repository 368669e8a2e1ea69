#!/bin/sh
# Stands for apt-get and brew in tests, through a link in a folder of the test's. Writes down how it was called in `calls`, and does what
# the same line of `answers` says: `ok`, `installs` (a Postgres in `made/bin`), `installs an old one`, or anything else to fail with.
case $(basename "$0") in
postgres | initdb)
  echo 'postgres (PostgreSQL) 17.4'
  exit
  ;;
esac
folder=$(dirname "$0")
case $(basename "$0") in
apt-get) echo "DEBIAN_FRONTEND=${DEBIAN_FRONTEND-} apt-get $*" ;;
*) echo "$(basename "$0") $*" ;;
esac >>"$folder/calls"
answer=$(sed -n "$(wc -l <"$folder/calls")p" "$folder/answers")
case $answer in
ok) ;;
installs)
  mkdir -p "$folder/made/bin"
  cp "$0" "$folder/made/bin/postgres"
  cp "$0" "$folder/made/bin/initdb"
  ;;
'installs an old one')
  mkdir -p "$folder/made/bin"
  printf '%s\n' '#!/bin/sh' "echo 'postgres (PostgreSQL) 13.20'" >"$folder/made/bin/postgres"
  cp "$folder/made/bin/postgres" "$folder/made/bin/initdb"
  chmod 755 "$folder/made/bin/postgres" "$folder/made/bin/initdb"
  ;;
*)
  echo "${answer:-called too often}" >&2
  exit 100
  ;;
esac
