/** What may stand before a document's first tag: white space, comments and the doctype. As Latin-1 text. */
const PROLOGUE = /^(?:\u00ef\u00bb\u00bf)?(?:\s+|<!--[^]*?-->|<![dD][oO][cC][tT][yY][pP][eE][^>]*>|<\?[^>]*>)*/;
/** A prologue that is still open: more is to come. */
const OPEN_END = /<(?:!(?:-(?:-[^]*)?|[dD][^>]*)?|\?[^>]*)?$/;
/** A longer one is none. */
const MAX_PROLOGUE_BYTES = 16 << 10;

/**
 * Puts `markup` (ASCII) behind an HTML document's doctype, so that it keeps its mode, and before everything else. UTF-16 documents
 * stay as they are. Nothing is held back once the place was found.
 */
export function insertAfterDoctype(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  markup: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let held: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0);
  const settle = (isEnd: boolean): Uint8Array<ArrayBuffer> | undefined => {
    const bytes = held as Uint8Array<ArrayBuffer>;
    const isWhole = isEnd || bytes.length >= MAX_PROLOGUE_BYTES;
    const place = placeIn(bytes, isWhole);
    if (place === undefined) return undefined;
    held = undefined;
    return isUtf16(bytes) ? bytes : spliced(bytes, place, new TextEncoder().encode(markup));
  };
  return body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        if (held === undefined) return controller.enqueue(chunk);
        held = spliced(held, held.length, chunk);
        const settled = settle(false);
        if (settled) controller.enqueue(settled);
      },
      flush(controller) {
        const settled = held && settle(true);
        if (settled) controller.enqueue(settled);
      },
    }),
  );
}

/** Undefined while the prologue may go on. */
function placeIn(bytes: Uint8Array, isWhole: boolean): number | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, MAX_PROLOGUE_BYTES));
  const end = PROLOGUE.exec(text)?.[0].length ?? 0;
  if (isWhole) return end;
  return end === text.length || OPEN_END.test(text.slice(end)) ? undefined : end;
}

const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

function spliced(bytes: Uint8Array, place: number, inserted: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes.length + inserted.length);
  whole.set(bytes.subarray(0, place));
  whole.set(inserted, place);
  whole.set(bytes.subarray(place), place + inserted.length);
  return whole;
}
