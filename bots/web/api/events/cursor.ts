/**
 * How far a page has heard: what stands in the `id` of each event and comes back as Last-Event-ID. It counts for this run of
 * the studio only (`run`), and its thread part for this thread only.
 */
export interface Cursor {
  run: string
  studio: number
  thread: string
  threadSeq: number
}

const FORM = /^([a-z0-9]{1,16})\.(\d{1,16})\.([A-Za-z0-9_-]{0,80})\.(\d{1,16})$/

export function writeCursor({ run, studio, thread, threadSeq }: Cursor): string {
  return `${run}.${studio}.${thread}.${threadSeq}`
}

/** Undefined for everything that is not a cursor of this run. */
export function readCursor(text: string | null | undefined, run: string): Cursor | undefined {
  const [, of, studio, thread = "", threadSeq] = FORM.exec(text ?? "") ?? []
  return of === run ? { run, studio: Number(studio), thread, threadSeq: Number(threadSeq) } : undefined
}
