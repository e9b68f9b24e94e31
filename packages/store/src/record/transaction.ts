import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from "pg";

/** So many statements are with Postgres at once: it never waits for the next one, and one that hangs is soon noticed. */
const AHEAD = 3;

/** The driver takes a timeout with each statement, which its types don't know. */
interface Statement extends QueryConfig {
  readonly query_timeout: number;
}

/**
 * A Postgres transaction under way. Statements run in the order in which they were asked for, and none waits for the way
 * there and back of the one before it: those that need nothing of each other's answers are asked for together.
 * Whoever asks for several must ask for all of them before awaiting any, where their order matters to somebody else.
 */
export class Transaction {
  readonly #client: PoolClient;
  readonly #patience: number;
  readonly #waiting: (() => void)[] = [];
  #onTheirWay = 0;
  /** Why nothing runs any more. */
  #over: unknown = null;

  /** @param patience milliseconds that Postgres may take for one statement; its connection is given up after that. */
  constructor(client: PoolClient, patience: number) {
    this.#client = client;
    this.#patience = patience;
  }

  /**
   * Throws why the transaction failed: what Postgres said of the first statement that it refused, whichever this is. Throws
   * as well once the transaction is over: nothing runs outside of it.
   */
  async query<Row extends QueryResultRow>(statement: string | QueryConfig, values?: readonly unknown[]): Promise<QueryResult<Row>> {
    if (this.#onTheirWay < AHEAD) this.#onTheirWay++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (this.#over !== null) throw this.#over;
      const sent: Statement = {
        ...(typeof statement === "string" ? { text: statement } : statement),
        ...(values && { values: [...values] }),
        // The driver counts from when it was sent, and those before it have to be done first.
        query_timeout: this.#patience * this.#onTheirWay,
      };
      return await this.#client.query<Row>(sent);
    } catch (error) {
      // Of those behind it Postgres says only that one failed before them.
      this.#over ??= error;
      throw this.#over;
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#onTheirWay--;
    }
  }

  /** Throws where nothing was committed: Postgres answers a `COMMIT` after a failed statement without an error. */
  async commit(): Promise<void> {
    const { command } = await this.#end("COMMIT");
    if (command !== "COMMIT") throw new Error("a statement failed, so nothing was committed");
  }

  async rollBack(): Promise<void> {
    await this.#end("ROLLBACK");
  }

  #end(command: string): Promise<QueryResult> {
    this.#over ??= new Error("the transaction is over");
    const sent: Statement = { text: command, query_timeout: this.#patience * (this.#onTheirWay + 1) };
    return this.#client.query(sent);
  }
}
