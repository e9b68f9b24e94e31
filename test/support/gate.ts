import { connect, createServer, type Server, type Socket } from "node:net";

/** Which way bytes travel: to the server, or back from it. */
export type Way = "there" | "back";

/** A TCP way to a server on which bytes can be stopped at a certain place, so that a process can be killed just there. */
export interface Gate {
  /** The server's URL, by this way. */
  readonly url: string;
  /**
   * From now on stops the first bytes that hold `text` and travel this way, and all that follows them on their connection.
   * What stands before the message that `text` is in goes through. Resolves when they are stopped.
   */
  stopAt(text: string, way: Way): Promise<void>;
  /** Lets the first bytes that hold `text` through to the server, and stops all that comes back then. Resolves when the server has answered. */
  stopAnswerTo(text: string): Promise<void>;
  /**
   * Lets the first bytes that hold `text` through to the server and ends their connection then, before the answer can come
   * back. New connections are taken.
   */
  cutAfter(text: string): void;
  /** Stops everything on every connection, open or new, until `open`. Nothing is refused: it is as slow as can be. */
  hold(): void;
  /** Ends every connection and takes no new one, until `open`. */
  cut(): void;
  /** Lets all go on that was stopped. */
  open(): void;
  close(): Promise<void>;
}

interface Trap {
  readonly text: string;
  readonly way: Way;
  sprung(line: Line, chunk: Buffer, at: number): void;
}

/** One connection: its two ends, and what is kept back in each direction. */
interface Line {
  readonly near: Socket;
  readonly far: Socket;
  readonly kept: Record<Way, Buffer[] | null>;
}

/** @param target the URL of the server, on this machine. */
export async function openGate(target: string): Promise<Gate> {
  const { hostname, port } = new URL(target);
  const lines = new Set<Line>();
  let traps: Trap[] = [];
  let isCut = false;
  let isHeld = false;

  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(port), hostname);
    const line: Line = { near, far, kept: { there: isHeld ? [] : null, back: isHeld ? [] : null } };
    lines.add(line);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined).on("close", () => end(line));
    }
    near.on("data", (chunk: Buffer) => pass(line, "there", chunk));
    far.on("data", (chunk: Buffer) => pass(line, "back", chunk));
  });

  function pass(line: Line, way: Way, chunk: Buffer): void {
    const trap = line.kept[way] === null ? traps.find((each) => each.way === way && chunk.includes(each.text)) : undefined;
    if (trap) {
      traps = traps.filter((each) => each !== trap);
      trap.sprung(line, chunk, chunk.indexOf(trap.text));
    } else {
      send(line, way, chunk);
    }
  }

  function send(line: Line, way: Way, chunk: Buffer): void {
    const kept = line.kept[way];
    if (kept) kept.push(chunk);
    else (way === "there" ? line.far : line.near).write(chunk);
  }

  function end(line: Line): void {
    lines.delete(line);
    line.near.destroy();
    line.far.destroy();
  }

  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String(await listening(server));

  return {
    url: url.href,
    stopAt: (text, way) =>
      new Promise((resolve) => {
        traps.push({
          text,
          way,
          sprung: (line, chunk, at) => {
            const from = startOfMessage(chunk, at);
            if (from > 0) send(line, way, chunk.subarray(0, from));
            line.kept[way] = [chunk.subarray(from)];
            resolve();
          },
        });
      }),
    stopAnswerTo: (text) =>
      new Promise((resolve) => {
        traps.push({
          text,
          way: "there",
          sprung: (line, chunk) => {
            line.kept.back = [];
            line.far.once("data", () => resolve());
            send(line, "there", chunk);
          },
        });
      }),
    cutAfter: (text) => {
      traps.push({
        text,
        way: "there",
        sprung: ({ near, far }, chunk) => {
          far.end(chunk);
          near.destroy();
        },
      });
    },
    hold: () => {
      isHeld = true;
      for (const { kept } of lines) {
        kept.there ??= [];
        kept.back ??= [];
      }
    },
    cut: () => {
      isCut = true;
      for (const line of lines) end(line);
    },
    open: () => {
      isCut = false;
      isHeld = false;
      for (const line of lines) {
        for (const way of ["there", "back"] as const) {
          const kept = line.kept[way] ?? [];
          line.kept[way] = null;
          for (const chunk of kept) send(line, way, chunk);
        }
      }
    },
    close: async () => {
      for (const line of lines) end(line);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The port. */
function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("a gate listens on a port"));
      else resolve(address.port);
    });
  });
}

/** Redis' commands begin with `*` and their number of parts. Of other protocols the whole chunk counts as one message. */
function startOfMessage(chunk: Buffer, at: number): number {
  const before = chunk.subarray(0, at).toString("latin1");
  return Math.max(0, ...[...before.matchAll(/(?:^|\r\n)(\*\d+\r\n\$)/g)].map((match) => match.index + match[0].length - (match[1]?.length ?? 0)));
}
