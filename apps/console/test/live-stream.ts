import { z } from "zod";

const news = z.looseObject({ event: z.string(), name: z.string().optional(), html: z.string().optional() });

export type StreamNews = z.output<typeof news>;

export interface LiveStream {
  readonly status: number;
  /** The next that is told; null when the stream has ended in good order. Rejects where it was cut off. */
  next(): Promise<StreamNews | null>;
  close(): Promise<void>;
}

/** Watches a stream of server-sent events. */
export async function openStream(url: string, cookie: string): Promise<LiveStream> {
  const aborting = new AbortController();
  const response = await fetch(url, { headers: { accept: "text/event-stream", cookie }, redirect: "manual", signal: aborting.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";

  async function next(): Promise<StreamNews | null> {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data !== undefined) return news.parse(JSON.parse(data));
        continue;
      }
      const read = await reader?.read();
      if (read === undefined || read.done) return null;
      text += read.value;
    }
  }

  return {
    status: response.status,
    next,
    close: async () => {
      aborting.abort();
      await reader?.cancel().catch(() => undefined);
    },
  };
}
