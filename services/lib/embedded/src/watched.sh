# Becomes the program in "$@", after leaving behind a watcher that ends the program when our parent is gone.
#
# Handed in: standard input = a pipe that only the parent writes to, so that it closes when the parent ends, however it ends;
# standard error = the data folder's lock; standard output = the log; "$1" = the signal that makes the program give up at once;
# "$2" = a folder of folders, of which the watcher deletes after it what is empty, or nothing.
# `exec` keeps the process number: the parent's child is the program itself, and "$$" below is its number.
#
# The watcher is in place before the program starts, so there is no moment in which a killed parent leaves it behind. It runs
# as a grandchild (two sub-shells), because Postgres takes the end of an unknown child for a crash. A line on the pipe says
# that the program has ended and was waited for, so that its process number is not touched again.

exec 3<&0 0<&2 2>&1
signal="$1"
folder="$2"
shift 2
( (
  trap '' HUP INT QUIT TERM
  exec 0</dev/null 1>/dev/null 2>&1
  read -r ended <&3 && exit
  kill -s "$signal" $$
  tries=0
  while kill -s 0 $$ && [ "$tries" -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -s KILL $$
  if [ -n "$folder" ]; then rmdir -- "$folder"/* "$folder"; fi
) & )
exec 3<&-
exec "$@"
