/** A request that cannot be understood: the server answers it itself and closes the connection (`text` is Go's net/http wording). */
export class HttpError extends Error {
  readonly status: number;
  /** Behind the status in the answer, may be empty. */
  readonly text: string;

  constructor(status: 400 | 413 | 417 | 431 | 501 | 505, text = "") {
    super(text === "" ? `HTTP ${status}` : text);
    this.name = "HttpError";
    this.status = status;
    this.text = text;
  }
}
