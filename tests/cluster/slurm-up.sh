#!/usr/bin/env bash
# Start a throw-away one-node Slurm (munge + slurmctld + slurmd) on loopback, no systemd,
# no accounting database. Debian 12: apt-get install -y --no-install-recommends slurm-wlm munge
# Usage (as root): ./slurm-up.sh STATE_DIR
# The config must be reachable at /etc/slurm/slurm.conf: Snakemake's slurm-jobstep plugin strips
# every SLURM_* variable (SLURM_CONF too) from the job before it calls srun.
set -euo pipefail
S=$(realpath -m "${1:?usage: slurm-up.sh STATE_DIR}")
HOST=$(hostname -s)
mkdir -p "$S"/{ctld,d,log,munge}

# --- munge: private key + socket inside $S (daemon wants non-group-writable parents) ---
chown -R munge:munge "$S/munge"; chmod 0755 "$S/munge"
if [ ! -s "$S/munge/munge.key" ]; then
  head -c 1024 /dev/urandom > "$S/munge/munge.key"
  chown munge:munge "$S/munge/munge.key"; chmod 0400 "$S/munge/munge.key"
fi
if ! MUNGE_SOCKET="$S/munge/s" munge -S "$S/munge/s" -n >/dev/null 2>&1; then
  setpriv --reuid munge --regid munge --clear-groups -- munged --force -S "$S/munge/s" \
    --key-file "$S/munge/munge.key" --pid-file "$S/munge/munged.pid" \
    --log-file "$S/munge/munged.log" --seed-file "$S/munge/munged.seed"
fi

# --- slurm.conf ---
CPUS=${SLURM_TEST_CPUS:-$(nproc)}     # may exceed nproc: config_overrides below
MEM=$(( $(awk '/MemTotal/{print $2}' /proc/meminfo) / 1024 * 9 / 10 ))
cat > "$S/slurm.conf" <<CONF
ClusterName=smktest
SlurmctldHost=$HOST(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$S/munge/s
CryptoType=crypto/munge
StateSaveLocation=$S/ctld
SlurmdSpoolDir=$S/d
SlurmctldPidFile=$S/slurmctld.pid
SlurmdPidFile=$S/slurmd.pid
SlurmctldLogFile=$S/log/slurmctld.log
SlurmdLogFile=$S/log/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SchedulerParameters=sched_interval=2,bf_interval=5
MinJobAge=300
SlurmctldTimeout=30
SlurmdTimeout=30
NodeName=$HOST NodeAddr=127.0.0.1 CPUs=$CPUS RealMemory=$MEM State=UNKNOWN
PartitionName=cpu Nodes=$HOST Default=YES MaxTime=INFINITE State=UP
CONF
if [ -e /etc/slurm/slurm.conf ] && [ ! -L /etc/slurm/slurm.conf ]; then
  echo "/etc/slurm/slurm.conf is a real file: this machine has its own Slurm, not touching it" >&2; exit 2
fi
mkdir -p /etc/slurm && ln -sfn "$S/slurm.conf" /etc/slurm/slurm.conf
unset SLURM_CONF

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }
alive "$S/slurmctld.pid" || slurmctld -f "$S/slurm.conf"
alive "$S/slurmd.pid"    || slurmd    -f "$S/slurm.conf" -N "$HOST"
for _ in $(seq 60); do
  [ "$(sinfo -h -o %T 2>/dev/null | head -1)" = idle ] && { sinfo; exit 0; }
  sleep 0.5
done
echo "node did not become idle; see $S/log" >&2; sinfo >&2 || true; tail -n 20 "$S"/log/*.log >&2; exit 1
