import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { openFiles, type Processes } from "./processes.ts";
import { TENANTS, type World } from "./world.ts";

export interface SlowSenders {
  /** Connections that say nothing. */
  readonly idle: number;
  /** Of each other kind. */
  readonly slow: number;
}

/** What became of the connections of one kind. */
export interface Held {
  readonly what: string;
  readonly opened: number;
  /** Those that the server would not have. */
  readonly refused: number;
  /** Those that the server did not end in the time that it should have. */
  readonly left: number;
  /** What they were answered, and how often: `408`, or `nothing`. */
  readonly answers: ReadonlyMap<string, number>;
  /** Those of the answers that are wrong. */
  readonly unexpected: readonly string[];
}

/** How a sender goes on after its first bytes. Resolves when it is at its end, or its connection is. */
type GoOn = (socket: Socket) => Promise<void>;

interface Kind {
  readonly what: string;
  readonly count: number;
  readonly begin: string;
  readonly goOn: GoOn;
  /** The answers that are right. */
  readonly answers: readonly string[];
  /** How long after its beginning it should be over at the latest: three times the server's own limit. */
  readonly patienceMs: number;
}

const DRIP_MS = 1_000;

export interface SlowlySent {
  readonly held: readonly Held[];
  /** How many connections the servers still have, after they ended them; null where that can't be told. */
  readonly kept: number | null;
}

/** Holds connections open in every way that costs a server something. Resolves when the server has ended them, or did not in time. */
export async function sendSlowly({ system }: World, senders: SlowSenders, processes: Processes): Promise<SlowlySent> {
  const { ingest, console } = system.run.urls;
  const toIngest = kindsFor(`POST /api/webhooks/stripe/${TENANTS.quiet} HTTP/1.1\r\nhost: localhost\r\n`, senders);
  const toConsole = kindsFor("POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n", senders);
  const before = openFiles(processes);
  const sockets: Socket[] = [];
  const held = await Promise.all([
    ...toIngest.map((kind) => hold(ingest, "ingest", kind, sockets)),
    ...toConsole.map((kind) => hold(console, "console", kind, sockets)),
  ]);
  // None of them has hung up by itself. Where a server only says that it is over, it keeps a connection for each.
  const kept = await eventually(() => keptSince(before, openFiles(processes)), (kept) => kept === null || kept <= OTHERS).catch(() => keptSince(before, openFiles(processes)));
  for (const socket of sockets) socket.destroy();
  return { held, kept };
}

/** What else may be open then and was not before: of cases, of pools. */
export const OTHERS = 100;

const keptSince = (before: number | null, now: number | null) => (before === null || now === null ? null : now - before);

function kindsFor(post: string, { idle, slow }: SlowSenders): readonly Kind[] {
  return [
    { what: "says nothing", count: idle, begin: "", goOn: nothing, answers: ["408", "nothing"], patienceMs: 30_000 },
    { what: "a header, byte by byte", count: slow || Math.ceil(idle / 10), begin: `${post}x-slow: `, goOn: drip, answers: ["408"], patienceMs: 30_000 },
    // The console reads to the end of what it refuses, but no longer than to the end of its time.
    { what: "a body without end", count: Math.ceil(slow / 20), begin: `${post}transfer-encoding: chunked\r\n\r\n`, goOn: pour, answers: ["413", "400", "408"], patienceMs: 90_000 },
    { what: "a body, byte by byte", count: slow, begin: `${post}content-length: 100000\r\n\r\n`, goOn: drip, answers: ["408"], patienceMs: 90_000 },
    { what: "asks once, and stays", count: slow, begin: "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", goOn: nothing, answers: ["200"], patienceMs: 195_000 },
  ];
}

async function hold(url: string, app: string, { what, count, begin, goOn, answers, patienceMs }: Kind, sockets: Socket[]): Promise<Held> {
  const outcomes = await Promise.all(
    Array.from({ length: Math.ceil(count / 2) }, async (_, i) => {
      // All at once would be more than waits at a door.
      await pause(i % 3_000);
      const socket = await opened(url).catch(() => null);
      if (socket === null) return "refused";
      let heard = "";
      socket.on("data", (chunk: Buffer) => void (heard = heard.length < 100 ? heard + chunk.toString("latin1") : heard));
      sockets.push(socket);
      const ended = new Promise<string>((resolve) => {
        const tell = () => resolve(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1] ?? "nothing");
        socket.once("end", tell).once("close", tell);
      });
      if (begin !== "") socket.write(begin);
      void goOn(socket);
      return Promise.race([ended, pause(patienceMs, "left", { ref: false })]);
    }),
  );
  const counts = new Map<string, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const [refused, left] = [counts.get("refused") ?? 0, counts.get("left") ?? 0];
  counts.delete("refused");
  counts.delete("left");
  return { what: `${app}: ${what}`, opened: outcomes.length, refused, left, answers: counts, unexpected: [...counts.keys()].filter((answer) => !answers.includes(answer)) };
}

const nothing: GoOn = async () => undefined;

const drip: GoOn = async (socket) => {
  while (socket.writable && !socket.readableEnded) {
    socket.write("x");
    await pause(DRIP_MS);
  }
};

/** As fast as they are taken. */
const pour: GoOn = async (socket) => {
  const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
  while (socket.writable && !socket.readableEnded) {
    if (socket.write(chunk)) await pause(1);
    else await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => undefined);
  }
};

/** Opens a connection that its server's hanging up does not end. Rejects where nobody takes it. */
async function opened(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  await once(socket, "connect");
  socket.on("error", () => undefined);
  return socket;
}
