/** What `bundle.mjs` builds out of the folder html: the page before its data, and behind it. */
declare module '#page' {
  export const head: string;
  export const tail: string;
}
