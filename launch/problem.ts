/** Why something can't be done, in words for the person who asked for it: they see the message and nothing else. */
export class Problem extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Problem";
  }
}
