/** One thing wrong with what was asked for: `path` names the input, the message says what it has to be. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

/** What was asked for can't be: `path` and the message are of the first issue. Never holds what was given. */
export class InvalidInput extends Error {
  readonly path: string;
  /** All that is wrong, at least one. */
  readonly issues: readonly InputIssue[];

  constructor(path: string, message: string, others: readonly InputIssue[] = []) {
    super(message);
    this.name = "InvalidInput";
    this.path = path;
    this.issues = [{ path, message }, ...others];
  }
}
