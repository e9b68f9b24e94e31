import { readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second. Source: proc(5), sysconf(_SC_CLK_TCK). */
const TICKS_A_SECOND = 100;

/** CPU time that a process and those that it started have used so far, all threads, in milliseconds. Linux only. */
export function cpuMs(pid: number): number {
  return sum(pid, (each) => {
    const stat = readFileSync(`/proc/${each}/stat`, "utf8");
    // The program's name stands in brackets and may hold spaces; what follows is fixed.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_A_SECOND;
  });
}

/** Resident memory of a process and those that it started, in bytes. Linux only. */
export function residentBytes(pid: number): number {
  return sum(pid, (each) => {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${each}/status`, "utf8"));
    return Number(found?.[1] ?? 0) * 1_024;
  });
}

function sum(pid: number, of: (pid: number) => number): number {
  return [pid, ...childrenOf(pid)].reduce((total, each) => total + of(each), 0);
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}
