#!/bin/sh
# A SLURM of two nodes on one machine, in a folder: sh tests/cluster/slurm.sh start FOLDER, and ... stop FOLDER. As root.
# Then SLURM_CONF=FOLDER/slurm.conf is all that sbatch, squeue and scontrol need. Jobs of the partition "high" preempt
# those of "low", which are requeued.
set -e
what=$1
folder=$(cd "$2" && pwd)

start() {
    mkdir -p "$folder/state" "$folder/spool"
    chmod 755 "$folder"
    dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 2>/dev/null
    chmod 400 "$folder/munge.key"
    munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
        --log-file="$folder/munged.log" --seed-file="$folder/munge.seed" --num-threads=2
    host=$(hostname -s)
    cat >"$folder/slurm.conf" <<END
ClusterName=epochwise
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool-%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=120
MessageTimeout=60
SlurmdTimeout=600
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=one NodeHostname=$host NodeAddr=127.0.0.1 Port=16818 CPUs=1 State=UNKNOWN
NodeName=two NodeHostname=$host NodeAddr=127.0.0.1 Port=16819 CPUs=1 State=UNKNOWN
PartitionName=low Nodes=one,two Default=YES PriorityTier=1 GraceTime=120
PartitionName=high Nodes=one,two PriorityTier=10
END
    slurmctld -f "$folder/slurm.conf"
    slurmd -f "$folder/slurm.conf" -N one
    slurmd -f "$folder/slurm.conf" -N two
}

stop() {
    for daemon in slurmd-one slurmd-two slurmctld munged; do
        pid=$(cat "$folder/$daemon.pid" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || continue
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    done
}

"$what"
