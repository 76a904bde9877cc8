#!/usr/bin/env bash
# Slurm on this machine alone: sets up slurmctld, slurmd and munge on loopback
# in a folder of their own, submits examples/slurm/search.sbatch and
# train.sbatch, kills a step in the middle of each, submits again with another
# number of tasks, compares with what one process makes, and takes all down.
#
#   scripts/slurm_demo.sh [BUILD FOLDER]        (./test --all runs it)
#
# Needs root, and Debian's slurmctld, slurmd, slurm-client and munge, which it
# installs where they are missing. A Slurm that runs here already is not touched:
# ports, keys and configuration are the demo's own.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
program=$(realpath "${1:-build-test}")/bin/edge-int8

slurm_packages() {
  cat <<'LIST'
slurmctld the demo's controller
slurmd the demo's node
slurm-client srun and sbatch
munge their authentication
LIST
}

[ "$(id -u)" = 0 ] || { say "slurm_demo.sh needs root"; exit 2; }
[ -x "$program" ] || { say "no $program: build it first"; exit 2; }
install_missing slurm_packages

folder=$(mktemp -d "${TMPDIR:-/tmp}/slurm-demo.XXXXXX")
chmod 755 "$folder"
export SLURM_CONF=$folder/slurm.conf
node=$(hostname -s)
daemons=()

take_down() {
  local pid
  scancel --full --user=root >/dev/null 2>&1 || true
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf --one-file-system "$folder"
}
trap take_down EXIT

set_up() {
  mkdir -p "$folder"/{state,spool,munge}
  chmod 700 "$folder/munge"
  head -c 1024 /dev/urandom >"$folder/munge/key"
  chmod 400 "$folder/munge/key"
  cat >"$SLURM_CONF" <<CONF
ClusterName=demo
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdParameters=config_overrides
MpiDefault=none
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=demo Nodes=$node Default=YES OverSubscribe=FORCE:4 State=UP
CONF
  munged --foreground --force --key-file="$folder/munge/key" \
    --socket="$folder/munge.socket" --pid-file="$folder/munge/pid" \
    --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" >/dev/null 2>&1 &
  daemons+=($!)
  sleep 1
  slurmctld -D >/dev/null 2>&1 &
  daemons+=($!)
  sleep 2
  slurmd -D -N "$node" >/dev/null 2>&1 &
  daemons+=($!)
  local tries
  for tries in $(seq 40); do
    sinfo -h -o %t 2>/dev/null | grep -qE 'idle|mix' && return 0
    sleep 0.5
  done
  tail -n 5 "$folder"/slurmctld.log "$folder"/slurmd.log >&2 || true
  say "Slurm did not come up: its last lines are above"
  return 1
}

# run_job SCRIPT TASKS: submits, prints the number.
run_job() {
  sbatch --parsable --ntasks="$2" --cpus-per-task=1 --output="$folder/job.log" \
    "examples/slurm/$1.sbatch"
}

ended() {  # JOB
  ! squeue -h -j "$1" 2>/dev/null | grep -q .
}

not_killed() {  # JOB WHY
  tail -20 "$folder/job.log" >&2
  say "job $1 was not killed: $2"
  exit 1
}

# kill_when FILE JOB: once the job has something to go on with, its step dies.
kill_when() {
  local tries
  for tries in $(seq 600); do
    [ -s "$1" ] && break
    ended "$2" && not_killed "$2" "it ended before"
    sleep 0.1
  done
  [ -s "$1" ] || not_killed "$2" "no $1 in a minute"
  scancel --signal=KILL "$2" || not_killed "$2" "scancel failed"
  say "killed the step of job $2"
  until ended "$2"; do sleep 0.5; done
  ! scontrol --oneliner show job "$2" | grep -q 'JobState=COMPLETED' ||
    not_killed "$2" "it came to its end"
  [ -s "$1" ] || not_killed "$2" "$1 is gone"
}

finish() {  # JOB
  until ended "$1"; do sleep 0.5; done
}

same() {  # A B
  if cmp -s "$1" "$2"; then
    say "the same bytes: $(sha256sum <"$1" | cut -c1-16) ($(basename "$1"))"
  else
    tail -20 "$folder/job.log" >&2
    say "$(basename "$1") has other bytes than one process makes"
    exit 1
  fi
}

set_up
say "Slurm is up: $(sinfo -h -o '%n %c cores %t')"
export EDGE_INT8=$program
export DATA=$folder/data OUT VARIANT=tiny CHECKPOINT=$folder/tiny.pth
export LIMIT="--max-bytes 140000"
"$program" dataset synth --out "$DATA" --files 12 --windows 20 >/dev/null

export MORE="--epochs 4 --batch 32"
OUT=$folder/alone.pth
"$program" train --variant tiny --data "$DATA" --out "$OUT" $MORE 2>/dev/null
OUT=$folder/slurm.pth
job=$(run_job train 2)
kill_when "$OUT.state" "$job"
finish "$(run_job train 3)"
same "$OUT" "$folder/alone.pth"

cp "$folder/alone.pth" "$CHECKPOINT"
export MORE="--activation-bits 8 --calib-batches 1 --refinements 4 --finalists 1"
OUT=$folder/alone.ei8
"$program" search --checkpoint "$CHECKPOINT" --data "$DATA" --out "$OUT" \
  $LIMIT $MORE >/dev/null 2>&1
OUT=$folder/slurm.ei8
job=$(run_job search 2)
kill_when "$OUT.search" "$job"
finish "$(run_job search 4)"
same "$OUT" "$folder/alone.ei8"
say "taking Slurm down"
