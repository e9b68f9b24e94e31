import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from "pg";

/**
 * So many statements are with Postgres at once, so that it need not wait for the next. One that hangs is noticed when its own
 * time and that of those sent before it are over: after three times as long at most.
 */
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
  readonly #statementMs: number;
  /** Sends what it stands for. */
  readonly #waiting: (() => void)[] = [];
  #onTheirWay = 0;
  /** Why nothing runs any more. */
  #over: unknown = null;

  /** @param statementMs milliseconds that Postgres may take for one statement; its connection is given up after that. */
  constructor(client: PoolClient, statementMs: number) {
    this.#client = client;
    this.#statementMs = statementMs;
  }

  /**
   * Throws why the transaction failed: what Postgres said of the first statement that it refused, whichever this is. Throws
   * as well once the transaction is over: nothing runs outside of it.
   */
  query<Row extends QueryResultRow>(statement: string | QueryConfig, values?: readonly unknown[]): Promise<QueryResult<Row>> {
    const asked: QueryConfig = {
      ...(typeof statement === "string" ? { text: statement } : statement),
      ...(values && { values: [...values] }),
    };
    if (this.#onTheirWay < AHEAD) return this.#send(asked);
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => void this.#send<Row>(asked).then(resolve, reject));
    });
  }

  async #send<Row extends QueryResultRow>(asked: QueryConfig): Promise<QueryResult<Row>> {
    this.#onTheirWay++;
    try {
      if (this.#over !== null) throw this.#over;
      return await this.#client.query<Row>(this.#timed(asked, this.#onTheirWay));
    } catch (error) {
      // Of those behind it Postgres says only that one failed before them.
      this.#over ??= error;
      throw this.#over;
    } finally {
      this.#onTheirWay--;
      // In the same turn, or somebody who asks only now would be sent first.
      this.#waiting.shift()?.();
    }
  }

  /** Throws why nothing is committed where a statement failed, also if nobody minded. */
  async commit(): Promise<void> {
    if (this.#over !== null) throw this.#over;
    await this.#end("COMMIT");
  }

  async rollBack(): Promise<void> {
    await this.#end("ROLLBACK");
  }

  async #end(command: string): Promise<void> {
    this.#over ??= new Error("the transaction is over");
    await this.#client.query(this.#timed({ text: command }, this.#onTheirWay + 1));
  }

  /** @param place in the line: the driver counts from when it was sent, and those before it have to be done first. */
  #timed(asked: QueryConfig, place: number): Statement {
    return { ...asked, query_timeout: this.#statementMs * place };
  }
}
