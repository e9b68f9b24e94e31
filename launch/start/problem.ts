/** Why the system can't start, in words for the person who started it: they see the message and nothing else. */
export class StartProblem extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StartProblem";
  }
}
