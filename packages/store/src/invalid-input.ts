/** What was asked for can't be: `path` names the input, the message says what it has to be. Never holds what was given. */
export class InvalidInput extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.name = "InvalidInput";
    this.path = path;
  }
}
